"""The venue's truth about an account, put together from answers that each are of another moment.

Order of the questions: open orders, then positions and balances, then executions. An order that ended before the list
of open orders was made has its executions in the list that is made after it, so none falls between the two. The other
way round, an execution that came while the questions were asked would be in the executions and not in the positions:
where one lies behind the moment the first question was asked, all is asked again, until nothing moves or patience ends.
What is left then is a position older than the executions beside it, which the engine's next comparison sets right.

Only assets that a traded instrument is of are balances here: nobody could value the others. One that the venue leaves
out is 0, and said to be, or what was known of it before would stay.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from adapters.binance.answers import (
    ZERO,
    OrderAnswer,
    TradeAnswer,
    decode_futures_balances,
    decode_orders,
    decode_positions,
    decode_prices,
    decode_spot_account,
)
from adapters.binance.funding_history import FundingHistory
from adapters.binance.market import BinanceMarket
from adapters.binance.order_parameters import order_of
from adapters.binance.own_orders import OwnOrders
from adapters.binance.reports import Reports
from adapters.binance.signed_rest import SignedRest, VenueReadError
from adapters.binance.trade_history import TradeHistory
from adapters.binance.traded_symbols import TradedSymbols
from adapters.binance.trading_endpoints import POSITIONS
from core.ports.clock import Clock
from core.types.account import AccountReport, Balance, VenuePosition
from core.types.order import Fill

_TRIES: Final = 3
_NS_PER_MS: Final = 1_000_000
ONE_WAY: Final = "BOTH"


class _State(NamedTuple):
    orders: list[OrderAnswer]
    balances: tuple[Balance, ...]
    positions: tuple[VenuePosition, ...]


class AccountReading:
    """Reads one account; every method raises VenueReadError where the venue does not tell."""

    def __init__(
        self,
        rest: SignedRest,
        clock: Clock,
        symbols: TradedSymbols,
        orders: OwnOrders,
        reports: Reports,
        funding: FundingHistory,
    ) -> None:
        self._rest = rest
        self._clock = clock
        self._symbols = symbols
        self._orders = orders
        self._reports = reports
        self._funding = funding
        self._history = TradeHistory(rest, orders)

    async def report(self, since_ns: int) -> AccountReport:
        """Return everything, with executions and funding at or after a time of our clock."""
        venue_ns = since_ns + self._rest.time.offset_ns
        state, trades = await self._consistent(venue_ns // _NS_PER_MS)
        for order in state.orders:
            self._orders.seen_open(order.client_order_id, order.symbol, order.order_id, self._clock.monotonic_ns())
        is_usdm = self._rest.market is BinanceMarket.USDM
        return AccountReport(
            venue=self._rest.market.value,
            balances=state.balances,
            positions=state.positions,
            open_orders=tuple(order_of(order, self._symbols.instrument_id(order.symbol)) for order in state.orders),
            fills=tuple(await self._fills(trades)),
            funding=tuple(await self._funding.since(venue_ns // _NS_PER_MS)) if is_usdm else (),
            at_ns=self._clock.utc_ns(),
        )

    async def open_orders(self) -> list[OrderAnswer]:
        return await self._rest.read(self._rest.routes.open_orders, (), decode_orders)

    async def fills(self, since_ns: int) -> list[Fill]:
        """Return executions at or after a time of our clock, in the venue's order."""
        since_ms = (since_ns + self._rest.time.offset_ns) // _NS_PER_MS
        return await self._fills(await self._trades(since_ms))

    async def _consistent(self, since_ms: int) -> tuple[_State, list[TradeAnswer]]:
        for _ in range(_TRIES - 1):
            asked_ms = (self._rest.time.now_ns - self._rest.time.error_ns) // _NS_PER_MS
            state, trades = await self._state(), await self._trades(since_ms)
            if all(trade.time < asked_ms for trade in trades):
                return state, trades
        return await self._state(), await self._trades(since_ms)

    async def _state(self) -> _State:
        orders = await self.open_orders()
        if self._rest.market is BinanceMarket.SPOT:
            return await self._spot_state(orders)
        balances = await self._rest.read(self._rest.routes.balances, (), decode_futures_balances)
        held = {row.asset: Balance(row.asset, row.balance, row.available_balance) for row in balances}
        return _State(orders, self._traded(held, {each.quote for each in self._symbols}), await self._positions())

    def _traded(self, held: dict[str, Balance], always: Iterable[str]) -> tuple[Balance, ...]:
        nothing = {asset: Balance(asset, ZERO, ZERO) for asset in always}
        return tuple(balance for asset, balance in sorted({**nothing, **held}.items()) if asset in self._symbols.assets)

    async def _positions(self) -> tuple[VenuePosition, ...]:
        rows = [row for row in await self._rest.read(POSITIONS, (), decode_positions) if row.position_amt]
        two_way = next((row for row in rows if row.position_side != ONE_WAY), None)
        if two_way is not None:
            raise VenueReadError(
                f"{two_way.symbol} has a {two_way.position_side} position: hedge mode is not supported"
            )
        return tuple(
            VenuePosition(self._symbols.instrument_id(row.symbol), row.position_amt, row.entry_price) for row in rows
        )

    async def _spot_state(self, orders: list[OrderAnswer]) -> _State:
        """Return balances of what is traded, and those of bases also as positions.

        The venue does not know what a holding cost: it stands at the last price, which matters only for what the
        journal does not know either.
        """
        parameters = (("omitZeroBalances", "true"),)
        account = await self._rest.read(self._rest.routes.balances, parameters, decode_spot_account)
        held = {row.asset: Balance(row.asset, row.free + row.locked, row.free) for row in account.balances}
        balances = self._traded(held, self._symbols.assets)
        totals = {balance.asset: balance.total for balance in balances if balance.total}
        bases = {each.base: each for each in self._symbols if each.base in totals}
        prices = await self._prices([each.venue_symbol for each in bases.values()])
        positions = [
            VenuePosition(each.id, totals[base], prices[each.venue_symbol]) for base, each in sorted(bases.items())
        ]
        return _State(orders, balances, tuple(positions))

    async def _prices(self, venue_symbols: list[str]) -> dict[str, Decimal]:
        if not venue_symbols:
            return {}
        names = msgspec.json.encode(sorted(venue_symbols)).decode()
        route = self._rest.routes.price._replace(weight=4)
        rows = await self._rest.read_public(route, (("symbols", names),), decode_prices)
        prices = {row.symbol: row.price for row in rows}
        missing = sorted(set(venue_symbols) - set(prices))
        if missing:
            raise VenueReadError(f"no price of {', '.join(missing)}")
        return prices

    async def _trades(self, since_ms: int) -> list[TradeAnswer]:
        """Return executions of what is traded and of where own orders are, in the venue's order."""
        followed = {each.venue_symbol for each in self._symbols} | set(self._orders.venue_symbols)
        found = [trade for symbol in sorted(followed) for trade in await self._history.since(symbol, since_ms)]
        return sorted(found, key=lambda trade: (trade.time, trade.symbol, trade.id))

    async def _fills(self, trades: list[TradeAnswer]) -> list[Fill]:
        received_ns = self._clock.utc_ns()
        return [
            await self._reports.fill_of_trade(trade, await self._history.client_order_id(trade), received_ns)
            for trade in trades
        ]
