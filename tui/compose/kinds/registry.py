"""The kinds of real venues by name; each loads its adapter only when it is used."""

from collections.abc import Callable
from typing import Final

from tui.compose.kinds.venue_kind import VenueKind


def venue_kind(kind: str) -> VenueKind:
    """Return what serves a kind of venue."""
    return _KINDS[kind]()


def _binance() -> VenueKind:
    from adapters.binance.market import BinanceMarket  # noqa: PLC0415 - only the venues in use
    from tui.compose.kinds.binance import BinanceKind  # noqa: PLC0415 - the same

    return BinanceKind(BinanceMarket.SPOT)


def _binanceusdm() -> VenueKind:
    from adapters.binance.market import BinanceMarket  # noqa: PLC0415 - only the venues in use
    from tui.compose.kinds.binance import BinanceKind  # noqa: PLC0415 - the same

    return BinanceKind(BinanceMarket.USDM)


def _kraken() -> VenueKind:
    from tui.compose.kinds.kraken import KrakenKind  # noqa: PLC0415 - only the venues in use

    return KrakenKind()


def _okx() -> VenueKind:
    from tui.compose.kinds.okx import OkxKind  # noqa: PLC0415 - only the venues in use

    return OkxKind()


def _coinbase() -> VenueKind:
    from tui.compose.kinds.coinbase import CoinbaseKind  # noqa: PLC0415 - only the venues in use

    return CoinbaseKind()


def _hyperliquid() -> VenueKind:
    from tui.compose.kinds.hyperliquid import HyperliquidKind  # noqa: PLC0415 - only the venues in use

    return HyperliquidKind()


def _ccxt() -> VenueKind:
    from tui.compose.kinds.ccxt_exchange import CcxtKind  # noqa: PLC0415 - only the venues in use

    return CcxtKind()


_KINDS: Final[dict[str, Callable[[], VenueKind]]] = {
    "binance": _binance,
    "binanceusdm": _binanceusdm,
    "kraken": _kraken,
    "okx": _okx,
    "coinbase": _coinbase,
    "hyperliquid": _hyperliquid,
    "ccxt": _ccxt,
}
KINDS: Final = tuple(kind for kind in _KINDS if kind != "ccxt")  # that need no more than their name
