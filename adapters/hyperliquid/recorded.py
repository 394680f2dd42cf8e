"""What a recording of Hyperliquid's market data is about."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final
from urllib.parse import parse_qs, urlsplit

from adapters.hyperliquid.instruments import (
    MAIN_DEX,
    collateral_name,
    inferred_perpetual,
    read_listings,
)
from adapters.hyperliquid.market_data import BOOK, TRADES
from adapters.hyperliquid.wire import (
    PerpMeta,
    decode_book,
    decode_envelope,
    decode_perp_meta,
    decode_spot_meta,
    decode_trades,
)
from adapters.streams.market_data import UNREADABLE
from adapters.streams.seen_rules import SeenRules
from core.types.instrument import Instrument
from data.recordings.message import Channel, RecordedMessage

_LONGEST_NUMBER: Final = 40


class HyperliquidRules:
    """Implements `adapters.replay.stream_venue.RecordedRules` from the recorded answers about dexs and tokens."""

    def __init__(self) -> None:
        self._seen = SeenRules(inferred_perpetual)
        self._metas: dict[str, PerpMeta] = {}  # by dex
        self._tokens: dict[int, str] = {}
        self._ruled: set[str] = set()

    def see(self, message: RecordedMessage) -> None:
        try:
            if message.channel is Channel.STREAM:
                self._see_news(message.payload)
            elif message.channel is Channel.REST and message.url:
                self._see_answer(message.url, message.payload)
        except UNREADABLE:
            return  # the handler counts it

    def instruments(self) -> tuple[tuple[Instrument, ...], bool]:
        return self._seen.instruments()

    def _see_answer(self, url: str, body: bytes) -> None:
        question = parse_qs(urlsplit(url).query)
        kind = question.get("type", [""])[0]
        if kind == "meta":
            self._metas[question.get("dex", [MAIN_DEX])[0]] = decode_perp_meta(body)
        elif kind == "spotMeta":
            self._tokens = {token.index: token.name for token in decode_spot_meta(body).tokens}
        else:
            return
        for dex, meta in self._metas.items():
            self._rule(dex, meta)

    def _rule(self, dex: str, meta: PerpMeta) -> None:
        try:
            collateral = collateral_name(meta, self._tokens)
        except ValueError:
            return  # the token's name comes with a later answer
        # the place of the dex names assets in orders, of which a recording has none
        for listing in read_listings(dex, 0, meta, collateral):
            self._seen.rule(listing.instrument)
            self._ruled.add(listing.coin)

    def _see_news(self, payload: bytes) -> None:
        envelope = decode_envelope(payload)
        if envelope.channel == BOOK:
            book = decode_book(envelope.data)
            levels = [*book.levels[0], *book.levels[1]]
            self._see(book.coin, [level.price for level in levels], [level.quantity for level in levels])
        elif envelope.channel == TRADES:
            for trade in decode_trades(envelope.data):
                self._see(trade.coin, [trade.price], [trade.quantity])

    def _see(self, coin: str, prices: list[str], quantities: list[str]) -> None:
        if coin in self._ruled or not prices:
            self._seen.traded(coin)
        else:
            self._seen.level(coin, _finest(prices), _finest(quantities))


def _finest(texts: Iterable[str]) -> Decimal:
    """Return the number with most decimals; only it is made one."""
    text = max(texts, key=lambda each: len(each.rstrip("0").partition(".")[2]))
    number = Decimal(text) if len(text) <= _LONGEST_NUMBER else Decimal("nan")
    if not number.is_finite():
        raise ValueError(f"{text[:_LONGEST_NUMBER]!r} is not a number")
    return number
