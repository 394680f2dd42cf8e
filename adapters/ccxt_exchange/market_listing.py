"""Read what an exchange trades, and pick what is configured."""

from collections.abc import Iterable, Mapping
from typing import Final

from adapters.ccxt_exchange.exchange_choice import ExchangeRefusedError
from adapters.ccxt_exchange.instruments import UnsupportedMarketError, read_markets
from adapters.ccxt_exchange.library import Client
from adapters.ccxt_exchange.settings import ExchangeSettings
from adapters.instrument_selection import UnknownSymbolError, named, select_instruments
from core.types.instrument import AssetType, Instrument

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


def demand_own_bases(picked: Iterable[Instrument]) -> None:
    """Raise ExchangeRefusedError for two spot markets of one base: its one balance would be a position in both."""
    owners: dict[str, Instrument] = {}
    for instrument in picked:
        other = owners.setdefault(instrument.base, instrument)
        if instrument.asset_type is AssetType.CRYPTO_SPOT and other is not instrument:
            raise ExchangeRefusedError(
                f"{instrument.venue}: {other.symbol} and {instrument.symbol} would share the balance of "
                f"{instrument.base}, so neither position could be told; trade one of them"
            )
