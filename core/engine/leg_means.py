"""What an account still carries at a venue: margin, cash or a holding for a leg, and messages the venue takes."""

from decimal import Decimal

from core.engine.recent_orders import RecentOrders
from core.engine.risk_views import RiskViews
from core.market.market import Market
from core.risk.limits import RiskLimits
from core.risk.view import Exposure
from core.types.instrument import AssetType, Instrument, InstrumentId
from core.types.order import Side

ZERO = Decimal(0)


class LegMeans:
    """Answers for one leg at a time, by the same numbers as the order gate's."""

    def __init__(self, *, market: Market, views: RiskViews, recent: RecentOrders, limits: RiskLimits) -> None:
        self._market = market
        self._views = views
        self._recent = recent
        self._limits = limits

    def room_usd(self, instrument_id: InstrumentId, side: Side) -> Decimal | None:
        """Return the largest value that cash, holding or margin carries on a side; None where that is not known.

        What an opposite position frees when it is closed counts as room.
        """
        instrument = self._market.instruments.get(instrument_id)
        if instrument is None:
            return None
        exposures = self._views.exposures()
        held = next((each for each in exposures if each.instrument_id == instrument_id), None)
        if instrument.asset_type is AssetType.PERPETUAL:
            return self._margin(instrument, side, exposures, held)
        return self._cash(instrument, exposures) if side is Side.BUY else self._holding(instrument)

    def closable(self, instrument_id: InstrumentId, side: Side) -> Decimal:
        """Return the quantity that an order on a side could close of the account's position."""
        exposures = (each for each in self._views.exposures() if each.instrument_id == instrument_id)
        return max(ZERO, -side.sign * sum((each.position for each in exposures), ZERO))

    def in_doubt(self, instrument_id: InstrumentId) -> tuple[str, ...]:
        """Return the own orders on an instrument's book of which nobody knows whether they live."""
        return tuple(own.client_order_id for own in self._views.own_orders(instrument_id) if own.is_in_doubt)

    def order_budget(self, venue: str, steady_ns: int) -> int:
        """Return how many orders may follow at once within the limits of the second; cancels have their own."""
        orders, messages = self._recent.rates(venue, steady_ns)
        kept = self._limits.cancel_reserve_per_s
        return max(0, min(self._limits.order_rate_per_s - orders, self._limits.message_rate_per_s - kept - messages))

    def _margin(
        self, instrument: Instrument, side: Side, exposures: list[Exposure], held: Exposure | None
    ) -> Decimal | None:
        collateral = self._views.funds(instrument).collateral_usd
        contracts = _contracts_usd(instrument.venue, exposures)
        if collateral is None or contracts is None:
            return None
        leverage = min(self._limits.max_leverage, max(instrument.max_leverage, Decimal(1)))
        freed = ZERO
        if held is not None and held.unit_usd is not None:
            freed = 2 * max(ZERO, -side.sign * held.position) * held.unit_usd
        return max(ZERO, collateral * leverage - contracts + freed)

    def _cash(self, instrument: Instrument, exposures: list[Exposure]) -> Decimal | None:
        funds = self._views.funds(instrument)
        rate, contracts = self._rate(instrument), _contracts_usd(instrument.venue, exposures)
        if funds.free_quote is None or funds.collateral_usd is None or rate is None or contracts is None:
            return None
        unmargined = funds.collateral_usd - contracts / self._limits.max_leverage
        fee = 1 + max(ZERO, instrument.taker_fee_rate)
        return max(ZERO, min(funds.free_quote * rate, unmargined) / fee)

    def _holding(self, instrument: Instrument) -> Decimal | None:
        free, rate = self._views.funds(instrument).free_base, self._rate(instrument)
        mark = self._market.marks.mark(instrument.id)
        return None if free is None or rate is None or mark is None else max(ZERO, free * mark.price * rate)

    def _rate(self, instrument: Instrument) -> Decimal | None:
        rate = self._market.marks.asset_usd(instrument.venue, instrument.quote)
        return None if rate is None else rate.price


def _contracts_usd(venue: str, exposures: list[Exposure]) -> Decimal | None:
    """Return the value of a venue's contracts with every open order filled in the worst way."""
    total = ZERO
    for each in exposures:
        if each.instrument_id.venue != venue or not each.is_contract:
            continue
        worst = max(abs(each.position + each.buying), abs(each.position - each.selling), abs(each.position))
        if worst and each.unit_usd is None:
            return None
        total += worst * (each.unit_usd or ZERO)
    return total
