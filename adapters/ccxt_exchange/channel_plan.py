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


class ChannelPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One channel: what is called, who takes what comes back with the moment it came, and how patient it is."""

    name: str
    call: Call
    take: Callable[[object, int], None]
    terms: ChannelTerms
    is_quiet: Callable[[], Awaitable[bool]] | None = None


def plan_channels(market: SymbolMarket, calls: Calls, settings: FeedSettings) -> Iterator[ChannelPlan]:
    """Yield what the exchange offers of a symbol, streams before polls."""
    client, symbol, limit = calls.client, market.instrument.symbol, settings.failures_limit

    def polled(request: Call) -> Call:
        return lambda: calls(Purpose.READ, request)

    async def has_not_traded() -> bool:
        answer = await calls(Purpose.READ, lambda: client.fetch_trades(symbol))
        return market.newest_of(answer) <= market.newest_trade_ns

    def watch(name: str, call: Call, take: Callable[[object, int], None], silence_s: float | None) -> ChannelPlan:
        terms = ChannelTerms(silence_s=silence_s, failures_limit=limit)
        return ChannelPlan(name=name, call=call, take=take, terms=terms)

    def poll(name: str, call: Call, take: Callable[[object, int], None], pause_s: float) -> ChannelPlan:
        terms = ChannelTerms(pause_s=pause_s, failures_limit=limit)
        return ChannelPlan(name=name, call=polled(call), take=take, terms=terms)

    if offers(client, "watchOrderBook"):
        yield watch(BOOK, lambda: client.watch_order_book(symbol), market.take_book, settings.book_silence_s)
    else:
        yield poll(BOOK, lambda: client.fetch_order_book(symbol), market.take_book, settings.book_poll_s)
    can_ask = offers(client, "fetchTrades")
    if offers(client, "watchTrades"):
        plan = watch(
            "trades",
            lambda: client.watch_trades(symbol),
            market.take_trades,
            settings.trade_silence_s if can_ask else None,
        )
        yield msgspec.structs.replace(plan, is_quiet=has_not_traded)
    elif can_ask:
        yield poll("trades", lambda: client.fetch_trades(symbol), market.take_trades, settings.trade_poll_s)
    if market.instrument.asset_type is not AssetType.PERPETUAL:
        return
    take = market.take_contract
    if offers(client, "watchMarkPrice"):
        yield watch("mark", lambda: client.watch_mark_price(symbol), take, settings.contract_silence_s)
    elif offers(client, "watchTicker"):
        yield watch("mark", lambda: client.watch_ticker(symbol), take, settings.contract_silence_s)
    elif offers(client, "fetchTicker"):
        yield poll("mark", lambda: client.fetch_ticker(symbol), take, settings.contract_poll_s)
    # a rate that changes only every few hours is streamed rarely: it is asked for as well
    if offers(client, "fetchFundingRate"):
        yield poll("funding", lambda: client.fetch_funding_rate(symbol), take, settings.contract_poll_s)
    elif offers(client, "watchFundingRate"):
        yield watch("funding", lambda: client.watch_funding_rate(symbol), take, None)
