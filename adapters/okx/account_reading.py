"""The venue's truth about an account, put together from answers that each are of another moment.

Order of the questions: open orders, then balances and positions, then executions. An order that ended before the list
of open orders was made has its executions in the list that is made after it, so none falls between the two. The other
way round, an execution that came while the questions were asked would be in the executions and not in the positions:
where one lies behind the moment the first question was asked, all is asked again, until nothing moves or patience ends.
What is left then is a position older than the executions beside it, which the engine's next comparison sets right.
"""

from decimal import Decimal
from typing import Final, NamedTuple

from adapters.okx.answers import (
    BillRow,
    CurrencyRow,
    FillRow,
    OrderRow,
    PositionRow,
    decode_balances,
    decode_positions,
    number,
)
from adapters.okx.fees import last_price
from adapters.okx.history import History
from adapters.okx.instruments import VENUE, is_swap
from adapters.okx.order_terms import NS_PER_MS, order_of
from adapters.okx.reports import Reports
from adapters.okx.rest import OkxRest, VenueReadError
from adapters.okx.routes import BALANCE, POSITIONS
from adapters.okx.traded_instruments import TradedInstruments
from core.ports.clock import Clock
from core.types.account import AccountReport, Balance, FundingPayment, VenuePosition
from core.types.instrument import Instrument
from core.types.order import Fill

_TRIES: Final = 3
_NET: Final = "net"
_MARGIN: Final = "MARGIN"


class _State(NamedTuple):
    orders: list[OrderRow]
    currencies: dict[str, CurrencyRow]
    positions: list[PositionRow]


class AccountReading:
    """Reads one account; every method raises VenueReadError where the venue does not tell."""

    def __init__(
        self,
        rest: OkxRest,
        clock: Clock,
        instruments: TradedInstruments,
        reports: Reports,
        history: History,
    ) -> None:
        self._rest = rest
        self._clock = clock
        self._instruments = instruments
        self._reports = reports
        self._history = history

    async def report(self, since_ns: int) -> AccountReport:
        """Return everything, with executions and funding at or after a time of our clock."""
        since_ms = self._venue_ms(since_ns)
        state, rows = await self._consistent(since_ms)
        try:
            return AccountReport(
                venue=VENUE,
                balances=tuple(_balance(name, state.currencies.get(name)) for name in sorted(self._instruments.assets)),
                positions=(*self._swap_positions(state.positions), *await self._holdings(state.currencies)),
                open_orders=tuple(order_of(row, self._instruments.instrument_id(row.inst_id)) for row in state.orders),
                fills=tuple(await self._fills(rows)),
                funding=await self._payments(since_ms),
                at_ns=self._clock.utc_ns(),
            )
        except (ValueError, ArithmeticError) as error:
            raise VenueReadError(f"the account cannot be read: {error}") from None

    async def fills(self, since_ns: int) -> list[Fill]:
        """Return executions at or after a time of our clock, in the venue's order."""
        return await self._fills(await self._history.fills(self._venue_ms(since_ns)))

    async def fills_of_order(self, row: OrderRow) -> list[Fill]:
        return await self._fills(await self._history.fills(row.c_time, row.ord_id))

    async def _consistent(self, since_ms: int) -> tuple[_State, list[FillRow]]:
        for _ in range(_TRIES - 1):
            asked_ms = (self._rest.time.now_ns - self._rest.time.error_ns) // NS_PER_MS
            state, rows = await self._state(), await self._history.fills(since_ms)
            if all(row.ts < asked_ms for row in rows):
                return state, rows
        return await self._state(), await self._history.fills(since_ms)

    async def _state(self) -> _State:
        orders = await self._history.pending_orders()
        balances = (await self._rest.read(BALANCE, (), decode_balances)).data
        if not balances:  # of an account that holds nothing there is a row too
            raise VenueReadError("the account cannot be read: the venue named no balance")
        positions = (await self._rest.read(POSITIONS, (), decode_positions)).data
        currencies = {row.ccy: row for balance in balances for row in balance.details}
        return _State(orders, currencies, [row for row in positions if number(row.pos)])

    def _swap_positions(self, rows: list[PositionRow]) -> list[VenuePosition]:
        """Return positions in contracts, as the instruments count them.

        What the engine would value wrongly keeps the account from being read, which keeps the venue closed.
        """
        found: dict[str, VenuePosition] = {}
        for row in rows:
            fault = self._position_fault(row)
            if fault is None and row.inst_id in found:
                fault = "is held twice, isolated and cross"
            if fault is not None:
                raise VenueReadError(f"the account's position in {row.inst_id} {fault}")
            quantity, price = number(row.pos) or Decimal(0), number(row.avg_px) or Decimal(0)
            found[row.inst_id] = VenuePosition(self._instruments.instrument_id(row.inst_id), quantity, price)
        return list(found.values())

    def _position_fault(self, row: PositionRow) -> str | None:
        if row.pos_side != _NET:
            return f"is {row.pos_side}: long/short mode is not supported"
        if row.inst_type == _MARGIN:
            return "is a margin position: they are not supported"
        instrument = self._instruments.of_venue(row.inst_id)
        if instrument is not None and instrument.is_inverse:
            return "is of an inverse swap, which cannot be valued here"
        return None

    async def _holdings(self, currencies: dict[str, CurrencyRow]) -> list[VenuePosition]:
        """Return what is held of the bases of followed spot markets.

        What a holding cost is not told in the quote currency: it stands at the last price, which matters only for what
        the journal does not know either.
        """
        found: list[VenuePosition] = []
        for instrument in self._instruments:
            row = None if is_swap(instrument) else currencies.get(instrument.base)
            held = None if row is None else number(row.cash_bal)
            if held:
                price = await last_price(self._rest, instrument.venue_symbol)
                found.append(VenuePosition(instrument.id, held, price))
        return found

    async def _payments(self, since_ms: int) -> tuple[FundingPayment, ...]:
        """Return funding of what is followed and can be valued; other payments are seen by the balances they leave."""
        followed = {each.venue_symbol: each for each in self._instruments if not each.is_inverse}
        rows = await self._history.funding(since_ms)
        return tuple(_payment(row, followed[row.inst_id]) for row in rows if row.inst_id in followed)

    async def _fills(self, rows: list[FillRow]) -> list[Fill]:
        received_ns = self._clock.utc_ns()
        return [await self._reports.fill(row, received_ns) for row in rows if self._reports.counts(row)]

    def _venue_ms(self, our_ns: int) -> int:
        return max(0, our_ns + self._rest.time.offset_ns) // NS_PER_MS


def _balance(asset: str, row: CurrencyRow | None) -> Balance:
    """Return what is held of an asset; one of nothing is left out by the venue: else the last amount would stand."""
    if row is None:
        return Balance(asset, Decimal(0), Decimal(0))
    return Balance(asset, number(row.cash_bal) or Decimal(0), number(row.avail_bal) or Decimal(0))


def _payment(row: BillRow, instrument: Instrument) -> FundingPayment:
    return FundingPayment(
        payment_id=row.bill_id,
        instrument_id=instrument.id,
        amount=row.bal_chg,
        rate=0.0,  # the venue's bills tell none
        venue_ns=row.ts * NS_PER_MS,
    )
