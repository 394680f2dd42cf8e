"""Cancel all orders of an account, whoever sent them, in every symbol; also without an engine."""

import asyncio
from typing import Final

import msgspec

from adapters.binance.errors import Meaning, judge
from adapters.binance.market import BinanceMarket
from adapters.binance.signed_rest import SignedRest, VenueReadError
from adapters.binance.trading_endpoints import CANCEL_CONDITIONAL, CONDITIONAL_ORDERS, Route
from adapters.network.request_budget import Purpose
from adapters.network.venue_rest import NoAnswerError, NotSentError

_LOOKS: Final = 4  # an order that was on its way appears after the first
_NOT_THERE: Final = 404


class _Open(msgspec.Struct, frozen=True, rename="camel"):
    """As little of a listed order as it takes to cancel it: nothing odd about one may keep the others alive."""

    symbol: str
    client_order_id: str = ""
    client_algo_id: str = ""
    order_id: int = 0
    algo_id: int = 0

    @property
    def name(self) -> str:
        return self.client_order_id or self.client_algo_id or str(self.order_id or self.algo_id)


_decode = msgspec.json.Decoder(list[_Open]).decode


class CancelledSymbol(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the orders of one symbol, by client order id (of conditional ones, by theirs)."""

    venue_symbol: str
    gone: tuple[str, ...]  # were open and are not any more: cancelled, or filled meanwhile
    left: tuple[str, ...]  # still open
    trouble: str = ""  # why, as far as the venue said; empty where nothing is left


class CancelReport(msgspec.Struct, frozen=True, kw_only=True):
    symbols: tuple[CancelledSymbol, ...]
    trouble: str = ""  # set where the venue did not say what is open: then nothing here is proof of an end

    @property
    def is_clean(self) -> bool:
        """Tell whether the venue itself said that nothing is open any more."""
        return not self.trouble and not any(symbol.left for symbol in self.symbols)

    @property
    def text(self) -> str:
        parts = [f"{each.venue_symbol}: {len(each.left)} left ({each.trouble})" for each in self.symbols if each.left]
        return "; ".join(filter(None, (self.trouble, *parts)))


class Canceller:
    """Asks what is open, cancels it in all symbols at once, and asks again."""

    def __init__(self, rest: SignedRest) -> None:
        self._rest = rest
        # stop orders of USD-M are kept apart from the others
        self._kinds = [(rest.routes.open_orders, rest.routes.cancel_symbol)]
        if rest.market is BinanceMarket.USDM:
            self._kinds.append((CONDITIONAL_ORDERS, CANCEL_CONDITIONAL))

    async def cancel_all(self, also: tuple[str, ...] = ()) -> CancelReport:
        """Cancel everything that is open, and whatever there is in symbols where orders may be on their way."""
        seen: dict[str, dict[str, None]] = {}
        left: dict[str, dict[str, None]] = {}
        # before the first look: where the venue cannot list its orders, these are cancelled all the same
        troubles = await self._cancel([(self._rest.routes.cancel_symbol, symbol) for symbol in also])
        unread: list[str] = []
        for look in range(_LOOKS):
            left, unread, to_cancel = {}, [], list[tuple[Route, str]]()
            for listing, cancelling in self._kinds:
                try:
                    found = await self._listed(listing)
                except VenueReadError as error:
                    unread.append(str(error))
                    continue
                for order in found:
                    left.setdefault(order.symbol, {})[order.name] = None
                    seen.setdefault(order.symbol, {})[order.name] = None
                to_cancel += [(cancelling, symbol) for symbol in sorted({order.symbol for order in found})]
            if look == _LOOKS - 1 or not (left or unread):
                break
            troubles |= await self._cancel(to_cancel)
        return CancelReport(
            symbols=tuple(
                CancelledSymbol(
                    venue_symbol=symbol,
                    gone=tuple(name for name in names if name not in left.get(symbol, {})),
                    left=tuple(left.get(symbol, {})),
                    trouble=(troubles.get(symbol, "") or "still open") if symbol in left else "",
                )
                for symbol, names in sorted(seen.items())
            ),
            trouble="; ".join(f"what is open could not be read: {trouble}" for trouble in unread),
        )

    async def _listed(self, route: Route) -> list[_Open]:
        try:
            return await self._rest.read(route, (), _decode, Purpose.CANCEL)
        except VenueReadError as error:
            if route is CONDITIONAL_ORDERS and error.status == _NOT_THERE:
                return []  # a venue without them has none
            raise

    async def _cancel(self, symbols: list[tuple[Route, str]]) -> dict[str, str]:
        """Return by symbol what went wrong; one that hangs does not hold up the others."""
        troubles = await asyncio.gather(*(self._cancel_symbol(route, symbol) for route, symbol in symbols))
        return {symbol: trouble for (_, symbol), trouble in zip(symbols, troubles, strict=True) if trouble}

    async def _cancel_symbol(self, route: Route, venue_symbol: str) -> str:
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
