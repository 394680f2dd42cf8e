"""Exposure added up in dollars, as if every unfilled order and one more were filled in the worst way."""

from decimal import Decimal

import msgspec

from core.ledger.valuing import underlying_of
from core.risk.view import RiskView
from core.types.instrument import AssetType
from core.types.order import OrderIntent, Side

ZERO = Decimal(0)


class ExposureTotals(msgspec.Struct, frozen=True, kw_only=True):
    """Dollar sums, all positive.

    directional: Σ over underlyings of the net of all instruments and venues, so hedged pairs count by their net;
    `directional_before` is the same without this order.
    concentrated: the longer of the long and the short side of this order's underlying, hedges not netted.
    invested: Σ of the value of every position.
    venue: the same at this order's venue, and `venue_contracts` of its perpetuals only.
    """

    directional: Decimal
    directional_before: Decimal
    concentrated: Decimal
    invested: Decimal
    venue: Decimal
    venue_contracts: Decimal


class _Line(msgspec.Struct):
    """One instrument in dollars: position signed, orders positive."""

    venue: str
    underlying: str
    is_contract: bool
    position: Decimal
    buying: Decimal
    selling: Decimal


class _Net(msgspec.Struct):
    """One underlying in dollars."""

    position: Decimal = ZERO
    buying: Decimal = ZERO
    selling: Decimal = ZERO
    long_side: Decimal = ZERO
    short_side: Decimal = ZERO


def total_exposure(intent: OrderIntent, value_usd: Decimal, view: RiskView) -> ExposureTotals | None:
    """Add up; None where an instrument with a position or an order has no price."""
    lines = _lines(intent, value_usd, view)
    if lines is None or view.instrument is None:
        return None
    nets: dict[str, _Net] = {}
    invested = venue = venue_contracts = ZERO
    for line in lines:
        longest = max(ZERO, line.position + line.buying)
        shortest = max(ZERO, line.selling - line.position)
        gross = max(longest, shortest, abs(line.position))
        invested += gross
        if line.venue == intent.venue:
            venue += gross
            if line.is_contract:
                venue_contracts += gross
        net = nets.setdefault(line.underlying, _Net())
        net.position += line.position
        net.buying += line.buying
        net.selling += line.selling
        net.long_side += longest
        net.short_side += shortest
    own = nets[underlying_of(view.instrument)]
    directional = sum((_worst(net.position, net.buying, net.selling) for net in nets.values()), ZERO)
    bought, sold = _sides(intent, value_usd)
    without = _worst(own.position, own.buying - bought, own.selling - sold)
    return ExposureTotals(
        directional=directional,
        directional_before=directional - _worst(own.position, own.buying, own.selling) + without,
        concentrated=max(own.long_side, own.short_side),
        invested=invested,
        venue=venue,
        venue_contracts=venue_contracts,
    )


def _worst(position: Decimal, buying: Decimal, selling: Decimal) -> Decimal:
    """Return the largest net position that filling any part of the orders can lead to."""
    return max(abs(position + buying), abs(position - selling))


def _sides(intent: OrderIntent, value_usd: Decimal) -> tuple[Decimal, Decimal]:
    return (value_usd, ZERO) if intent.side is Side.BUY else (ZERO, value_usd)


def _lines(intent: OrderIntent, value_usd: Decimal, view: RiskView) -> list[_Line] | None:
    assert view.instrument is not None, "totals are asked for with a known instrument only"
    bought, sold = _sides(intent, value_usd)
    lines: list[_Line] = []
    is_counted = False
    for exposure in view.exposures:
        unit = exposure.unit_usd
        if unit is None:
            if exposure.position or exposure.buying or exposure.selling:
                return None
            continue
        line = _Line(
            exposure.instrument_id.venue,
            exposure.underlying,
            exposure.is_contract,
            exposure.position * unit,
            exposure.buying * unit,
            exposure.selling * unit,
        )
        if exposure.instrument_id == intent.instrument_id:
            line.buying += bought
            line.selling += sold
            is_counted = True
        lines.append(line)
    if not is_counted:
        is_contract = view.instrument.asset_type is AssetType.PERPETUAL
        lines.append(_Line(intent.venue, underlying_of(view.instrument), is_contract, ZERO, bought, sold))
    return lines
