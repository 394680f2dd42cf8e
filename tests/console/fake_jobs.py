"""Jobs and capital of the scripted engine: one of each kind a trader may see."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from core.control.commands import CommandResult, Outcome
from core.state.desk import CapitalView, CheckView, JobView, LegView, PoolView

START_NS = 1_767_616_267_000_000_000
S = 1_000_000_000
_D = Decimal


def leg(venue: str, side: str, quantity: str, filled: str = "0", state: str = "planned", **more: Any) -> LegView:
    return LegView(
        venue=venue,
        symbol=more.get("symbol", "BTC/USDT:USDT"),
        side=side,
        quantity=_D(quantity),
        filled_quantity=_D(filled),
        average_price=more.get("average_price"),
        state=state,
    )


def job(number: int, status: str, **more: Any) -> JobView:
    facts: dict[str, Any] = {
        "job_id": f"job-s12ab-0001-{number}",
        "status": status,
        "phase": "",
        "outcome": "",
        "strategy_type": "hedge",
        "strategy": "hedged_volume",
        "symbol": "BTC/USDT",
        "notional_usd": _D("3200.55"),
        "expected_edge_bps": _D("4.227192375682115"),
        "safety": None,
        "volume": None,
        "final": None,
        "waits_for": "",
        "reason": "",
        "legs": [leg("sim-a", "buy", "0.05"), leg("sim-b", "sell", "0.05")],
        "naked_usd": None,
        "naked_age_s": None,
        "pnl_usd": None,
        "fees_usd": None,
        "under_override": False,
        "created_ns": START_NS - 5 * S,
        "expires_ns": START_NS + 25 * S,
        "started_ns": None,
        "ended_ns": None,
    }
    return JobView(**{**facts, **more})


def some_jobs() -> list[JobView]:
    scores: dict[str, Any] = {"safety": 0.953, "volume": 0.527, "final": 0.8039}
    started: dict[str, Any] = {**scores, "started_ns": START_NS - 2 * S}
    return [
        job(
            12, "running", phase="hedging", naked_usd=_D("1280.25"), naked_age_s=1.2, **started,
            legs=[
                leg("sim-a", "buy", "0.05", "0.05", "filled", average_price=_D("63990.333333")),
                leg("sim-b", "sell", "0.05", "0.03", "sent", average_price=_D("64012.5")),
            ],
        ),
        job(
            13, "running", phase="frozen", strategy_type="arb", symbol="ETH/USDT", naked_usd=_D(0), **started,
            reason="an order is in doubt", under_override=True,
            legs=[
                leg("sim-b", "buy", "1.20", state="in doubt", symbol="ETH/USDT:USDT"),
                leg("sim-a", "sell", "1.20", symbol="ETH/USDT:USDT"),
            ],
        ),
        job(14, "pending", **scores, waits_for="venue sim-a has 10 of 10 running jobs"),
        job(15, "pending", strategy_type="arb", symbol="SOL/USDT", **scores, waits_for="edge_after_costs"),
        job(
            11, "finished", outcome="completed", reason="filled", pnl_usd=_D("1.2345"), fees_usd=_D("3.20"),
            **started, ended_ns=START_NS - S,
        ),
        job(
            10, "finished", outcome="unwound", reason="the hedge was rejected: no margin", pnl_usd=_D("-2.11"),
            fees_usd=_D("3.20"), **scores, started_ns=START_NS - 4 * S, ended_ns=START_NS - 3 * S,
        ),
        job(
            9, "dropped", outcome="refused", reason="min_edge: 2.1 bps, allowed at least 3; single_reserve: okx 5,000 "
            "USD, allowed at most 3,000 (10 % of 30,000)", ended_ns=START_NS - 4 * S,
        ),
    ]  # fmt: skip


def some_capital(safe: Mapping[str, bool], unknown: Collection[str]) -> list[CapitalView]:
    venues = ("sim-a", "sim-b", "sim-x")
    return [capital(venue, is_safe=safe.get(venue, False), is_known=venue not in unknown) for venue in venues]


def capital(venue: str, *, is_safe: bool = False, is_known: bool = True) -> CapitalView:
    pools = [("hedge", "70000", "3200", "12000"), ("arb", "20000", "0", "5500"), ("reserve", "10000", "0", "0")]
    return CapitalView(
        venue=venue,
        equity_usd=_D("100000") if is_known else None,
        pools=[
            PoolView(
                pool=name,
                budget_usd=_D(budget) if is_known else None,
                reserved_usd=_D(flying),
                committed_usd=_D(bound),
                free_usd=_D(budget) - _D(flying) - _D(bound) if is_known else None,
            )
            for name, budget, flying, bound in pools
        ],
        in_flight_usd=_D("3200"),
        in_flight_limit_usd=_D("30000") if is_known else None,
        single_limit_usd=_D("10000") if is_known else None,
        safe_mode=is_safe,
        today_pnl_usd=_D("12.40"),
        today_volume_usd=_D("64000"),
        today_fees_usd=_D("32.00"),
    )


def check(rule: str, *, is_hard: bool, passed: bool, observed: str, limit: str, lifted: bool = False) -> CheckView:
    return CheckView(
        rule=rule, is_hard=is_hard, unit="bps", limit=limit, observed=observed, passed=passed, lifted=lifted
    )


def explained(job_id: str) -> CommandResult:
    checks = [
        check("known_instrument", is_hard=True, passed=True, observed="BTC/USDT:USDT@sim-a", limit="known rules"),
        check("edge_after_costs", is_hard=True, passed=False, observed="7.67784", limit="at least 10 of fees"),
        check("fast_market", is_hard=False, passed=True, observed="not on the list", limit="not on the list"),
        check("min_edge", is_hard=False, passed=False, lifted=True, observed="2.1", limit="at least 3"),
    ]
    data: dict[str, object] = {
        "job_id": job_id, "status": "pending", "standing": "edge_after_costs", "rank": 2, "pending_count": 5,
        "safety": 0.953, "volume": 0.527, "final": 0.8039, "safety_weight": 0.65, "checks": checks,
    }  # fmt: skip
    return CommandResult(outcome=Outcome.DONE, message=f"{job_id} is pending: edge_after_costs", data=data)
