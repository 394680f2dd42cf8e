"""Value a ledger at given marks."""

from collections.abc import Iterable
from decimal import Decimal

from core.ledger.ledger import Ledger, is_holding
from core.ledger.marks import USD_LIKE, Mark, Marks
from core.ledger.position import ZERO, Position
from core.ledger.valuation import NetPosition, PositionValue, Valuation, VenueValue
from core.types.instrument import Instrument

PEAK_STEP = Decimal("0.0005")
"""A new peak is worth a fact once it is this share above the last; drawdown is off by no more."""


def value_ledger(ledger: Ledger, marks: Marks, now_ns: int, steady_ns: int) -> Valuation:
    """Value everything the ledger holds at the given marks; `steady_ns` is the clock they were noted by."""
    missing: list[str] = [f"rules of {instrument_id}" for instrument_id in ledger.unknown_instruments]
    missing.extend(f"{fault.venue}: {fault.reason}" for fault in ledger.faults)
    positions: list[PositionValue] = []
    contracts_usd: dict[str, Decimal | None] = {}  # venue → open profit of its contracts
    oldest_ns = steady_ns
    volume, fees = ZERO, ZERO
    is_whole = ledger.is_whole
    for position in ledger.positions():
        instrument = ledger.instrument(position.instrument_id)
        if instrument is None:
            missing.append(f"rules of {position.instrument_id}")
            contracts_usd[position.venue] = None
            is_whole = False  # of a restored ledger: what this position earned is no nothing
            continue
        mark = marks.mark(position.instrument_id)
        rate = marks.asset_usd(position.venue, instrument.quote)
        valued = _value_position(position, instrument, mark, rate, steady_ns)
        positions.append(valued)
        if rate is not None:
            volume += position.today_volume * rate.price
            fees += position.today_fees * rate.price
        if position.quantity and valued.notional_usd is None:
            missing.append(f"price of {position.instrument_id}")
        if rate is None and (position.realised or position.fees or position.funding):
            missing.append(
                f"price of {instrument.quote} at {position.venue}, for the profit of {position.instrument_id}"
            )
        if position.quantity and mark is not None and instrument.market_hours.is_open(now_ns):
            oldest_ns = min(oldest_ns, mark.at_ns)
        if not is_holding(instrument):
            contracts_usd[position.venue] = _plus(contracts_usd.get(position.venue, ZERO), valued.unrealised_usd)
    venues = _value_venues(ledger, marks, contracts_usd, positions, missing)
    total_pnl = _sum(value.pnl_usd for value in positions) if is_whole else None
    equity = _sum(value.equity_usd for value in venues) if is_whole and venues else None
    peak = ledger.peak_equity_usd
    return Valuation(
        at_ns=now_ns,
        positions=tuple(positions),
        venues=venues,
        net_positions=_net(positions),
        equity_usd=equity,
        oldest_mark_age_ns=steady_ns - oldest_ns,
        total_pnl_usd=total_pnl,
        day_pnl_usd=None if total_pnl is None else total_pnl - ledger.day_began_pnl_usd,
        today_volume_usd=volume,
        today_fees_usd=fees,
        today_trades=sum(position.today_trades for position in ledger.positions()),
        total_trades=sum(position.trades for position in ledger.positions()),
        peak_equity_usd=peak,
        drawdown_pct=_drawdown_pct(equity, peak),
        missing=tuple(dict.fromkeys(missing)),
    )


def is_new_peak(valuation: Valuation) -> bool:
    """Tell whether equity stands high enough above the last peak for an `EquityPeaked` fact."""
    equity, peak = valuation.equity_usd, valuation.peak_equity_usd
    return equity is not None and equity > 0 and (peak is None or equity >= peak * (1 + PEAK_STEP))


def _value_position(
    position: Position, instrument: Instrument, mark: Mark | None, rate: Mark | None, steady_ns: int
) -> PositionValue:
    usd = rate.price if rate else None
    unit = _times(mark.price * instrument.contract_size if mark else None, usd)
    notional = _times(position.quantity, unit)
    if not position.quantity:
        notional = unrealised = ZERO
    else:
        cost = _times(position.cost, usd)
        unrealised = None if notional is None or cost is None else notional - cost
    return PositionValue(
        instrument_id=position.instrument_id,
        base=underlying_of(instrument),
        quantity=position.quantity,
        underlying_quantity=position.quantity * instrument.contract_size,
        average_price=position.average_price(instrument.contract_size),
        mark_price=mark.price if mark else None,
        mark_age_ns=max(0, steady_ns - mark.at_ns) if mark else None,
        unit_usd=unit,
        notional_usd=notional,
        unrealised_usd=unrealised,
        realised_usd=_times(position.realised, usd),
        fees_usd=_times(position.fees, usd),
        funding_usd=_times(position.funding, usd),
    )


def _value_venues(
    ledger: Ledger,
    marks: Marks,
    contracts_usd: dict[str, Decimal | None],
    positions: list[PositionValue],
    missing: list[str],
) -> tuple[VenueValue, ...]:
    equity: dict[str, Decimal | None] = {}
    collateral: dict[str, Decimal | None] = {}
    reported = {cash.venue: True for cash in ledger.cash() if cash.is_reported}
    for cash in ledger.cash():
        equity.setdefault(cash.venue, ZERO)
        collateral.setdefault(cash.venue, ZERO)
        if not cash.total:
            continue
        rate = marks.asset_usd(cash.venue, cash.asset)
        if rate is None:
            missing.append(f"price of {cash.asset} at {cash.venue}")
        amount = _times(cash.total, rate.price if rate else None)
        equity[cash.venue] = _plus(equity[cash.venue], amount)
        if cash.asset in USD_LIKE:
            collateral[cash.venue] = _plus(collateral[cash.venue], amount)
    for venue, profit in contracts_usd.items():
        equity[venue] = _plus(equity.get(venue, ZERO), profit)
        collateral[venue] = _plus(collateral.get(venue, ZERO), profit)
    for venue in equity:
        if venue not in reported:  # sums of what moved are no balance
            missing.append(f"balance of {venue}")
            equity[venue] = collateral[venue] = None
    opened = dict.fromkeys(equity, 0)
    for value in positions:
        if value.quantity:
            opened[value.instrument_id.venue] = opened.get(value.instrument_id.venue, 0) + 1
    return tuple(
        VenueValue(
            venue=venue, equity_usd=equity[venue], collateral_usd=collateral[venue], open_positions=opened[venue]
        )
        for venue in equity
    )


def _net(positions: list[PositionValue]) -> tuple[NetPosition, ...]:
    by_base: dict[str, list[PositionValue]] = {}
    for value in positions:
        by_base.setdefault(value.base, []).append(value)
    return tuple(
        NetPosition(
            base=base,
            quantity=sum((value.underlying_quantity for value in values), ZERO),
            notional_usd=_sum(value.notional_usd for value in values),
            pnl_usd=_sum(value.pnl_usd for value in values),
        )
        for base, values in by_base.items()
    )


def underlying_of(instrument: Instrument) -> str:
    """Return what a position is a bet on, so that a contract and its spot add up."""
    return instrument.underlying or instrument.base


def _drawdown_pct(equity: Decimal | None, peak: Decimal | None) -> Decimal | None:
    """Return how far equity is below its peak in percent; at the first look equity is its own peak."""
    if equity is None:
        return None
    if peak is None or peak <= 0:
        return ZERO
    return max(ZERO, (peak - equity) * 100 / peak)


def _times(left: Decimal | None, right: Decimal | None) -> Decimal | None:
    return None if left is None or right is None else left * right


def _plus(left: Decimal | None, right: Decimal | None) -> Decimal | None:
    return None if left is None or right is None else left + right


def _sum(values: Iterable[Decimal | None]) -> Decimal | None:
    total: Decimal | None = ZERO
    for value in values:
        total = _plus(total, value)
    return total
