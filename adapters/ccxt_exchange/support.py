"""What an exchange offers through ccxt, and what that means here."""

from collections.abc import Iterator
from typing import Final

import msgspec

from adapters.ccxt_exchange.exchange_choice import ExchangeRefusedError
from adapters.ccxt_exchange.library import Client
from adapters.ccxt_exchange.profile import Profile, profile_of


class SupportRow(msgspec.Struct, frozen=True):
    """One thing a venue does, and how it is done at this exchange."""

    what: str
    is_there: bool
    how: str


# what; by which of ccxt's entries, the best first, and how each is used; what it means that none is there
_FEED: Final = (
    ("books", {"watchOrderBook": "streamed", "fetchOrderBook": "polled"}, "the exchange cannot be followed"),
    ("trades", {"watchTrades": "streamed", "fetchTrades": "polled"}, "no trades are seen"),
    (
        "mark price",
        {
            "watchMarkPrice": "streamed",
            "watchTicker": "streamed",
            "fetchFundingRate": "polled",
            "fetchTicker": "polled",
        },
        "contracts have no mark",
    ),
    ("funding rate", {"watchFundingRate": "streamed", "fetchFundingRate": "polled"}, "no funding rate is seen"),
    ("test network", {"sandbox": "by a switch"}, "give the addresses of one"),
)
_TRADING: Final = (
    ("orders", {"createOrder": "sent once"}, "it cannot be traded"),
    ("cancel", {"cancelOrder": "by id"}, "it cannot be traded"),
    ("cancel all", {"cancelAllOrders": "at once"}, "one by one"),
    ("open orders", {"fetchOpenOrders": "read"}, "it cannot be traded"),
    ("balances", {"fetchBalance": "read"}, "it cannot be traded"),
    ("executions", {"watchMyTrades": "streamed and read", "fetchMyTrades": "polled"}, "it cannot be traded"),
    ("order news", {"watchOrders": "streamed", "fetchOpenOrders": "polled"}, "it cannot be traded"),
    ("positions", {"fetchPositions": "read"}, "contracts cannot be traded"),
    ("funding payments", {"fetchFundingHistory": "read"}, "funding is seen as a change of the balance"),
)
_DEMANDED: Final = ("createOrder", "cancelOrder", "fetchOpenOrders", "fetchBalance", "fetchMyTrades")


def offers(client: Client, entry: str) -> bool:
    """Tell whether ccxt does something for this exchange, by itself or put together of other requests."""
    return client.has.get(entry) in (True, "emulated")


def support_rows(client: Client, client_order_id_param: str | None = None) -> list[SupportRow]:
    """Return what works at an exchange and what does not, and how."""
    profile = profile_of(client.id, client_order_id_param)
    return [*_rows(client, _FEED), *_rows(client, _TRADING), *_profile_rows(client, profile)]


def demand_offered(client: Client) -> None:
    """Raise ExchangeRefusedError for an exchange without books."""
    if not (offers(client, "watchOrderBook") or offers(client, "fetchOrderBook")):
        raise ExchangeRefusedError(f"{client.id} cannot be followed: ccxt offers no order books of it")


def demand_trading_offered(client: Client, *, is_derivative: bool) -> None:
    """Raise ExchangeRefusedError naming everything that trading needs and ccxt does not offer."""
    demanded = (*_DEMANDED, "fetchPositions") if is_derivative else _DEMANDED
    missing = [entry for entry in demanded if not offers(client, entry)]
    if missing:
        raise ExchangeRefusedError(f"{client.id} cannot be traded: ccxt offers no {', '.join(missing)} of it")


def _rows(client: Client, table: tuple[tuple[str, dict[str, str], str], ...]) -> Iterator[SupportRow]:
    for what, ways, otherwise in table:
        way = next((entry for entry in ways if offers(client, entry)), None)
        yield SupportRow(what, way is not None, otherwise if way is None else f"{ways[way]} ({way})")


def _profile_rows(client: Client, profile: Profile | None) -> Iterator[SupportRow]:
    if profile is None:
        yield SupportRow("client order ids", False, "not known how they are taken: it is followed, not traded")
        return
    yield SupportRow("client order ids", True, profile.id_field)
    keeps = profile.keeps_amended and offers(client, "editOrder")
    yield SupportRow("amend", keeps, "the same order (editOrder)" if keeps else "cancelled and sent anew by the engine")
