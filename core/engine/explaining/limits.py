"""What a limit counts, what it is set by, how much of it is used and by what, and what happens where it is reached."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final, NamedTuple

from core.engine.explaining.rows import fact, number, section, usd
from core.engine.parts import EngineParts
from core.ledger.valuation import Valuation
from core.state.explanation import Explained, ExplainedRow
from core.state.monitoring import LimitUse

MOST_PARTS: Final = 8
_STOPS_NEW_RISK: Final = "orders that would go beyond it are refused; what reduces still leaves"


class LimitFacts(NamedTuple):
    """What is true of a limit whatever its numbers; `settings` are keys of the configuration."""

    counts: str
    settings: tuple[str, ...]
    reached: str


LIMITS: Final[dict[str, LimitFacts]] = {
    "day loss": LimitFacts(
        "what the account has lost since the UTC day began, fees and what is not realised counted",
        ("risk.daily_loss_pct", "risk.daily_loss_usd", "risk.flatten_on_daily_loss"),
        "everything is halted, and flattened where flatten_on_daily_loss is set; a person resumes",
    ),
    "drawdown": LimitFacts(
        "how far equity is below its peak", ("risk.max_drawdown_pct",), "reduce-only everywhere until a person resumes"
    ),
    "order": LimitFacts("the value of one order", ("risk.max_position_per_trade_usd",), _STOPS_NEW_RISK),
    "directional": LimitFacts(
        "the sum of the net positions of all assets, hedged pairs by their net",
        ("risk.max_position_size_usd",),
        _STOPS_NEW_RISK,
    ),
    "invested": LimitFacts("all positions against equity", ("risk.max_invested_pct",), _STOPS_NEW_RISK),
    "open orders": LimitFacts("live orders of all venues", ("risk.max_open_orders",), _STOPS_NEW_RISK),
    "running jobs": LimitFacts("hedge jobs that run", ("jobs.max_running",), "further jobs wait"),
    "failures": LimitFacts(
        "jobs in a row that were unwound or left naked",
        ("jobs.max_consecutive_failures",),
        "reduce-only everywhere until a person resumes",
    ),
    "new messages": LimitFacts(
        "messages to the venue within a second that new risk may use",
        ("risk.message_rate_per_s", "risk.cancel_reserve_per_s"),
        "orders for new risk are refused; the rest is kept for cancels and for what reduces",
    ),
    "messages": LimitFacts(
        "messages to the venue within a second", ("risk.message_rate_per_s",), "orders are refused; cancels wait"
    ),
    "orders": LimitFacts("orders within a second", ("risk.order_rate_per_s",), "orders are refused for that second"),
    "in flight": LimitFacts(
        "dollars reserved for orders and jobs under way at the venue",
        ("capital.max_total_notional_pct",),
        "orders are refused and jobs wait until reservations are free again",
    ),
    "jobs": LimitFacts(
        "the legs of running jobs at the venue", ("jobs.max_notional_per_venue_usd",), "further jobs there wait"
    ),
    "gross": LimitFacts("positions and unfilled orders at the venue", ("risk.max_venue_gross_usd",), _STOPS_NEW_RISK),
    "net": LimitFacts("net positions per underlying at the venue", ("risk.max_venue_net_usd",), _STOPS_NEW_RISK),
    "reserve": LimitFacts(
        "the pool for unwinds and emergency hedges at the venue",
        ("capital.pools.reserve",),
        "jobs wait whose way back could not be paid",
    ),
}
_BY_POSITIONS: Final = frozenset({"directional", "invested", "gross", "net", "day loss", "drawdown"})


class LimitExplainer:
    """Read-only."""

    def __init__(self, parts: EngineParts, limits: Callable[[], list[LimitUse]]) -> None:
        self._parts = parts
        self._limits = limits

    def explain(self, name: str) -> Explained | None:
        """Explain a limit by its name; None for one that there is not."""
        wanted = name.replace("_", " ").strip().lower()
        use = next((each for each in self._limits() if each.name.lower() == wanted), None)
        if use is None:
            return None
        kind, venue = _kind_and_venue(use.name)
        facts = LIMITS.get(kind)
        is_tight = use.left is None or use.left <= 0
        rows = [
            fact("allowed", number(use.limit, use.unit)),
            fact("used", number(use.used, use.unit), mark="failed" if use.used is None else ""),
            fact("left", number(use.left, use.unit), mark="failed" if is_tight else ""),
        ]
        if use.reached_in_s is not None:
            rows.append(fact("at this rate", f"reached in {use.reached_in_s // 60} min", mark="warning"))
        what = [] if facts is None else [
            fact("counts", facts.counts),
            fact("set by", ", ".join(facts.settings)),
            fact("reached", facts.reached),
        ]  # fmt: skip
        sections = [section("room", rows), *([section("the limit", what)] if what else [])]
        parts = list(self._positions(venue)) if kind in _BY_POSITIONS else []
        if parts:
            sections.append(section("made of", parts))
        left = "how much is left is not known: new risk is refused" if use.left is None else (
            f"{number(use.left, use.unit)} left of {number(use.limit, use.unit)}"
        )  # fmt: skip
        return Explained(
            subject=f"limit:{use.name}",
            headline=f"limit {use.name}{f': {facts.counts}' if facts else ''}",
            standing=left,
            is_trouble=is_tight,
            sections=sections,
        )

    def _positions(self, venue: str | None) -> Iterable[ExplainedRow]:
        """Name the largest positions, the ones without a value first."""
        valuation: Valuation = self._parts.views.valuation()
        held = [
            each for each in valuation.positions if each.quantity and venue in {None, each.instrument_id.venue}
        ]  # fmt: skip
        largest = sorted(held, key=lambda each: -abs(each.notional_usd or Decimal("Infinity")))
        for each in largest[:MOST_PARTS]:
            pnl = "" if each.unrealised_usd is None else f", unrealised {usd(each.unrealised_usd)}"
            yield fact(str(each.instrument_id), f"{number(each.quantity)}, {usd(each.notional_usd)}{pnl}")
        if len(largest) > MOST_PARTS:
            yield fact("others", f"{len(largest) - MOST_PARTS} smaller positions")


def _kind_and_venue(name: str) -> tuple[str, str | None]:
    """Take a venue's name off a limit's: `in flight sim-a` is of the kind `in flight`."""
    if name in LIMITS:
        return name, None
    kind, _, venue = name.rpartition(" ")
    return (kind, venue) if kind in LIMITS else (name, None)
