"""What a venue or a strategy does, and what keeps it from trading."""

from typing import Final

from core.engine.explaining.blockers import blocker_sections
from core.engine.explaining.orders import verdict_rows
from core.engine.explaining.profits import profit_rows
from core.engine.explaining.rows import fact, section
from core.engine.parts import EngineParts
from core.risk.halts import GLOBAL, bearing_on
from core.state.explanation import Explained, ExplainedRow, ExplainedSection
from core.state.monitoring import MonitoringState, StrategyState, VenueState
from core.types.control import Blocker, HaltLevel

NEWEST: Final = 8


class ScopeExplainer:
    """Read-only."""

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts

    def everything(self, state: MonitoringState) -> Explained:
        """Explain what bears on everything."""
        blockers = [each for each in state.risk.blockers if each.scope == GLOBAL]
        elsewhere = [each for each in state.risk.blockers if each.scope != GLOBAL]
        others = [
            fact(each.scope, f"{each.level.name}, {each.cause}: {each.reason}", mark="warning") for each in elsewhere
        ]
        sections = self._halts(blockers)
        if others:
            sections.append(section("at single venues and strategies", others))
        if state.risk.unvalued:
            unknown = [fact("unknown", name, mark="failed") for name in state.risk.unvalued]
            sections.append(section("not known, so new risk is refused", unknown))
        return Explained(
            subject=GLOBAL,
            headline=f"the engine is {state.global_.system_status.replace('_', ' ')}",
            standing=_standing(blockers),
            is_trouble=bool(blockers),
            sections=sections,
        )

    def venue(self, name: str, state: MonitoringState) -> Explained | None:
        """Explain a venue; None for one that is not configured."""
        venue = state.venues.get(name)
        if venue is None:
            return None
        blockers = bearing_on(state.risk.blockers, name, None)
        is_down = venue.feed_state not in {"up", "closed"}
        return Explained(
            subject=f"venue:{name}",
            headline=f"venue {name}: feed {venue.feed_state}, {venue.open_orders_count} open orders, "
            f"{venue.open_positions_count} positions, {venue.concurrent_jobs_count} jobs",
            standing=_standing(blockers),
            is_trouble=bool(blockers) or is_down,
            sections=[*self._halts(blockers), section("the venue", self._venue_rows(name, venue))],
        )

    def strategy(self, name: str, state: MonitoringState) -> Explained | None:
        """Explain a strategy and its newest decisions; None for one that is not known."""
        strategy = next((each for each in state.strategies if each.name == name), None)
        if strategy is None:
            return None
        blockers = self._bearing_on(strategy, state)
        decisions = verdict_rows(self._parts.recorder.verdicts.of_source(f"strategy:{name}", NEWEST))
        jobs = [
            fact(each.job.job_id, f"{each.end.reason}", at_ns=each.end.at_ns)
            for each in self._parts.fold.scheduler.book.ended(100)
            if each.job.strategy == name
        ][:NEWEST]
        said = [
            fact(line.topic, line.text, mark="" if line.level == "info" else "warning", at_ns=line.at_ns)
            for line in self._parts.log.lines
            if line.topic == "strategy" and line.text.startswith(name)
        ][-NEWEST:]
        sections = [
            *self._halts(blockers),
            section("the strategy", _strategy_rows(strategy)),
            *(
                []
                if strategy.profit is None
                else [section("what it earned since its first fill", profit_rows(strategy.profit))]
            ),
            *([section("its newest orders, as the gate judged them", decisions)] if decisions else []),
            *([section("its newest jobs that ended", jobs)] if jobs else []),
            *([section("what it said", said)] if said else []),
        ]
        standing = strategy.status + (f": {strategy.detail}" if strategy.detail else "")
        return Explained(
            subject=f"strategy:{name}",
            headline=f"strategy {name}: {strategy.signals} signals, {strategy.orders} orders",
            standing=f"{standing}; {_standing(blockers)}",
            is_trouble=bool(blockers) or strategy.status == "failed",
            sections=sections,
        )

    def _bearing_on(self, strategy: StrategyState, state: MonitoringState) -> tuple[Blocker, ...]:
        venues = [each.rpartition("@")[2] for each in strategy.instruments] or [None]
        found = (each for venue in venues for each in bearing_on(state.risk.blockers, venue, strategy.name))
        return tuple({(each.scope, each.cause): each for each in found}.values())

    def _halts(self, blockers: tuple[Blocker, ...] | list[Blocker]) -> list[ExplainedSection]:
        return blocker_sections(blockers, self._parts.conditions.blockers())

    def _venue_rows(self, name: str, venue: VenueState) -> list[ExplainedRow]:
        feed = self._parts.market.feeds.get(name)
        is_down = venue.feed_state not in {"up", "closed"}
        rows = [
            fact("feed", f"{venue.feed_state} {venue.feed_detail}".strip(), mark="failed" if is_down else "passed"),
            fact("reconciled", "yes" if venue.reconciled else "no: its account was not compared with the journal",
                 mark="passed" if venue.reconciled else "failed"),
            fact("safe mode", "on: no arbitrage or directional capital" if venue.safe_mode else "off",
                 mark="warning" if venue.safe_mode else ""),
        ]  # fmt: skip
        if feed is not None:
            rows.append(fact("it said so", "", at_ns=feed.at_ns))
        if venue.api_latency_ms is not None:
            rows.append(fact("answers in", f"{venue.api_latency_ms:.0f} ms"))
        if venue.rate_limit is not None and venue.rate_limit.closed_until_ns is not None:
            rows.append(fact("asked us to pause until", "", mark="warning", at_ns=venue.rate_limit.closed_until_ns))
        return rows


def _standing(blockers: tuple[Blocker, ...] | list[Blocker]) -> str:
    if not blockers:
        return "nothing blocks new risk here"
    tightest = max(blockers, key=lambda blocker: blocker.level)
    count = "" if len(blockers) == 1 else f", the tightest of {len(blockers)}"
    return f"{HaltLevel(tightest.level).name.replace('_', ' ')} by {tightest.cause.replace('_', ' ')}{count}"


def _strategy_rows(strategy: StrategyState) -> list[ExplainedRow]:
    rows = [
        fact("status", strategy.status, mark="failed" if strategy.status == "failed" else ""),
        fact("decided last", strategy.last_signal or "nothing yet: it is warming up, or its condition has not come"),
        fact("trades on", " ".join(strategy.instruments) or "nothing"),
    ]
    return [*rows, *(fact(name, value) for name, value in strategy.parameters.items())]
