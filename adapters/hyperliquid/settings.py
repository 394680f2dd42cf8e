"""How patient the connections to Hyperliquid are."""

from decimal import Decimal

import msgspec


class StreamSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Of one websocket. The venue closes one on which it has heard nothing for a minute."""

    request_timeout_s: float = 10.0
    first_backoff_s: float = 0.5
    backoff_cap_s: float = 20.0
    check_interval_s: float = 0.5
    ping_every_s: float = 10.0
    silence_limit_s: float = 25.0  # nothing at all, not even an answer to a ping
    malformed_limit: int = 20  # unreadable messages on one connection before it is replaced


class FeedSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed follows, and when one of its channels counts as dead."""

    symbols: tuple[str, ...]  # unified (`BTC/USDC:USDC`, `xyz:NVDA`) or the venue's coin (`BTC`)
    stream: StreamSettings = StreamSettings()
    # books are pushed every half second and contexts every few, changed or not; trades come when they come
    book_silence_s: float = 5.0
    context_silence_s: float = 30.0
    trade_silence_s: float = 300.0


class ExecutionSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How orders are sent."""

    stream: StreamSettings = StreamSettings()
    request_timeout_s: float = 8.0
    expires_after_s: float = 8.0  # the venue refuses what reaches it later: it was given up for lost by then
    market_slippage: Decimal = Decimal("0.01")  # a market order's limit is so far through the best price, as a fraction
    book_stale_after_s: float = 3.0
    dead_man_s: float | None = None  # the venue cancels everything when it has not heard from us for so long
