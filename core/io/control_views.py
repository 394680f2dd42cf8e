"""What can be read over the control API, and how it looks."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import msgspec
from multidict import MultiMapping

from core.indicators.study import MAX_STUDIES, parse_study
from core.ports.control import EngineAccess
from core.state.desk import DeskRequest, DeskSnapshot

Query = MultiMapping[str]


class View(NamedTuple):
    """What a path shows, and which query fields it takes."""

    show: Callable[[EngineAccess, Query], object]
    fields: tuple[str, ...] = ()


_NOTHING: Final = DeskRequest(depth=1, bars=1, fills=0, orders=0, log_lines=0, jobs=0)
_DEFAULT_ROWS: Final = 200
_LIMITS: Final[Mapping[str, tuple[int, int]]] = {
    "depth": (1, 1_000),
    "bars": (1, 5_000),
    "fills": (0, 5_000),
    "orders": (0, 5_000),
    "log_lines": (0, 10_000),
    "jobs": (0, 1_000),
    "prints": (0, 500),
}
MAX_BOOKS: Final = 64
_JOB_STATUSES: Final = ("running", "pending", "finished", "dropped")
_JOB_ROWS: Final = (1, 10_000)


class ViewError(ValueError):
    """The query asks for something that is not allowed; the text says what is."""


def check_desk_request(request: DeskRequest) -> DeskRequest:
    """Return the request; raise ViewError where it asks for more than a desk can want."""
    for name, (lowest, highest) in _LIMITS.items():
        if not lowest <= getattr(request, name) <= highest:
            raise ViewError(f"`{name}` is {getattr(request, name)}; allowed are {lowest} to {highest}")
    for name in ("books", "tapes"):
        if len(getattr(request, name)) > MAX_BOOKS:
            raise ViewError(f"{len(getattr(request, name))} {name} are asked for; at most {MAX_BOOKS} are allowed")
    if len(request.studies) > MAX_STUDIES:
        raise ViewError(f"{len(request.studies)} studies are asked for; at most {MAX_STUDIES} are allowed")
    for name in request.studies:
        try:
            parse_study(name)
        except ValueError as error:
            raise ViewError(str(error)) from None
    return request


def _desk(engine: EngineAccess, query: Query) -> DeskSnapshot:
    numbers: dict[str, Any] = {name: _number(query, name, getattr(DeskRequest(), name)) for name in _LIMITS}
    request = DeskRequest(
        books=tuple(query.getall("books", ())),
        tapes=tuple(query.getall("tapes", ())),
        chart=query.get("chart"),
        timeframe=query.get("timeframe", DeskRequest().timeframe),
        studies=tuple(query.getall("studies", ())),
        **numbers,
    )
    return engine.desk(check_desk_request(request))


def _positions(engine: EngineAccess, _: Query) -> object:
    desk = engine.desk(_NOTHING)
    return {"positions": desk.positions, "net_positions": desk.net_positions}


def _orders(engine: EngineAccess, query: Query) -> object:
    rows = _number(query, "limit", _DEFAULT_ROWS, _LIMITS["orders"])
    return {"orders": engine.desk(_only(orders=rows)).orders}


def _fills(engine: EngineAccess, query: Query) -> object:
    rows = _number(query, "limit", _DEFAULT_ROWS, _LIMITS["fills"])
    return {"fills": engine.desk(_only(fills=rows)).fills}


def _logs(engine: EngineAccess, query: Query) -> object:
    """Return the lines after a sequence and the newest sequence, to be asked for next."""
    after = _number(query, "after", 0, (0, 2**63))
    rows = _number(query, "limit", _LIMITS["log_lines"][1], _LIMITS["log_lines"])
    lines = [line for line in engine.desk(_only(log_lines=rows)).log if line.sequence > after]
    return {"log": lines, "last_sequence": lines[-1].sequence if lines else after}


def _only(
    *, orders: int = 0, fills: int = 0, log_lines: int = 0, jobs: int = 0, job_statuses: tuple[str, ...] = ()
) -> DeskRequest:
    return DeskRequest(
        depth=1, bars=1, orders=orders, fills=fills, log_lines=log_lines, jobs=jobs, job_statuses=job_statuses
    )


def _monitoring(engine: EngineAccess, _: Query) -> object:
    return engine.monitoring()


def _capital(engine: EngineAccess, _: Query) -> object:
    desk = engine.desk(_only(jobs=1))
    return {"venues": desk.capital, "last_update": desk.engine_ns}


def _jobs(engine: EngineAccess, query: Query) -> object:
    statuses = tuple(query.getall("status", ()))
    for status in statuses:
        if status not in _JOB_STATUSES:
            raise ViewError(f"`status` is {status!r}; allowed are {', '.join(_JOB_STATUSES)}")
    return _some_jobs(engine, query, statuses)


def _jobs_that(*statuses: str) -> Callable[[EngineAccess, Query], object]:
    return lambda engine, query: _some_jobs(engine, query, statuses)


def _some_jobs(engine: EngineAccess, query: Query, statuses: tuple[str, ...]) -> object:
    """Return jobs with how many there are of each kind, so that nobody takes a part for the whole."""
    rows = _number(query, "limit", _DEFAULT_ROWS, _JOB_ROWS)
    desk = engine.desk(_only(jobs=rows, job_statuses=statuses))
    wanted = statuses or _JOB_STATUSES
    left_out = sum(desk.job_counts.get(status, 0) for status in wanted) - len(desk.jobs)
    return {"jobs": desk.jobs, "limit": rows, "counts": desk.job_counts, "left_out": max(0, left_out)}


def _risk(engine: EngineAccess, _: Query) -> object:
    state = engine.monitoring()
    return {
        "risk_mode": state.global_.risk_mode,
        "halt_level": state.global_.halt_level,
        "override_until_ns": state.risk.override_until_ns,
        "limits": state.risk.limits,
        "blockers": state.risk.blockers,
        "fast_markets": state.risk.fast_markets,
        "consecutive_failures": state.risk.consecutive_failures,
        "last_update": state.last_update,
    }


def _strategies(engine: EngineAccess, _: Query) -> object:
    return {"strategies": engine.monitoring().strategies}


def _alerts(engine: EngineAccess, _: Query) -> object:
    state = engine.monitoring()
    return {"alerts": state.alerts, "sinks": state.alert_sinks, "last_update": state.last_update}


def _accounts(engine: EngineAccess, _: Query) -> object:
    desk = engine.desk(msgspec.structs.replace(_NOTHING, accounts=True))
    return {"accounts": desk.accounts, "last_update": desk.engine_ns}


def _price_alerts(engine: EngineAccess, _: Query) -> object:
    return {"price_alerts": engine.desk(_NOTHING).price_alerts}


def _away(engine: EngineAccess, query: Query) -> object:
    who = query.get("who")
    if not who:
        raise ViewError("`who` is missing: whose consoles were away, e.g. console:alice")
    return engine.away(who)


def _number(query: Query, name: str, default: int, allowed: tuple[int, int] | None = None) -> int:
    text = query.get(name)
    if text is None:
        return default
    lowest, highest = allowed or _LIMITS[name]
    if not (text.isascii() and text.isdigit() and lowest <= int(text[:20]) <= highest):
        raise ViewError(f"`{name}` is {text!r}; allowed are {lowest} to {highest}")
    return int(text)


VIEWS: Final[Mapping[str, View]] = {
    "/api/monitoring/state": View(_monitoring),
    "/api/capital/snapshot": View(_capital),
    "/api/jobs": View(_jobs, ("limit", "status")),
    "/api/jobs/running": View(_jobs_that("running"), ("limit",)),
    "/api/jobs/pending": View(_jobs_that("pending"), ("limit",)),
    "/api/jobs/ended": View(_jobs_that("finished", "dropped"), ("limit",)),
    "/api/risk": View(_risk),
    "/api/positions": View(_positions),
    "/api/orders": View(_orders, ("limit",)),
    "/api/fills": View(_fills, ("limit",)),
    "/api/strategies": View(_strategies),
    "/api/alerts": View(_alerts),
    "/api/accounts": View(_accounts),
    "/api/price_alerts": View(_price_alerts),
    "/api/away": View(_away, ("who",)),
    "/api/logs": View(_logs, ("after", "limit")),
    "/api/desk": View(_desk, (*_LIMITS, "books", "tapes", "chart", "timeframe", "studies")),
}


def show(view: View, engine: EngineAccess, query: Query) -> object:
    """Return what a view shows; raise ViewError for a query field it does not take, so that no filter is imagined."""
    for name in query:
        if name not in view.fields:
            allowed = f"allowed are {', '.join(view.fields)}" if view.fields else "none are taken here"
            raise ViewError(f"query field `{name}` is not known; {allowed}")
    return view.show(engine, query)
