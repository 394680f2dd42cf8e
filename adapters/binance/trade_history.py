"""All executions of the account in a symbol from a moment on, over every limit of the venue's pages."""

import logging
from typing import Final

from adapters.binance.answers import TradeAnswer, decode_order, decode_trades
from adapters.binance.errors import Meaning
from adapters.binance.market import BinanceMarket
from adapters.binance.own_orders import OwnOrders
from adapters.binance.signed_rest import SignedRest, VenueReadError

_log = logging.getLogger(__name__)
PAGE: Final = 1000
_DAY_MS: Final = 86_400_000
# the longest time one question may span
_WINDOW_MS: Final = {BinanceMarket.SPOT: _DAY_MS, BinanceMarket.USDM: 7 * _DAY_MS}
# USD-M answers for the last half year only, and spot is asked no further back either
_REACH_MS: Final = 179 * _DAY_MS


class TradeHistory:
    """Reads executions; names them by the client ids of their orders, which the venue leaves out of its lists."""

    def __init__(self, rest: SignedRest, orders: OwnOrders) -> None:
        self._rest = rest
        self._orders = orders

    async def since(self, venue_symbol: str, since_ms: int) -> list[TradeAnswer]:
        """Return executions at or after a time of the venue's clock, oldest first.

        Time windows are walked until one holds something; from there on pages follow the trade ids, so that a full
        page never hides what comes after it, not even within one millisecond.

        Raises
        ------
        VenueReadError
            A page could not be read.
        """
        now_ms = self._rest.time.now_ns // 1_000_000
        if now_ms - since_ms > _REACH_MS:
            # an engine that was away for longer must be able to come back: positions are taken over as they are
            _log.warning("%s: executions of more than half a year ago are not told", venue_symbol)
            since_ms = now_ms - _REACH_MS
        window_ms, start_ms = _WINDOW_MS[self._rest.market], max(0, since_ms)
        found: list[TradeAnswer] = []
        is_all = False
        while not found and start_ms <= now_ms:
            # the end of the last window lies ahead: the venue's clock may be ahead of what is known of it
            found, is_whole = await self._window(venue_symbol, start_ms, start_ms + window_ms - 1)
            start_ms += window_ms
            is_all = is_whole and start_ms > now_ms
        while found and not is_all:
            page = await self._page(venue_symbol, (("fromId", str(found[-1].id + 1)),))
            newer = [trade for trade in page if trade.id > found[-1].id]
            found += newer
            is_all = len(page) < PAGE or not newer
        return [trade for trade in found if trade.time >= since_ms]

    async def _window(self, venue_symbol: str, start_ms: int, end_ms: int) -> tuple[list[TradeAnswer], bool]:
        """Return the oldest executions of a window, and whether they are all of it.

        The venue does not say at which end of a window a full page begins, so what is older is asked for, too.
        """
        found = await self._page(venue_symbol, (("startTime", str(start_ms)), ("endTime", str(end_ms))))
        if len(found) < PAGE:
            return found, True
        while True:
            times = (("startTime", str(start_ms)), ("endTime", str(found[0].time)))
            older = _before(found[0], await self._page(venue_symbol, times))
            if not older:
                # a sweep may fill a page within one millisecond; its trade ids follow each other
                ids = (("fromId", str(max(0, found[0].id - PAGE))),)
                older = [t for t in _before(found[0], await self._page(venue_symbol, ids)) if t.time >= start_ms]
            if not older:
                return found, False
            found = older

    async def client_order_id(self, trade: TradeAnswer) -> str:
        """Return the client id of a trade's order, asking the venue for one that is not remembered."""
        name = self._orders.name_of(trade.symbol, trade.order_id)
        if name is not None:
            return name
        parameters = (("symbol", trade.symbol), ("orderId", str(trade.order_id)))
        try:
            order = await self._rest.read(self._rest.routes.order, parameters, decode_order)
        except VenueReadError as error:
            if error.judgement is None or error.judgement.meaning is not Meaning.UNKNOWN_ORDER:
                raise
            # the venue forgets orders after three months: nobody here waits for that one
            return f"order-{trade.order_id}"
        self._orders.remember(trade.symbol, trade.order_id, order.client_order_id)
        return order.client_order_id

    async def _page(self, venue_symbol: str, where: tuple[tuple[str, str], ...]) -> list[TradeAnswer]:
        parameters = (("symbol", venue_symbol), *where, ("limit", str(PAGE)))
        page = await self._rest.read(self._rest.routes.trades, parameters, decode_trades)
        return sorted(page, key=lambda trade: trade.id)


def _before(oldest: TradeAnswer, page: list[TradeAnswer]) -> list[TradeAnswer]:
    return [trade for trade in page if trade.id < oldest.id]
