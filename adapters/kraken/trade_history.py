"""Trades and orders of the account, as Kraken's REST interface remembers them."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from adapters.kraken.instruments import VENUE
from adapters.kraken.own_orders import OwnOrders
from adapters.kraken.private_wire import RestOrder, RestTrade, decode_orders, decode_trades
from adapters.kraken.rest import QUERY_ORDERS, TRADES, PrivateRest, RefusedError
from adapters.kraken.traded_pairs import TradedPairs
from adapters.network.request_budget import Purpose
from adapters.network.venue_rest import NoAnswerError
from core.ports.clock import Clock
from core.types.order import Fill, Liquidity, Side

_NS_PER_S: Final = 1_000_000_000
_PAGES_LIMIT: Final = 200
_ORDERS_A_REQUEST: Final = 50
_FORGOTTEN: Final = ("EOrder:Unknown order", "EOrder:Invalid order")


class TradeHistory:
    """Reads trades with the ids of the orders they are of; raises as `PrivateRest.ask` does."""

    def __init__(self, rest: PrivateRest, pairs: TradedPairs, orders: OwnOrders, clock: Clock) -> None:
        self._rest = rest
        self._pairs = pairs
        self._orders = orders
        self._clock = clock

    async def fills(self, since_ns: int, *, is_paid: bool = False) -> tuple[Fill, ...]:
        """Return trades in configured pairs at or after a time of the venue's clock, oldest first.

        `is_paid` says that the first page's points were taken before.
        """
        trades = await self._trades(since_ns, is_paid=is_paid)
        await self.name_orders(trade.ordertxid for trade in trades.values())
        received_ns = self._clock.utc_ns()
        fills = [self._fill(trade_id, trade, received_ns) for trade_id, trade in trades.items()]
        return tuple(sorted(fills, key=lambda fill: (fill.venue_ns, fill.fill_id)))

    async def orders(self, venue_order_ids: list[str]) -> dict[str, RestOrder]:
        """Return orders by the venue's id, open or not; one that the venue has forgotten is left out."""
        found: dict[str, RestOrder] = {}
        for first in range(0, len(venue_order_ids), _ORDERS_A_REQUEST):
            found.update(await self._known(venue_order_ids[first : first + _ORDERS_A_REQUEST]))
        return found

    async def _known(self, venue_order_ids: list[str]) -> dict[str, RestOrder]:
        """Ask for some: an id that is not known has all that were asked for with it refused, and is found by halves."""
        asked = {"txid": ",".join(venue_order_ids)}
        try:
            return await self._rest.ask(QUERY_ORDERS, asked, decode_orders, Purpose.RECONCILE)
        except RefusedError as error:
            if not all(text.startswith(_FORGOTTEN) for text in error.errors):
                raise
        middle = len(venue_order_ids) // 2
        if not middle:
            return {}
        return await self._known(venue_order_ids[:middle]) | await self._known(venue_order_ids[middle:])

    async def name_orders(self, venue_order_ids: Iterable[str]) -> None:
        """Learn whose orders these are, where that is not known."""
        for venue_order_id, order in (await self.orders(self._orders.unknown(venue_order_ids))).items():
            self.take_name(venue_order_id, order)

    def take_name(self, venue_order_id: str, order: RestOrder) -> str:
        """Remember whose order it is and return its client id."""
        symbol, side = self._pairs.symbol_of(order.descr.pair), Side(order.descr.type)
        steady_ns = self._clock.monotonic_ns()
        return self._orders.named(venue_order_id, order.cl_ord_id, symbol, side, steady_ns).client_order_id

    async def _trades(self, since_ns: int, *, is_paid: bool) -> dict[str, RestTrade]:
        """Page through the history, newest first; a trade that comes meanwhile moves others back, never past us."""
        # the start is exclusive and in whole seconds
        asked = {"start": str(max(0, since_ns // _NS_PER_S - 1)), "consolidate_taker": "false"}
        seen: dict[str, RestTrade] = {}
        for _ in range(_PAGES_LIMIT):
            at = {**asked, "ofs": str(len(seen))}
            page = await self._rest.ask(TRADES, at, decode_trades, Purpose.RECONCILE, is_paid=is_paid and not seen)
            before = len(seen)
            seen.update(page.trades)
            if len(seen) >= page.count or len(seen) == before:
                break
        else:
            raise NoAnswerError(f"more than {_PAGES_LIMIT} pages of trades")
        return {
            trade_id: trade
            for trade_id, trade in seen.items()
            if seconds_to_ns(trade.time) >= since_ns and self._pairs.get(self._pairs.symbol_of(trade.pair)) is not None
        }

    def _fill(self, trade_id: str, trade: RestTrade, received_ns: int) -> Fill:
        order = self._orders.by_venue_id(trade.ordertxid)
        return Fill(
            fill_id=trade_id,
            # an order that the venue does not name any more goes by the venue's id, as one of another program
            client_order_id=trade.ordertxid if order is None else order.client_order_id,
            venue=VENUE,
            symbol=self._pairs.symbol_of(trade.pair),
            side=Side(trade.type),
            price=trade.price,
            quantity=trade.vol,
            fee=trade.fee,
            liquidity=Liquidity.MAKER if trade.maker else Liquidity.TAKER,
            venue_ns=seconds_to_ns(trade.time),
            received_ns=received_ns,
        )


def seconds_to_ns(seconds: Decimal) -> int:
    """Return nanoseconds of a time that Kraken writes in seconds with a fraction."""
    return int(seconds * _NS_PER_S)
