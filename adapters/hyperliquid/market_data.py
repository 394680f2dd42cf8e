"""Reads the messages of the public stream and watches each channel of each coin for silence."""

from collections.abc import Callable
from typing import Final

import msgspec

from adapters.hyperliquid.book_grammar import START, book_snapshot
from adapters.hyperliquid.coin_market import CoinMarket
from adapters.hyperliquid.settings import FeedSettings
from adapters.hyperliquid.stream import NS_PER_S, Subscription
from adapters.hyperliquid.wire import GREETING, decode_asset_context, decode_book, decode_envelope, decode_trades
from adapters.streams.market_data import UNREADABLE
from adapters.streams.message_layout import VENUE_MS
from adapters.streams.message_reader import reader_of
from core.book.book import BookState
from core.ports.clock import Clock

BOOK: Final = "l2Book"
TRADES: Final = "trades"
CONTEXT: Final = "activeAssetCtx"
CHANNELS: Final = (BOOK, TRADES, CONTEXT)
_NO_NEWS: Final = frozenset({"subscriptionResponse", "pong"})

_NAME_AT: Final = len(START)

_Key = tuple[str, str]  # channel, coin


class MarketData:
    """Never raises for what the venue sends: what cannot be read is counted and makes the book it is of unreadable."""

    def __init__(self, coins: dict[str, CoinMarket], settings: FeedSettings, clock: Clock) -> None:
        self.coins = coins
        self.malformed = 0
        self.last_error = ""
        self._clock = clock
        self._limits_s = {
            BOOK: settings.book_silence_s,
            CONTEXT: settings.context_silence_s,
            TRADES: settings.trade_silence_s,
        }
        self._heard_ns: dict[_Key, int] = {}
        self._renewed: set[_Key] = set()  # channels that were silent once already
        self._subscribed_ns: dict[str, int] = {}  # trades, by coin
        self._readers = {
            name.encode(): (name, coin, reader)
            for name, coin in coins.items()
            if (reader := reader_of(coin.instrument, book_snapshot(name), is_uncrossed=True)) is not None
        }

    def subscriptions(self) -> list[Subscription]:
        return [{"type": channel, "coin": coin} for coin in self.coins for channel in CHANNELS]

    def opened(self) -> None:
        now_ns = self._clock.monotonic_ns()
        self._heard_ns = {(channel, coin): now_ns for coin in self.coins for channel in CHANNELS}
        self._renewed.clear()
        self._subscribed_ns = dict.fromkeys(self.coins, self._clock.utc_ns())

    def lost(self, reason: str) -> None:
        """Make every book unreadable: what happens meanwhile is not seen."""
        for coin in self.coins.values():
            coin.forget(reason, self._clock.utc_ns())

    @property
    def late(self) -> int:
        """Return how many snapshots were older than the book."""
        return sum(coin.late for coin in self.coins.values())

    @property
    def live(self) -> int:
        """Return how many books can be read."""
        return sum(coin.book.state is BookState.VALID for coin in self.coins.values())

    def handle(self, raw: bytes, received_ns: int) -> None:
        """Take one websocket message."""
        if raw.startswith(START):
            found = self._readers.get(raw[_NAME_AT : raw.find(b'"', _NAME_AT)])
            if found is not None and found[2].read(raw) and found[2].notes[VENUE_MS] >= 0:
                name, coin, reader = found
                self._took(name, is_newer=coin.on_read_book(reader, received_ns))
                return
        self.handle_typed(raw, received_ns)

    def handle_typed(self, raw: bytes, received_ns: int) -> None:
        """Take a message by way of typed messages: what compiled code does not read, and all it could read too."""
        if raw == GREETING:
            return
        try:
            envelope = decode_envelope(raw)
            channel, data = envelope.channel, envelope.data
            if channel == BOOK:
                self._on_book(data, received_ns)
            elif channel == TRADES:
                self._on_trades(data, received_ns)
            elif channel == CONTEXT:
                self._on_context(data, received_ns)
            elif channel == "error":
                self._note_malformed(f"the venue refuses a message: {bytes(data)[:200]!r}")
            elif channel not in _NO_NEWS:
                self._note_malformed(f"a message of channel {channel[:40]!r}")
        except UNREADABLE as error:
            self._note_malformed(str(error))

    def check(self, resubscribe: Callable[[Subscription], None]) -> str | None:
        """Make silent books unreadable and ask for silent channels anew; one silent twice needs a new connection."""
        now_ns = self._clock.monotonic_ns()
        for key, heard_ns in self._heard_ns.items():
            channel, coin = key
            limit_s = self._limits_s[channel]
            if now_ns - heard_ns <= limit_s * NS_PER_S:
                continue
            if key in self._renewed and channel != TRADES:  # nobody may trade for a long time
                return f"{channel} of {coin}: no data for {2 * limit_s:g} s"
            if channel == BOOK:
                self.coins[coin].forget(f"no book for {limit_s:g} s", self._clock.utc_ns())
            if channel == TRADES:
                self._subscribed_ns[coin] = self._clock.utc_ns() - int(limit_s * NS_PER_S)
            self._heard_ns[key] = now_ns
            self._renewed.add(key)
            resubscribe({"type": channel, "coin": coin})
        return None

    def _on_book(self, data: msgspec.Raw, received_ns: int) -> None:
        snapshot = decode_book(data)
        coin = self.coins.get(snapshot.coin)
        if coin is None:
            return
        try:
            is_newer = coin.on_book(snapshot, received_ns)
        except (ValueError, ArithmeticError) as error:
            coin.forget(f"unreadable book: {error}", received_ns)
            raise
        self._took(snapshot.coin, is_newer=is_newer)

    def _took(self, coin: str, *, is_newer: bool) -> None:
        if is_newer:
            self._heard(BOOK, coin)

    def _on_trades(self, data: msgspec.Raw, received_ns: int) -> None:
        for trade in decode_trades(data):
            coin = self.coins.get(trade.coin)
            if coin is not None:
                coin.on_trade(trade, self._subscribed_ns.get(trade.coin, 0), received_ns)
                self._heard(TRADES, trade.coin)

    def _on_context(self, data: msgspec.Raw, received_ns: int) -> None:
        update = decode_asset_context(data)
        coin = self.coins.get(update.coin)
        if coin is not None:
            coin.on_context(update.context, received_ns)
            self._heard(CONTEXT, update.coin)

    def _heard(self, channel: str, coin: str) -> None:
        self._heard_ns[channel, coin] = self._clock.monotonic_ns()
        self._renewed.discard((channel, coin))

    def _note_malformed(self, error: str) -> None:
        self.malformed += 1
        self.last_error = error
