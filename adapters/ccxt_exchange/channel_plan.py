"""What is watched of one symbol, and what is polled because ccxt does not stream it."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Final

import msgspec

from adapters.ccxt_exchange.calls import Calls
from adapters.ccxt_exchange.channel import ChannelTerms
from adapters.ccxt_exchange.settings import FeedSettings
from adapters.ccxt_exchange.support import offers
from adapters.ccxt_exchange.symbol_market import SymbolMarket
from adapters.network.request_budget import Purpose
from core.types.instrument import AssetType

BOOK: Final = "book"
Call = Callable[[], Awaitable[object]]
Take = Callable[[object, int], None]
AskQuiet = Callable[[], Awaitable[bool]]


class ChannelPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One channel: what is called, who takes what comes back with the moment it came, and how patient it is."""

    name: str
    call: Call
    take: Take
    terms: ChannelTerms
    is_quiet: AskQuiet | None = None


def plan_channels(market: SymbolMarket, calls: Calls, settings: FeedSettings) -> Iterator[ChannelPlan]:
    """Yield what the exchange offers of a symbol, streams before polls."""
    client, symbol = calls.client, market.instrument.symbol

    def polled(request: Call) -> Call:
        return lambda: calls(Purpose.READ, request)

    async def has_not_traded() -> bool:
        answer = await calls(Purpose.READ, lambda: client.fetch_trades(symbol))
        return market.newest_of(answer) <= market.newest_trade_ns

    def watch(
        name: str, call: Call, take: Take, silence_s: float | None, is_quiet: AskQuiet | None = None
    ) -> ChannelPlan:
        terms = ChannelTerms(silence_s=silence_s, failures_limit=settings.failures_limit)
        return ChannelPlan(name=name, call=call, take=take, terms=terms, is_quiet=is_quiet)

    def poll(name: str, call: Call, take: Take, pause_s: float) -> ChannelPlan:
        terms = ChannelTerms(pause_s=pause_s, failures_limit=None)
        return ChannelPlan(name=name, call=polled(call), take=take, terms=terms)

    if offers(client, "watchOrderBook"):
        yield watch(BOOK, lambda: client.watch_order_book(symbol), market.take_book, settings.book_silence_s)
    else:
        yield poll(BOOK, lambda: client.fetch_order_book(symbol), market.take_book, settings.book_poll_s)
    can_ask = offers(client, "fetchTrades")
    if offers(client, "watchTrades"):
        silence_s = settings.trade_silence_s if can_ask else None
        yield watch("trades", lambda: client.watch_trades(symbol), market.take_trades, silence_s, has_not_traded)
    elif can_ask:
        yield poll("trades", lambda: client.fetch_trades(symbol), market.take_trades, settings.trade_poll_s)
    if market.instrument.asset_type is AssetType.PERPETUAL:
        yield from _of_contract(market, calls, settings)


def _of_contract(market: SymbolMarket, calls: Calls, settings: FeedSettings) -> Iterator[ChannelPlan]:
    """Yield mark price and funding: what is wrong with them costs no book its connection."""
    client, symbol = calls.client, market.instrument.symbol

    def streamed(name: str, call: Call) -> ChannelPlan:
        terms = ChannelTerms(failures_limit=None)
        return ChannelPlan(name=name, call=call, take=market.take_contract, terms=terms)

    def polled(name: str, call: Call) -> ChannelPlan:
        terms = ChannelTerms(pause_s=settings.contract_poll_s, failures_limit=None)
        return ChannelPlan(name=name, call=lambda: calls(Purpose.READ, call), take=market.take_contract, terms=terms)

    if offers(client, "watchMarkPrice"):
        yield streamed("mark", lambda: client.watch_mark_price(symbol))
    elif offers(client, "watchTicker"):
        yield streamed("mark", lambda: client.watch_ticker(symbol))
    elif offers(client, "fetchTicker"):
        yield polled("mark", lambda: client.fetch_ticker(symbol))
    # asked for as well: a rate is streamed rarely, and most exchanges tell the mark price with it
    if offers(client, "fetchFundingRate"):
        yield polled("funding", lambda: client.fetch_funding_rate(symbol))
    elif offers(client, "watchFundingRate"):
        yield streamed("funding", lambda: client.watch_funding_rate(symbol))
