"""Hyperliquid's public messages as they are on the wire.

Prices and quantities stay the venue's decimal strings until they are put on the instrument's integer grid.
"""

from typing import Annotated, Final

import msgspec

LATEST_MS: Final = 10**14
GREETING: Final = b"Websocket connection established."  # what a connection may begin with, the only text without JSON
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=LATEST_MS)]


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """What every websocket message is; some have no data."""

    channel: str
    data: msgspec.Raw = msgspec.Raw(b"null")


class Level(msgspec.Struct, frozen=True, gc=False):
    price: str = msgspec.field(name="px")
    quantity: str = msgspec.field(name="sz")


class BookSnapshot(msgspec.Struct, frozen=True, gc=False):
    """The best levels of a book, whole; the same over REST and the stream."""

    coin: str
    time_ms: Milliseconds = msgspec.field(name="time")
    levels: tuple[list[Level], list[Level]]  # bids, asks, best first


class PublicTrade(msgspec.Struct, frozen=True, gc=False):
    """`trade_id` is a hash of both order ids: only with coin and time it is unique."""

    coin: str
    side: str  # of the taker: B bought, A sold
    price: str = msgspec.field(name="px")
    quantity: str = msgspec.field(name="sz")
    time_ms: Milliseconds = msgspec.field(name="time")
    trade_id: int = msgspec.field(name="tid")


class AssetContext(msgspec.Struct, frozen=True, gc=False):
    """`funding` is the rate of the running hour as a fraction of notional."""

    funding: str
    mark: str = msgspec.field(name="markPx")
    oracle: str = msgspec.field(name="oraclePx")
    open_interest: str = msgspec.field(name="openInterest")


class ActiveAssetContext(msgspec.Struct, frozen=True, gc=False):
    coin: str
    context: AssetContext = msgspec.field(name="ctx")


class PerpDex(msgspec.Struct, frozen=True, gc=False):
    name: str


class PerpRules(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    sz_decimals: Annotated[int, msgspec.Meta(ge=0, le=8)]
    max_leverage: Annotated[int, msgspec.Meta(ge=1)] = 1
    is_delisted: bool | None = None


class PerpMeta(msgspec.Struct, frozen=True, rename="camel"):
    universe: list[PerpRules]
    collateral_token: int = 0


class SpotToken(msgspec.Struct, frozen=True, gc=False):
    name: str
    index: int


class SpotMeta(msgspec.Struct, frozen=True):
    tokens: list[SpotToken]


decode_envelope = msgspec.json.Decoder(Envelope).decode
decode_book = msgspec.json.Decoder(BookSnapshot).decode
decode_trades = msgspec.json.Decoder(list[PublicTrade]).decode
decode_asset_context = msgspec.json.Decoder(ActiveAssetContext).decode
decode_perp_dexs = msgspec.json.Decoder(list[PerpDex | None]).decode
decode_perp_meta = msgspec.json.Decoder(PerpMeta).decode
decode_spot_meta = msgspec.json.Decoder(SpotMeta).decode
