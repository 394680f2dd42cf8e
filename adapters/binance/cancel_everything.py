"""Cancel all orders of an account, whoever sent them, in every symbol; also without an engine."""

from typing import Final

import msgspec

from adapters.binance.answers import OrderAnswer, decode_conditional_orders, decode_orders
from adapters.binance.errors import Meaning, judge
from adapters.binance.market import BinanceMarket
from adapters.binance.signed_rest import SignedRest, VenueReadError
from adapters.binance.trading_endpoints import CANCEL_CONDITIONAL, CONDITIONAL_ORDERS, Route
from adapters.network.request_budget import Purpose
from adapters.network.venue_rest import NoAnswerError, NotSentError

_ROUNDS: Final = 3  # an order that was on its way appears after the first
_NOT_THERE: Final = 404


class CancelledSymbol(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the orders of one symbol, by client order id (of conditional ones, by theirs)."""

    venue_symbol: str
    gone: tuple[str, ...]  # were open and are not any more: cancelled, or filled meanwhile
    left: tuple[str, ...]  # still open
    trouble: str = ""  # the last one; empty where nothing is left


class CancelReport(msgspec.Struct, frozen=True, kw_only=True):
    symbols: tuple[CancelledSymbol, ...]
    trouble: str = ""  # set where the venue could not say what is open: then nothing here is proof of an end

    @property
    def is_clean(self) -> bool:
        """Tell whether the venue itself said that nothing is open any more."""
        return not self.trouble and not any(symbol.left for symbol in self.symbols)

    @property
    def text(self) -> str:
        parts = [f"{each.venue_symbol}: {len(each.left)} left ({each.trouble})" for each in self.symbols if each.left]
        return "; ".join(filter(None, (self.trouble, *parts)))


class Canceller:
    """Asks what is open, cancels it symbol by symbol, and asks again."""

    def __init__(self, rest: SignedRest) -> None:
        self._rest = rest

    async def cancel_all(self, also: tuple[str, ...] = ()) -> CancelReport:
        """Cancel everything that is open, and whatever there is in symbols where orders may be on their way."""
        seen: dict[str, dict[str, None]] = {}
        troubles: dict[str, str] = {}
        left: dict[str, dict[str, None]] = {}
        # before the first look: where the venue cannot list its orders, these are cancelled all the same
        for venue_symbol in also:
            troubles[venue_symbol] = await self._cancel(self._rest.routes.cancel_symbol, venue_symbol)
        trouble = ""
        for _ in range(_ROUNDS):
            try:
                orders, conditional = await self._open()
            except VenueReadError as error:
                trouble = f"what is open could not be read: {error}"
                continue
            trouble = ""
            left = {}
            for symbol, name in [*orders, *conditional]:
                left.setdefault(symbol, {})[name] = None
                seen.setdefault(symbol, {})[name] = None
            if not left:
                break
            for symbol in sorted({symbol for symbol, _ in orders}):
                troubles[symbol] = await self._cancel(self._rest.routes.cancel_symbol, symbol)
            for symbol in sorted({symbol for symbol, _ in conditional}):
                troubles[symbol] = await self._cancel(CANCEL_CONDITIONAL, symbol)
        else:
            if not trouble:
                left, trouble = await self._still_open(left)
        symbols = tuple(
            CancelledSymbol(
                venue_symbol=symbol,
                gone=tuple(name for name in names if name not in left.get(symbol, {})),
                left=tuple(left.get(symbol, {})),
                trouble=(troubles.get(symbol, "") or "still open") if left.get(symbol) else "",
            )
            for symbol, names in sorted(seen.items())
        )
        return CancelReport(symbols=symbols, trouble=trouble)

    async def _still_open(self, before: dict[str, dict[str, None]]) -> tuple[dict[str, dict[str, None]], str]:
        try:
            orders, conditional = await self._open()
        except VenueReadError as error:
            return before, f"what is open could not be read: {error}"
        left: dict[str, dict[str, None]] = {}
        for symbol, name in [*orders, *conditional]:
            left.setdefault(symbol, {})[name] = None
        return left, ""

    async def _open(self) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        orders = await self._rest.read(self._rest.routes.open_orders, (), decode_orders, Purpose.CANCEL)
        return [_named(order) for order in orders], await self._conditional()

    async def _conditional(self) -> list[tuple[str, str]]:
        """Return stop orders of USD-M, which are kept apart from the others; a venue without them has none."""
        if self._rest.market is BinanceMarket.SPOT:
            return []
        try:
            rows = await self._rest.read(CONDITIONAL_ORDERS, (), decode_conditional_orders, Purpose.CANCEL)
        except VenueReadError as error:
            if error.status == _NOT_THERE:
                return []
            raise
        return [(row.symbol, row.client_algo_id or str(row.algo_id)) for row in rows]

    async def _cancel(self, route: Route, venue_symbol: str) -> str:
        """Return what went wrong, nothing where the venue agreed."""
        try:
            reply = await self._rest.send(route, (("symbol", venue_symbol),), Purpose.CANCEL)
        except (NotSentError, NoAnswerError) as error:
            return str(error)
        judgement = judge(self._rest.market, reply)
        if judgement.meaning is Meaning.CLOCK:
            try:
                await self._rest.measure_time()
            except VenueReadError as error:
                return f"{judgement.text}; {error}"
        # spot says "unknown order" where nothing is open in a symbol
        return "" if judgement.meaning in {Meaning.DONE, Meaning.UNKNOWN_ORDER} else judgement.text


def _named(order: OrderAnswer) -> tuple[str, str]:
    return order.symbol, order.client_order_id
