"""Which exchanges come through ccxt, and which never do."""

from typing import Final

from adapters.ccxt_exchange.profile import profile_of
from adapters.ccxt_exchange.settings import ExchangeSettings

_REFUSED: Final = {
    "hyperliquid": (
        "ccxt signs an approval of a builder's fee, sets a referrer and names a builder on each order;"
        ' use kind = "hyperliquid"'
    ),
}
_NATIVE: Final = {
    "binance": "binance",
    "binanceusdm": "binanceusdm",
    "coinbase": "coinbase",
    "kraken": "kraken",
    "okx": "okx",
}
"""Exchanges with an adapter of this project's own, and the kind that names it."""


class ExchangeRefusedError(ValueError):
    """An exchange cannot be used through ccxt; the text says which, why and what to do."""


def demand_allowed(settings: ExchangeSettings) -> None:
    """Raise ExchangeRefusedError for what must not come through ccxt; looks at the name alone."""
    exchange = settings.exchange
    why = _REFUSED.get(exchange)
    if why is not None:
        raise ExchangeRefusedError(f"{exchange} is never used through ccxt: {why}")
    native = _NATIVE.get(exchange)
    if native is not None and not settings.may_replace_native:
        raise ExchangeRefusedError(
            f'{exchange} has an adapter of its own: use kind = "{native}", or say use_ccxt_anyway = true'
        )


def demand_tradable(settings: ExchangeSettings) -> None:
    """Raise ExchangeRefusedError for an exchange whose way with client order ids nobody has looked at."""
    if profile_of(settings.exchange, settings.client_order_id_param) is None:
        raise ExchangeRefusedError(
            f"{settings.exchange} is followed and not traded: it is not known how it takes client order ids;"
            " client_order_id_param names the parameter for who has tried it"
        )
