"""The account's truth, put together from answers that each are of another moment.

Order of the questions: balances, open orders, trades, balances again. An order that ended before the list of open
orders was made has its trades in the history that is asked for after it, so none falls between the two. Money that
moved while the questions were asked shows in balances that differ: then orders and trades are asked for again, and
an account that never holds still is not reported at all rather than wrongly.

The points of a round are taken together before its first question: who stops waiting for an account that asks in small
steps would have spent what the next one needs, and none would ever be whole.
"""

from decimal import Decimal
from typing import Final

from adapters.kraken.instruments import VENUE
from adapters.kraken.private_wire import (
    ZERO,
    RestOrder,
    decode_balances,
    decode_open_orders,
    decode_ticker,
)
from adapters.kraken.rest import BALANCES, OPEN_ORDERS, TICKER, TRADES, PrivateRest, PublicRest, result_of
from adapters.kraken.trade_history import TradeHistory, seconds_to_ns
from adapters.kraken.traded_pairs import TradedPairs
from adapters.network.request_budget import Purpose
from adapters.network.venue_rest import NoAnswerError
from core.ports.clock import Clock
from core.types.account import AccountReport, Balance, VenuePosition
from core.types.order import Order, OrderIntent, OrderStatus, OrderType, Side, TimeInForce

_TRIES: Final = 3
_ROUND_POINTS: Final = OPEN_ORDERS.weight + TRADES.weight + BALANCES.weight
_LIMIT: Final = "limit"
_POST_ONLY: Final = "post"
_EXTERNAL: Final = "external"


class AccountReading:
    """Reads one account; raises as `PrivateRest.ask` does."""

    def __init__(
        self, rest: PrivateRest, public: PublicRest, pairs: TradedPairs, history: TradeHistory, clock: Clock
    ) -> None:
        self._rest = rest
        self._public = public
        self._pairs = pairs
        self._history = history
        self._clock = clock

    async def report(self, since_ns: int) -> AccountReport:
        """Return everything, with fills at or after a time of the venue's clock."""
        await self._rest.pay(_ROUND_POINTS + BALANCES.weight, Purpose.RECONCILE)
        before = await self._balances()
        for number in range(_TRIES):
            if number:
                await self._rest.pay(_ROUND_POINTS, Purpose.RECONCILE)
            orders = (await self._rest.ask(OPEN_ORDERS, {}, decode_open_orders, Purpose.RECONCILE, is_paid=True)).open
            fills = await self._history.fills(since_ns, is_paid=True)
            after = await self._balances()
            if _totals(before) == _totals(after):
                break
            before = after
        else:
            raise NoAnswerError(f"the account moved {_TRIES} times while it was read")
        return AccountReport(
            venue=VENUE,
            balances=after,
            positions=await self._positions(after),
            open_orders=tuple(self._order(venue_id, order) for venue_id, order in sorted(orders.items())),
            fills=fills,
            funding=(),
            at_ns=self._clock.utc_ns(),
        )

    async def _balances(self) -> tuple[Balance, ...]:
        """Return what is held of every traded asset; one that the venue leaves out is 0, and said to be."""
        held = {asset: Balance(asset, ZERO, ZERO) for asset in self._pairs.assets}
        for code, row in (await self._rest.ask(BALANCES, {}, decode_balances, Purpose.RECONCILE, is_paid=True)).items():
            known = held.get(self._pairs.asset_of(code))
            if known is not None:
                free = known.free + row.balance - row.hold_trade
                held[known.asset] = Balance(known.asset, known.total + row.balance, free)
        return tuple(held.values())

    async def _positions(self, balances: tuple[Balance, ...]) -> tuple[VenuePosition, ...]:
        """Return holdings of base assets, each in the first configured pair of it.

        The venue does not know what a holding cost: it stands at the last price, which matters only for what the
        journal does not know either.
        """
        totals = {balance.asset: balance.total for balance in balances if balance.total}
        held = {each.base: each for each in reversed(list(self._pairs)) if each.base in totals}
        prices = await self._prices([each.symbol for each in held.values()])
        return tuple(VenuePosition(each.id, totals[base], prices[each.symbol]) for base, each in sorted(held.items()))

    async def _prices(self, symbols: list[str]) -> dict[str, Decimal]:
        if not symbols:
            return {}
        names = ",".join(sorted(self._pairs.rest_name(symbol) for symbol in symbols))
        rows = await self._public.read(TICKER, {"pair": names}, lambda body: decode_ticker(result_of(body)))
        prices = {self._pairs.symbol_of(name): row.c[0] for name, row in rows.items()}
        missing = sorted(set(symbols) - set(prices))
        if missing:
            raise NoAnswerError(f"no price of {', '.join(missing)}")
        return prices

    def _order(self, venue_order_id: str, order: RestOrder) -> Order:
        client_order_id = self._history.take_name(venue_order_id, order)
        return order_of(order, venue_order_id, client_order_id, self._pairs.symbol_of(order.descr.pair))


def order_of(order: RestOrder, venue_order_id: str, client_order_id: str, symbol: str) -> Order:
    """Make an order of what the venue lists; one of a kind that is not sent from here counts as a market order."""
    is_limit = order.descr.ordertype == _LIMIT
    opened_ns = seconds_to_ns(order.opentm)
    return Order(
        intent=OrderIntent(
            client_order_id=client_order_id,
            venue=VENUE,
            symbol=symbol,
            side=Side(order.descr.type),
            order_type=OrderType.LIMIT if is_limit else OrderType.MARKET,
            quantity=order.vol,
            limit_price=Decimal(order.descr.price) if is_limit else None,
            time_in_force=TimeInForce.IOC if order.timeinforce == "IOC" else TimeInForce.GTC,
            post_only=_POST_ONLY in order.oflags.split(","),
            source=_EXTERNAL,
            created_ns=opened_ns,
        ),
        status=OrderStatus.PARTIALLY_FILLED if order.vol_exec else OrderStatus.OPEN,
        venue_order_id=venue_order_id,
        filled_quantity=order.vol_exec,
        filled_notional=order.cost,
        updated_ns=opened_ns,
    )


def _totals(balances: tuple[Balance, ...]) -> list[Decimal]:
    return [balance.total for balance in balances]
