"""Exposure added up in dollars, as if every unfilled order and one more were filled in the worst way."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

import msgspec

from core.ledger.valuing import underlying_of
from core.risk.view import Exposure, RiskView
from core.types.instrument import AssetType, InstrumentId
from core.types.order import OrderIntent, Side

ZERO = Decimal(0)


class ExposureTotals(msgspec.Struct, frozen=True, kw_only=True):
    """Dollar sums, all positive.

    directional: Σ over underlyings of the net of all instruments and venues, so hedged pairs count by their net;
    `directional_before` is the same without this order.
    concentrated: the longer of the long and the short side of this order's underlying, hedges not netted.
    invested: Σ of the value of every position.
    venue: the same at this order's venue, and `venue_contracts` of its perpetuals only.
    venue_net: what `directional` is, of the instruments of this order's venue only; and `venue_net_before`.
    instrument_gross: position and all unfilled orders of this order's instrument; `instrument_net`: the largest
    position that filling any part of them can lead to.
    """

    directional: Decimal
    directional_before: Decimal
    concentrated: Decimal
    invested: Decimal
    venue: Decimal
    venue_contracts: Decimal
    venue_net: Decimal
    venue_net_before: Decimal
    instrument_gross: Decimal
    instrument_net: Decimal


class _Line(msgspec.Struct):
    """One instrument in dollars: position signed, orders positive."""

    instrument_id: InstrumentId
    underlying: str
    is_contract: bool
    position: Decimal
    buying: Decimal
    selling: Decimal

    @property
    def longest(self) -> Decimal:
        return max(ZERO, self.position + self.buying)

    @property
    def shortest(self) -> Decimal:
        return max(ZERO, self.selling - self.position)

    @property
    def gross(self) -> Decimal:
        """Return the largest value the position can come to."""
        return max(self.longest, self.shortest, abs(self.position))


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
    underlying, of_order = underlying_of(view.instrument), _sides(intent, value_usd)
    at_venue = [line for line in lines if line.instrument_id.venue == intent.venue]
    nets, venue_nets = _nets(lines), _nets(at_venue)
    own = next(line for line in lines if line.instrument_id == intent.instrument_id)
    directional, directional_before = _sum_of_nets(nets, underlying, of_order)
    venue_net, venue_net_before = _sum_of_nets(venue_nets, underlying, of_order)
    return ExposureTotals(
        directional=directional,
        directional_before=directional_before,
        concentrated=max(nets[underlying].long_side, nets[underlying].short_side),
        invested=sum((line.gross for line in lines), ZERO),
        venue=sum((line.gross for line in at_venue), ZERO),
        venue_contracts=sum((line.gross for line in at_venue if line.is_contract), ZERO),
        venue_net=venue_net,
        venue_net_before=venue_net_before,
        instrument_gross=abs(own.position) + own.buying + own.selling,
        instrument_net=_worst(own.position, own.buying, own.selling),
    )


class VenueTotals(NamedTuple):
    """Of one venue, open orders filled in the worst way; see `ExposureTotals.venue` and `venue_net`."""

    gross: Decimal
    net: Decimal


def venue_totals(venue: str, exposures: Iterable[Exposure]) -> VenueTotals | None:
    """Add up what stands at a venue; None where an instrument with a position or an order has no price."""
    lines: list[_Line] = []
    for exposure in exposures:
        if exposure.instrument_id.venue != venue:
            continue
        line = _line(exposure)
        if line is not None:
            lines.append(line)
        elif exposure.position or exposure.buying or exposure.selling:
            return None
    nets = _nets(lines).values()
    net = sum((_worst(each.position, each.buying, each.selling) for each in nets), ZERO)
    return VenueTotals(sum((line.gross for line in lines), ZERO), net)


def _line(exposure: Exposure) -> _Line | None:
    """Return an exposure in dollars, None where it has no price."""
    unit = exposure.unit_usd
    if unit is None:
        return None
    return _Line(
        exposure.instrument_id,
        exposure.underlying,
        exposure.is_contract,
        exposure.position * unit,
        exposure.buying * unit,
        exposure.selling * unit,
    )


def _nets(lines: list[_Line]) -> dict[str, _Net]:
    """Add up by underlying."""
    nets: dict[str, _Net] = {}
    for line in lines:
        net = nets.setdefault(line.underlying, _Net())
        net.position += line.position
        net.buying += line.buying
        net.selling += line.selling
        net.long_side += line.longest
        net.short_side += line.shortest
    return nets


def _sum_of_nets(nets: dict[str, _Net], underlying: str, of_order: tuple[Decimal, Decimal]) -> tuple[Decimal, Decimal]:
    """Return the worst sum with the order, which is of that underlying, and without it."""
    own, (bought, sold) = nets[underlying], of_order
    total = sum((_worst(net.position, net.buying, net.selling) for net in nets.values()), ZERO)
    without = _worst(own.position, own.buying - bought, own.selling - sold)
    return total, total - _worst(own.position, own.buying, own.selling) + without


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
        line = _line(exposure)
        if line is None:
            if exposure.position or exposure.buying or exposure.selling:
                return None
            continue
        if exposure.instrument_id == intent.instrument_id:
            line.buying += bought
            line.selling += sold
            is_counted = True
        lines.append(line)
    if not is_counted:
        is_contract = view.instrument.asset_type is AssetType.PERPETUAL
        lines.append(_Line(intent.instrument_id, underlying_of(view.instrument), is_contract, ZERO, bought, sold))
    return lines
