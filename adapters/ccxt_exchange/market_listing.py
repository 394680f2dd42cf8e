"""Read what an exchange trades, and pick what is configured."""

from collections.abc import Mapping
from typing import Final

from adapters.ccxt_exchange.exchange_choice import ExchangeRefusedError
from adapters.ccxt_exchange.instruments import UnsupportedMarketError, read_markets
from adapters.ccxt_exchange.library import Client
from adapters.ccxt_exchange.settings import ExchangeSettings
from adapters.instrument_selection import UnknownSymbolError, named, select_instruments
from core.types.instrument import Instrument

FINAL: Final = (ExchangeRefusedError, UnsupportedMarketError, UnknownSymbolError)
"""What asking again does not help against."""


async def listed(client: Client) -> tuple[dict[str, Instrument], Mapping[str, str]]:
    """Return instruments by the exchange's symbol, and by unified symbol why others are left out."""
    await client.load_markets()
    return read_markets(client.markets, client.id, client.precisionMode)


async def pick(client: Client, settings: ExchangeSettings) -> list[Instrument]:
    """Return the configured instruments under the venue's name here.

    Raises UnsupportedMarketError for one that cannot be booked, UnknownSymbolError for one that is not traded.
    """
    found, left_out = await listed(client)
    for symbol in settings.symbols:
        if symbol in left_out:
            raise UnsupportedMarketError(f"{settings.venue}: {left_out[symbol]}")
    return [named(each, settings.venue) for each in select_instruments(found, settings.symbols, settings.venue)]
