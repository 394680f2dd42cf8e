"""Read the exchange's truth about an account: balances, positions, orders, fills and funding."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, cast

from adapters.ccxt_exchange.calls import Calls
from adapters.ccxt_exchange.exact_number import exact, exact_or_none
from adapters.ccxt_exchange.order_names import OrderNames, foreign_name
from adapters.ccxt_exchange.profile import Profile
from adapters.ccxt_exchange.rows import NS_PER_MS, Row, demanded_text, moment_ns, part, row_of, rows_of, text
from adapters.ccxt_exchange.support import offers
from adapters.ccxt_exchange.translation import fill_of, funding_of, order_of, positions_of
from adapters.network.request_budget import Purpose
from core.ports.clock import Clock
from core.types.account import AccountReport, Balance, FundingPayment, VenuePosition
from core.types.instrument import AssetType, Instrument
from core.types.order import Fill, Order

_USUAL_PAGE: Final = 100
_ZERO: Final = Decimal(0)
_NOT_ASSETS: Final = frozenset({"info", "free", "used", "total", "debt", "timestamp", "datetime"})
_MS_PER_DAY: Final = 86_400_000
_NS_PER_HOUR: Final = 3_600_000_000_000
_FUNDING_LATE_NS: Final = 300_000_000_000


class AccountReadError(Exception):
    """The account cannot be read whole; a part of it would be mistaken for all."""


class AccountReader:
    """Reads through ccxt; every question may use the reserved slice of the allowance."""

    def __init__(
        self,
        calls: Calls,
        profile: Profile,
        instruments: Mapping[str, Instrument],
        followed: tuple[str, ...],
        names: OrderNames,
        venue: str,
        clock: Clock,
        *,
        pages_limit: int,
    ) -> None:
        self.instruments = instruments
        self._calls = calls
        self._client = calls.client
        self._profile = profile
        self._followed = followed
        self._names = names
        self._venue = venue
        self._clock = clock
        self._pages_limit = pages_limit
        self._is_derivative = any(instruments[each].asset_type is AssetType.PERPETUAL for each in followed)

    async def report(self, since_ns: int) -> AccountReport:
        """Read everything; raise AccountReadError where a part cannot be read."""
        try:
            return await self._report(since_ns)
        except AccountReadError:
            raise
        except Exception as error:  # its text may hold what was signed
            raise AccountReadError(self._calls.told(error)) from None

    async def _report(self, since_ns: int) -> AccountReport:
        at_ns = self._clock.utc_ns()
        orders = await self.open_orders()
        balances = await self._balances()
        positions = await self._positions(balances)
        fills = await self.fills(since_ns)
        funding = await self._funding(since_ns, at_ns)
        return AccountReport(
            venue=self._venue,
            balances=balances,
            positions=positions,
            open_orders=tuple(orders),
            fills=fills,
            funding=funding,
            at_ns=at_ns,
        )

    async def open_orders(self, purpose: Purpose = Purpose.RECONCILE) -> list[Order]:
        """Return everything that rests in markets that are known here."""
        found: dict[str, Order] = {}
        for row in await self.open_rows(purpose):
            instrument = self.instruments.get(text(row, "symbol") or "")
            if instrument is not None:
                order = order_of(row, self._names, instrument)
                found[order.venue_order_id or ""] = order
        return list(found.values())

    async def open_rows(self, purpose: Purpose = Purpose.RECONCILE, *, may_be_part: bool = False) -> list[Row]:
        """Return ccxt's open orders, of markets that are not booked here as well.

        Raises AccountReadError where there may be more of them, unless a part of them will do.
        """
        limit = self._limit("fetchOpenOrders", None)
        scopes: list[tuple[str | None, Mapping[str, object]]] = [(None, {})]
        if self._demands_symbol("fetchOpenOrders"):
            scopes = [(symbol, {}) for symbol in self._followed]
        elif self._per_settle:
            scopes = [(None, {"settleCoin": settle}) for settle in self._settles()]
        rows: list[Row] = []
        for symbol, params in scopes:
            page = await self._open_page(symbol, limit, params, purpose)
            if limit is None or len(page) < limit or may_be_part:
                rows += page
            elif symbol is not None:
                raise AccountReadError(_more_orders(limit, symbol))
            else:  # a full page may not be all of it
                for each in self._followed:
                    page = await self._open_page(each, limit, params, purpose)
                    if len(page) >= limit:
                        raise AccountReadError(_more_orders(limit, each))
                    rows += page
        return rows

    async def fills(self, since_ns: int) -> tuple[Fill, ...]:
        """Return executions at or after a moment."""
        since_ms = -(-since_ns // NS_PER_MS)
        symbols: list[str | None] = list(self._followed) if self._demands_symbol("fetchMyTrades") else [None]
        found: dict[str, Fill] = {}
        for symbol in symbols:
            for row in await self._all_trades(symbol, since_ms):
                fill = await self._fill_of(row)
                if fill is not None and fill.venue_ns >= since_ns:
                    found[fill.fill_id] = fill
        return tuple(sorted(found.values(), key=lambda fill: fill.venue_ns))

    def known_fill_of(self, row: Row) -> Fill | None:
        """Return an execution in a known market where it is known whose it is, None otherwise."""
        instrument = self.instruments.get(text(row, "symbol") or "")
        name = None if instrument is None else self._known_name(row)
        return None if instrument is None or name is None else fill_of(row, name, instrument, self._clock.utc_ns())

    async def find_order(self, venue_order_id: str, symbol: str) -> Row | None:
        """Return ccxt's order, None where the exchange is not asked for single ones."""
        if not offers(self._client, "fetchOrder"):
            return None
        answer = await self._ask(lambda: self._client.fetch_order(venue_order_id, symbol))
        return row_of(answer, "an order")

    # inside ------------------------------------------------------------------------------------------

    async def _ask(self, request: Callable[[], Awaitable[Any]], purpose: Purpose = Purpose.RECONCILE) -> Any:
        return await self._calls(purpose, request)

    async def _open_page(
        self, symbol: str | None, limit: int | None, params: Mapping[str, object], purpose: Purpose
    ) -> list[Row]:
        answer = await self._ask(lambda: self._client.fetch_open_orders(symbol, None, limit, params), purpose)
        return rows_of(answer, "open orders")

    async def _fill_of(self, row: Row) -> Fill | None:
        """Return an execution in a known market; the exchange is asked whose it is where it does not say."""
        instrument = self.instruments.get(text(row, "symbol") or "")
        if instrument is None:
            return None
        name = self._known_name(row) or await self._asked_name(row, instrument)
        return fill_of(row, name, instrument, self._clock.utc_ns())

    def _known_name(self, row: Row) -> str | None:
        venue_order_id = demanded_text(row, "order", "an execution")
        said = text(row, "clientOrderId") or text(part(row, "info"), self._profile.id_field)
        return self._names.client_id_of(venue_order_id) if said is None else self._names.note(venue_order_id, said)

    async def _asked_name(self, row: Row, instrument: Instrument) -> str:
        venue_order_id = demanded_text(row, "order", "an execution")
        order = await self.find_order(venue_order_id, instrument.symbol)
        if order is None:
            return foreign_name(venue_order_id)
        return self._names.note(venue_order_id, text(order, "clientOrderId"))

    async def _all_trades(self, symbol: str | None, since_ms: int) -> list[Row]:
        """Return every execution since a moment; an exchange tells of so many days at a time."""
        days = self._feature("fetchMyTrades", "untilDays")
        window_ms = days * _MS_PER_DAY if isinstance(days, int) and days > 0 else 0
        now_ms = self._clock.utc_ns() // NS_PER_MS
        found: dict[str, Row] = {}
        start_ms = since_ms
        while window_ms and now_ms - start_ms > window_ms:
            end_ms = start_ms + window_ms
            found.update(await self._window(symbol, start_ms, {"until": end_ms}))
            start_ms = end_ms
        found.update(await self._window(symbol, start_ms, {}))
        return list(found.values())

    async def _window(self, symbol: str | None, since_ms: int, params: Mapping[str, object]) -> dict[str, Row]:
        """Read pages until none brings anything new: onwards, and backwards where the newest come first."""
        limit = self._limit("fetchMyTrades", _USUAL_PAGE) or _USUAL_PAGE
        found = _by_id(await self._trade_page(symbol, since_ms, limit, params))
        if len(found) < limit:
            return found
        for _ in range(self._pages_limit):
            moments = [(moment_ns(row) or 0) // NS_PER_MS for row in found.values()]
            before = len(found)
            found.update(_by_id(await self._trade_page(symbol, max(moments), limit, params)))
            if len(found) == before:
                older = self._older_params(min(moments))
                if older is not None:
                    found.update(_by_id(await self._trade_page(symbol, since_ms, limit, older)))
            if len(found) == before:
                return found
        raise AccountReadError(f"more than {self._pages_limit} pages of executions since {since_ms}")

    def _older_params(self, oldest_ms: int) -> Mapping[str, object] | None:
        name = self._profile.tells_older_fills_by
        if name is not None:
            moment = datetime.fromtimestamp((oldest_ms + 1) / 1000, UTC)
            return {name: moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")}
        return {"until": oldest_ms + 1} if self._feature("fetchMyTrades", "untilDays") else None

    async def _trade_page(
        self, symbol: str | None, since_ms: int, limit: int | None, params: Mapping[str, object]
    ) -> list[Row]:
        answer = await self._ask(lambda: self._client.fetch_my_trades(symbol, since_ms, limit, params))
        return rows_of(answer, "executions")

    async def _balances(self) -> tuple[Balance, ...]:
        answer = row_of(await self._ask(self._client.fetch_balance), "balances")
        found: list[Balance] = []
        for asset, value in answer.items():
            if asset in _NOT_ASSETS or not isinstance(value, Mapping):
                continue
            row = cast("Row", value)
            total, free = row.get("total"), row.get("free")
            if total is None:
                continue
            whole = exact(total, f"balance of {asset}")
            found.append(Balance(asset, whole, exact_or_none(free, f"free {asset}") or _ZERO))
        return tuple(found)

    async def _positions(self, balances: tuple[Balance, ...]) -> tuple[VenuePosition, ...]:
        if not self._is_derivative:
            return await self._holdings({balance.asset: balance.total for balance in balances})
        found: dict[str, VenuePosition] = {}
        scopes: list[Mapping[str, object]] = (
            [{"settleCoin": each} for each in self._settles()] if self._per_settle else [{}]
        )
        for params in scopes:
            answer = await self._ask(lambda params=params: self._client.fetch_positions(None, params))
            for position in positions_of(answer, self.instruments):
                found[position.instrument_id.symbol] = position
        return tuple(found.values())

    async def _holdings(self, held: Mapping[str, Decimal]) -> tuple[VenuePosition, ...]:
        """Return what is held of the bases.

        What a holding cost is not told: it stands at the last price. At none, all of it would look like profit.
        """
        found: list[VenuePosition] = []
        for instrument in (self.instruments[symbol] for symbol in self._followed):
            quantity = held.get(instrument.base)
            if quantity:
                answer = await self._ask(lambda symbol=instrument.symbol: self._client.fetch_ticker(symbol))
                price = exact(row_of(answer, "a ticker").get("last"), f"last price of {instrument.symbol}")
                found.append(VenuePosition(instrument.id, quantity, price))
        return tuple(found)

    async def _funding(self, since_ns: int, at_ns: int) -> tuple[FundingPayment, ...]:
        if not self._is_derivative or not offers(self._client, "fetchFundingHistory"):
            return ()
        if (since_ns - _FUNDING_LATE_NS) // _NS_PER_HOUR == at_ns // _NS_PER_HOUR:
            return ()  # it is paid on the hour, and booked soon after
        since_ms = -(-since_ns // NS_PER_MS)
        found: dict[str, FundingPayment] = {}
        limit = self._limit("fetchFundingHistory", None)
        for symbol in self._followed:
            answer = await self._ask(
                lambda symbol=symbol: self._client.fetch_funding_history(symbol, since_ms, limit, {})
            )
            rows = rows_of(answer, "funding payments")
            if limit is not None and len(rows) >= limit:
                raise AccountReadError(f"{limit} funding payments of {symbol}: there may be more, which are not shown")
            for row in rows:
                payment = funding_of(row, self.instruments[symbol])
                if payment.venue_ns >= since_ns:
                    found[payment.payment_id] = payment
        return tuple(found.values())

    @property
    def _per_settle(self) -> bool:
        return self._profile.per_settle and self._is_derivative

    def _settles(self) -> list[str]:
        return list(dict.fromkeys(self.instruments[symbol].quote for symbol in self._followed))

    def _demands_symbol(self, method: str) -> bool:
        """Tell whether a question names a market; where ccxt does not know, it does."""
        return self._feature(method, "symbolRequired") is not False

    def _limit(self, method: str, otherwise: int | None) -> int | None:
        limit = self._feature(method, "limit")
        return limit if isinstance(limit, int) and limit > 0 else otherwise

    def _feature(self, method: str, name: str) -> object:
        features = self._client.features
        if not isinstance(features, Mapping):
            return None
        table = cast("Row", features)
        kind = part(part(table, "swap"), "linear") if self._is_derivative else part(table, "spot")
        return part(kind, method).get(name)


def _by_id(rows: list[Row]) -> dict[str, Row]:
    # an id may be of one market only
    return {f"{text(row, 'symbol')} {demanded_text(row, 'id', 'an execution')}": row for row in rows}


def _more_orders(limit: int, symbol: str) -> str:
    return f"{limit} open orders of {symbol}: there may be more, which are not shown"
