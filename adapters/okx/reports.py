"""What the venue told about an order, as the engine takes it: reports and fills."""

from decimal import Decimal
from typing import Final

from adapters.fee_rates import FeeRates
from adapters.okx.answers import FillRow, OrderRow, number
from adapters.okx.client_ids import is_ours, to_engine
from adapters.okx.fees import fee_paid
from adapters.okx.instruments import VENUE
from adapters.okx.order_terms import NS_PER_MS, STATUSES
from adapters.okx.rest import VenueReadError
from adapters.okx.traded_instruments import TradedInstruments
from core.ports.venue import OrderReport
from core.types.order import Fill, Liquidity, OrderStatus, Side

_LIQUIDITY: Final = {"M": Liquidity.MAKER, "T": Liquidity.TAKER}


def has_fill(row: OrderRow) -> bool:
    """Tell whether a message is about an execution, and not about the order alone."""
    return bool(row.trade_id and number(row.fill_sz))


class Reports:
    """Makes reports and fills, named alike whether the websocket or REST told of them, in the quote currency."""

    def __init__(self, instruments: TradedInstruments, fees: FeeRates) -> None:
        self._instruments = instruments
        self._fees = fees

    def counts(self, row: OrderRow | FillRow) -> bool:
        """Tell whether an execution is booked: of what is followed and can be valued, or of an order of ours.

        Others are seen by the positions and balances they leave.
        """
        instrument = self._instruments.of_venue(row.inst_id)
        if instrument is None or instrument.is_inverse:
            return False
        return self._instruments.follows(row.inst_id) or is_ours(to_engine(row.cl_ord_id, row.ord_id))

    def report(self, row: OrderRow) -> OrderReport:
        status, reason = STATUSES.get(row.state), row.cancel_source_reason or None
        if status is None:
            # doubt freezes the leg until the account has been looked at; a guess would not
            status, reason = OrderStatus.IN_DOUBT, f"unknown state {row.state[:40]!r}"
        return OrderReport(
            client_order_id=to_engine(row.cl_ord_id, row.ord_id),
            venue=VENUE,
            status=status,
            venue_order_id=row.ord_id,
            reason=reason,
            venue_ns=row.u_time * NS_PER_MS,
        )

    async def fill_of_order(self, row: OrderRow, received_ns: int) -> Fill:
        """Return the execution that a message of the websocket is about; raise as `fill`."""
        price, quantity = number(row.fill_px), number(row.fill_sz)
        if price is None or quantity is None:
            raise VenueReadError(f"an execution of {row.inst_id} without price or quantity")
        return await self.fill(
            FillRow(
                inst_id=row.inst_id,
                inst_type=row.inst_type,
                trade_id=row.trade_id,
                ord_id=row.ord_id,
                cl_ord_id=row.cl_ord_id,
                bill_id="",
                side=row.side,
                fill_px=price,
                fill_sz=quantity,
                fee=row.fill_fee,
                fee_ccy=row.fill_fee_ccy,
                exec_type=row.exec_type,
                ts=int(row.fill_time) if row.fill_time else row.u_time,
            ),
            received_ns,
        )

    async def fill(self, row: FillRow, received_ns: int) -> Fill:
        """Return a fill; raise VenueReadError where its instrument or the worth of its fee is not known."""
        instrument = self._instruments.of_venue(row.inst_id)
        if instrument is None:
            raise VenueReadError(f"a fill of {row.inst_id}, which is not listed")
        liquidity = _LIQUIDITY.get(row.exec_type, Liquidity.TAKER)
        if not (row.fill_px.is_finite() and row.fill_sz.is_finite() and min(row.fill_px, row.fill_sz) > Decimal(0)):
            raise VenueReadError(f"a fill of {row.inst_id} of {row.fill_sz} at {row.fill_px}")
        return Fill(
            # trade ids count per instrument, and both sides of one trade may be of this account
            fill_id=f"{row.inst_id}-{row.trade_id}-{row.ord_id}",
            client_order_id=to_engine(row.cl_ord_id, row.ord_id),
            venue=VENUE,
            symbol=instrument.symbol,
            side=Side(row.side),
            price=row.fill_px,
            quantity=row.fill_sz,
            fee=await self._fees.in_quote(fee_paid(row.fee, instrument), row.fee_ccy, instrument, row.fill_px),
            liquidity=liquidity,
            venue_ns=(int(row.fill_time) if row.fill_time else row.ts) * NS_PER_MS,
            received_ns=received_ns,
            trade_id=int(row.trade_id) if row.trade_id.isdecimal() else None,
        )
