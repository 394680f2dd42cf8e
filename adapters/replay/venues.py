"""The venues whose recordings can be played, by name."""

from collections.abc import Callable
from typing import Final

from adapters.replay.recorded_venue import RecordedVenue


def recorded_venue(name: str) -> RecordedVenue:
    """Return what plays recordings of a venue; raise ValueError for a venue without."""
    make = _VENUES.get(name)
    if make is None:
        raise ValueError(f"recordings of {name!r} cannot be played, allowed are {', '.join(_VENUES)}")
    return make(name)


def _binance(name: str) -> RecordedVenue:
    from adapters.binance.market import BinanceMarket  # noqa: PLC0415 - only the venue that is played
    from adapters.replay.binance_venue import RecordedBinance  # noqa: PLC0415 - the same

    market = BinanceMarket.USDM if name in _CONTRACTS else BinanceMarket.SPOT
    return RecordedBinance(market, name)


def _kraken(name: str) -> RecordedVenue:
    from adapters.kraken.market_data import KrakenMarketData  # noqa: PLC0415 - only the venue that is played
    from adapters.kraken.recorded import kraken_rules  # noqa: PLC0415 - the same
    from adapters.replay.stream_venue import StreamVenue  # noqa: PLC0415 - the same

    return StreamVenue(name, kraken_rules, KrakenMarketData)


def _okx(name: str) -> RecordedVenue:
    from adapters.okx.market_data import OkxMarketData  # noqa: PLC0415 - only the venue that is played
    from adapters.okx.recorded import okx_rules  # noqa: PLC0415 - the same
    from adapters.replay.stream_venue import StreamVenue  # noqa: PLC0415 - the same

    return StreamVenue(name, okx_rules, OkxMarketData)


def _coinbase(name: str) -> RecordedVenue:
    from adapters.coinbase.market_data import CoinbaseMarketData  # noqa: PLC0415 - only the venue that is played
    from adapters.coinbase.recorded import coinbase_rules  # noqa: PLC0415 - the same
    from adapters.replay.stream_venue import StreamVenue  # noqa: PLC0415 - the same

    return StreamVenue(name, coinbase_rules, CoinbaseMarketData)


def _hyperliquid(name: str) -> RecordedVenue:
    from adapters.replay.hyperliquid_venue import RecordedHyperliquid  # noqa: PLC0415 - only the venue that is played

    return RecordedHyperliquid(name)


_CONTRACTS: Final = ("binanceusdm", "binancecoinm")
_VENUES: Final[dict[str, Callable[[str], RecordedVenue]]] = {
    "binance": _binance,
    "binanceus": _binance,
    "binanceusdm": _binance,
    "binancecoinm": _binance,
    "kraken": _kraken,
    "okx": _okx,
    "coinbase": _coinbase,
    "hyperliquid": _hyperliquid,
}
RECORDED_VENUES: Final = tuple(_VENUES)
