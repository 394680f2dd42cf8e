"""The account as the venue has it: open orders, balances and fills, page by page and in a consistent moment."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, TypeVar

from adapters.coinbase.answers import (
    ZERO,
    AccountAnswer,
    FillAnswer,
    OrderAnswer,
    decode_accounts,
    decode_fills,
    decode_order,
    decode_orders,
)
from adapters.coinbase.endpoints import ACCOUNTS, FILLS, LIST_ORDERS, ONE_ORDER, PUBLIC_PRODUCTS
from adapters.coinbase.instruments import VENUE, spot_products
from adapters.coinbase.order_terms import fill_of, order_of
from adapters.coinbase.own_orders import OwnOrders
from adapters.coinbase.signed_rest import NOT_FOUND, SignedRest, VenueReadError
from adapters.network.request_budget import Purpose
from adapters.streams.market_data import UNREADABLE
from core.ports.clock import Clock
from core.types.account import AccountReport, Balance, VenuePosition
from core.types.instrument import Instrument
from core.types.order import Fill, Order

_OPEN: Final = (("order_status", "OPEN"),)  # which the venue lists alone only
_ON_THE_WAY: Final = (("order_status", "PENDING"), ("order_status", "QUEUED"), ("order_status", "CANCEL_QUEUED"))
_MOST_PAGES: Final = 400  # of one list: a cursor that goes in a circle must end
_TRIES: Final = 3
_NS_PER_S: Final = 1_000_000_000
_FILL: Final = "FILL"

R = TypeVar("R")


class AccountReading:
    """Reads one account; every method raises VenueReadError where the venue does not tell."""

    def __init__(self, rest: SignedRest, clock: Clock, own: OwnOrders, page_size: int) -> None:
        self._rest = rest
        self._clock = clock
        self._own = own
        self._limit = ("limit", str(page_size))
        self.listed: dict[str, Instrument] = {}  # everything the venue trades, by its ids
        self.followed: tuple[Instrument, ...] = ()

    async def report(self, since_ns: int) -> AccountReport:
        """Read everything such that no fill is between its parts.

        Orders come before fills, or an order that fills meanwhile would be in neither. Fills are read before and
        after the balances: where they differ, the balances are of no moment at all and everything is read again.
        """
        before = await self.fills(since_ns=since_ns)
        for _ in range(_TRIES):
            orders = await self.open_orders()
            accounts = await self._accounts()
            after = await self.fills(since_ns=since_ns)
            if {fill.trade_id for fill in after} == {fill.trade_id for fill in before}:
                return await self._report(orders, accounts, after)
            before = after
        raise VenueReadError("the account traded during each of the readings")

    async def open_orders(self, purpose: Purpose = Purpose.RECONCILE) -> list[OrderAnswer]:
        """Return every order that may be filled, once.

        The venue lists open orders apart from those on their way in or out, so the open ones are read twice: an
        order that changes from either list to the other meanwhile is in one of the three.
        """
        found: dict[str, OrderAnswer] = {}
        for statuses in (_OPEN, _ON_THE_WAY, _OPEN):
            for order in await self._orders(statuses, purpose):
                found[order.order_id] = order
        for order in found.values():
            self._own.note(order.client_order_id, order.order_id, is_live=True)
        return list(found.values())

    async def order(self, order_id: str, purpose: Purpose = Purpose.RECONCILE) -> OrderAnswer:
        return (await self._rest.read(f"{ONE_ORDER}/{order_id}", (), decode_order, purpose)).order

    async def fills(self, *, since_ns: int | None = None, order_id: str | None = None) -> list[FillAnswer]:
        """Return fills at or after a moment, or of one order, oldest first; what is no fill is left out.

        Reversals and corrections are not fills: what they change is seen in the balances.
        """
        asked: list[tuple[str, str]] = [self._limit]
        if since_ns is not None:
            asked.append(("start_sequence_timestamp", _moment(since_ns)))
        if order_id is not None:
            asked.append(("order_ids", order_id))

        async def read(cursor: str) -> tuple[list[FillAnswer], str]:
            page = await self._rest.read(FILLS, (*asked, *_at(cursor)), decode_fills)
            return page.fills, page.cursor if page.fills else ""

        rows = await _all_pages(read)
        once = {
            row.trade_id: row for row in rows if row.trade_type == _FILL
        }  # a page may begin with what ended the last
        return list(once.values())[::-1]

    async def to_fill(self, answer: FillAnswer) -> Fill | None:
        """Return a fill in our terms, None for one of a product that is not traded any more."""
        instrument = self.listed.get(answer.product_id)
        if instrument is None:
            return None
        client_order_id = self._own.client_id(answer.order_id)
        if client_order_id is None:
            client_order_id = await self._look_up_name(answer.order_id)
        try:
            return fill_of(answer, instrument, client_order_id, self._clock.utc_ns())
        except UNREADABLE as error:
            raise VenueReadError(f"fill {answer.trade_id}: {error}") from None

    async def _look_up_name(self, order_id: str) -> str:
        """Return the client's id of an order that this process has not met, the venue's where it has none."""
        try:
            name = (await self.order(order_id)).client_order_id
        except VenueReadError as error:
            if error.status != NOT_FOUND:
                raise
            name = ""
        return self._own.note(name, order_id, is_live=order_id in self._own.live)

    def to_order(self, answer: OrderAnswer) -> Order:
        instrument = self.listed.get(answer.product_id)
        symbol = answer.product_id if instrument is None else instrument.symbol
        try:
            return order_of(answer, symbol, answer.client_order_id or answer.order_id)
        except UNREADABLE as error:
            raise VenueReadError(f"order {answer.order_id}: {error}") from None

    async def _orders(self, statuses: tuple[tuple[str, str], ...], purpose: Purpose) -> list[OrderAnswer]:
        async def read(cursor: str) -> tuple[list[OrderAnswer], str]:
            asked = (*statuses, self._limit, *_at(cursor))
            page = await self._rest.read(LIST_ORDERS, asked, decode_orders, purpose)
            return page.orders, page.cursor if page.has_next else ""

        return await _all_pages(read)

    async def _accounts(self) -> list[AccountAnswer]:
        async def read(cursor: str) -> tuple[list[AccountAnswer], str]:
            page = await self._rest.read(ACCOUNTS, (self._limit, *_at(cursor)), decode_accounts)
            return page.accounts, page.cursor if page.has_next else ""

        return await _all_pages(read)

    async def _report(
        self, orders: list[OrderAnswer], accounts: list[AccountAnswer], fills: list[FillAnswer]
    ) -> AccountReport:
        balances = self._balances(accounts)
        told = [await self.to_fill(fill) for fill in fills]
        return AccountReport(
            venue=VENUE,
            balances=tuple(balances[asset] for asset in sorted(balances)),
            positions=await self._positions(balances),
            open_orders=tuple(self.to_order(order) for order in orders),
            fills=tuple(fill for fill in told if fill is not None),
            funding=(),
            at_ns=self._clock.utc_ns(),
        )

    def _balances(self, accounts: list[AccountAnswer]) -> dict[str, Balance]:
        """Return what is held of everything that is followed, wallets of one currency together."""
        assets = {asset for each in self.followed for asset in (each.base, each.quote)}
        held = {asset: Balance(asset, ZERO, ZERO) for asset in assets}
        for account in accounts:
            before = held.get(account.currency)
            if before is not None:
                free = account.available_balance.value
                total = before.total + free + account.hold.value
                held[account.currency] = Balance(account.currency, total, before.free + free)
        return held

    async def _positions(self, balances: dict[str, Balance]) -> tuple[VenuePosition, ...]:
        """Return held bases as positions, each with the first followed instrument on it.

        The venue does not say what a holding cost: it stands at the last price, which matters only for what the
        journal does not know either.
        """
        held: dict[str, Instrument] = {}
        for instrument in self.followed:
            if balances[instrument.base].total:
                held.setdefault(instrument.base, instrument)
        if not held:
            return ()
        asked = tuple(("product_ids", instrument.venue_symbol) for instrument in held.values())
        prices = {
            row.product_id: row.price for row in await self._rest.read_public(PUBLIC_PRODUCTS, asked, spot_products)
        }
        positions: list[VenuePosition] = []
        for base, instrument in sorted(held.items()):
            try:
                price = Decimal(prices[instrument.venue_symbol])
            except (KeyError, ArithmeticError):
                raise VenueReadError(f"{instrument.venue_symbol} has no price") from None
            positions.append(VenuePosition(instrument.id, balances[base].total, price))
        return tuple(positions)


async def _all_pages(read: Callable[[str], Awaitable[tuple[list[R], str]]]) -> list[R]:
    rows: list[R] = []
    cursor = ""
    for _ in range(_MOST_PAGES):
        page, following = await read(cursor)
        rows += page
        if not following or following == cursor:
            return rows
        cursor = following
    raise VenueReadError(f"a list of more than {_MOST_PAGES} pages")


def _at(cursor: str) -> tuple[tuple[str, str], ...]:
    return (("cursor", cursor),) if cursor else ()


def _moment(ns: int) -> str:
    """Write a moment as the venue reads it, down to the microsecond before it."""
    seconds, rest_ns = divmod(ns, _NS_PER_S)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest_ns // 1000:06d}Z"
