"""What each strategy has earned: by its own fills, and by what closed its positions for it."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from core.engine.fold import EngineFold
from core.engine.source_positions import is_backed
from core.ledger.position import ZERO, Position
from core.market.market import Market
from core.ports.clock import Clock
from core.risk.halts import strategy_scope
from core.state.monitoring import StrategyProfit, StrategyState

NS: Final = 1_000_000_000
_LEFT: Final = "not started since the engine began; what it holds stays"


class StrategyProfits:
    """Values what strategies hold at the marks of this moment; reads only."""

    def __init__(self, fold: EngineFold, market: Market, clock: Clock) -> None:
        self._fold = fold
        self._market = market
        self._clock = clock

    def of(self, name: str) -> StrategyProfit | None:
        """Return what a strategy earned since its first fill; None for one that never had any."""
        source = strategy_scope(name)
        traded = self._fold.source_positions.traded_by(source)
        if not traded:
            return None
        missing: dict[str, None] = {}
        parts = [self._value(each, missing) for each in traded]
        realised, unrealised, fees, funding = (_sum(part[index] for part in parts) for index in range(4))
        is_known = None not in (realised, unrealised, fees, funding)
        held = [each for each in traded if each.quantity]
        unattributed = self._fold.source_positions.unattributed_funding(source)
        return StrategyProfit(
            pnl_usd=(realised or ZERO) + (unrealised or ZERO) + (funding or ZERO) - (fees or ZERO)
            if is_known
            else None,
            realised_usd=realised,
            unrealised_usd=unrealised,
            fees_usd=fees,
            funding_usd=funding,
            open_positions=len(held),
            mark_age_s=self._oldest_mark_age_s(held),
            missing=list(missing),
            not_at_the_venue=[str(each.instrument_id) for each in held if not self._is_backed(each)],
            unattributed_funding=dict(sorted(unattributed.items())),
        )

    def left_behind(self, hosted: list[StrategyState]) -> Iterator[StrategyState]:
        """Yield a row for each strategy that still holds something and that nobody started: nobody tends it."""
        known = {each.name for each in hosted}
        for source in self._fold.source_positions.strategies_holding():
            name = source.removeprefix(strategy_scope(""))
            if name not in known:
                yield StrategyState(
                    name=name,
                    status="stopped",
                    detail=_LEFT,
                    instruments=[str(each.instrument_id) for each in self._fold.source_positions.held_by(source)],
                    parameters={},
                    signals=0,
                    orders=0,
                )

    def _is_backed(self, position: Position) -> bool:
        key = position.instrument_id
        return is_backed(self._fold.source_positions.total(key), self._fold.ledger.quantity(key))

    def _value(self, position: Position, missing: dict[str, None]) -> tuple[Decimal | None, ...]:
        """Return realised and unrealised profit, fees and funding in dollars; each None where an input is missing."""
        instrument_id = position.instrument_id
        instrument = self._fold.ledger.instrument(instrument_id)
        if instrument is None:
            missing[f"rules of {instrument_id}"] = None
            return None, None, None, None
        rate = self._market.marks.asset_usd(position.venue, instrument.quote)
        if rate is None:
            missing[f"price of {instrument.quote} at {position.venue}"] = None
            return None, None, None, None
        size, usd = instrument.contract_size, rate.price
        unrealised: Decimal | None = ZERO
        if position.quantity:
            mark = self._market.marks.mark(instrument_id)
            if mark is None:
                missing[f"price of {instrument_id}"] = None
            unrealised = None if mark is None else (mark.price * position.quantity - position.cost) * size * usd
        noted = self._fold.ledger.noted(instrument_id) or instrument  # what fills were booked by
        return position.realised * noted.contract_size * usd, unrealised, position.fees * usd, position.funding * usd

    def _oldest_mark_age_s(self, held: list[Position]) -> float | None:
        """Return the age of the oldest price among open markets; 0 where nothing depends on one, None without it."""
        oldest_ns = now_ns = self._clock.monotonic_ns()
        for position in held:
            instrument = self._fold.ledger.instrument(position.instrument_id)
            mark = self._market.marks.mark(position.instrument_id)
            if mark is None or instrument is None:
                return None
            if instrument.market_hours.is_open(self._clock.utc_ns()):
                oldest_ns = min(oldest_ns, mark.at_ns)
        return (now_ns - oldest_ns) / NS


def _sum(values: Iterator[Decimal | None]) -> Decimal | None:
    """Add up; a sum with an unknown part is unknown."""
    total = ZERO
    for value in values:
        if value is None:
            return None
        total += value
    return total
