"""Make an exchange of ccxt ready: class, keys, limits, test network, addresses."""

from collections.abc import Mapping
from typing import Any, Final, cast

from adapters.ccxt_exchange.addresses import turned
from adapters.ccxt_exchange.exchange_choice import ExchangeRefusedError, demand_allowed
from adapters.ccxt_exchange.library import Client, class_of, load_library
from adapters.ccxt_exchange.settings import ExchangeSettings
from core.types.credentials import Credentials, Secret

_KEY_NAMES: Final = {
    "api_key": "apiKey",
    "key_name": "apiKey",
    "secret": "secret",
    "passphrase": "password",
    "private_key": "privateKey",
    "account_address": "walletAddress",
}
# coins and margin pairs are asked for with the key, at addresses that test networks do not have
_BINANCE: Final = {"warnOnFetchOpenOrdersWithoutSymbol": False, "fetchCurrencies": False, "fetchMargins": False}
_OPTIONS: Final[Mapping[str, Mapping[str, object]]] = {
    "paradex": {"sbe": False},  # its binary form is not read
    "binance": {**_BINANCE, "fetchMarkets": ["spot"]},
    "binanceusdm": {**_BINANCE, "fetchMarkets": ["linear"]},
}


async def open_client(settings: ExchangeSettings, credentials: Credentials | None = None) -> Client:
    """Make a client with ccxt's own limiter on; raise ExchangeRefusedError for one that cannot be used."""
    demand_allowed(settings)
    made = class_of(await load_library(), settings.exchange)(
        {
            **_keys(settings.exchange, credentials),
            "enableRateLimit": True,
            "timeout": int(settings.request_timeout_s * 1000),
            "options": {
                "defaultType": "swap" if is_derivative(settings.symbols) else "spot",
                "maxRetriesOnFailure": 0,  # nothing is ever sent twice
                "adjustForTimeDifference": False,
                **_OPTIONS.get(settings.exchange, {}),
                **_account_options(settings.exchange, credentials),
            },
        }
    )
    if settings.testnet and made.urls.get("test"):
        made.set_sandbox_mode(True)  # it replaces the addresses, so that they are turned afterwards
    elif settings.testnet and not (settings.rest_url and settings.ws_url):
        raise ExchangeRefusedError(f"{settings.exchange} has no test network in ccxt: give rest_url and ws_url")
    made.urls["api"] = turned(made.urls["api"], settings.rest_url, settings.ws_url)
    # a client for the feed and one for trading share the allowance
    made.rateLimit = made.rateLimit / float(settings.rate_limit_share)
    made.tokenBucket = None
    made.init_rest_rate_limiter()
    return cast("Client", made)


def is_derivative(symbols: tuple[str, ...]) -> bool:
    """Tell whether symbols are contracts; raise ExchangeRefusedError for a mixture: they are other accounts."""
    kinds = {":" in symbol for symbol in symbols}
    if len(kinds) > 1:
        raise ExchangeRefusedError("a venue has spot symbols or contracts, not both: configure two venues")
    return True in kinds


def secrets_of(credentials: Credentials | None) -> tuple[Secret, ...]:
    """Return what must not be seen in any text."""
    return () if credentials is None else tuple(each for each in credentials.fields.values() if each.reveal())


def _keys(exchange: str, credentials: Credentials | None) -> dict[str, Any]:
    if credentials is None:
        return {}
    named = {_KEY_NAMES.get(name, name): part.reveal() for name, part in credentials.fields.items()}
    if exchange == "coinbase" and "privateKey" in named:
        named["secret"] = named.pop("privateKey")
    return named


def _account_options(exchange: str, credentials: Credentials | None) -> dict[str, object]:
    """Return a Paradex subkey as ccxt takes it: otherwise it would derive one from the key of a wallet."""
    if exchange != "paradex" or credentials is None:
        return {}
    return {
        "paradexAccount": {
            "privateKey": credentials.reveal("private_key"),
            "address": credentials.reveal("account_address"),
        }
    }
