"""Settings of a USD-M account that orders depend on: position mode and leverage."""

from adapters.binance.answers import decode_leverage, decode_position_mode, decode_symbol_settings
from adapters.binance.signed_rest import SignedRest, VenueReadError
from adapters.binance.trading_endpoints import POSITION_MODE, SET_LEVERAGE, SYMBOL_SETTINGS
from adapters.network.request_budget import Purpose


class HedgeModeError(Exception):
    """The account keeps long and short positions apart, which nothing here counts with."""


async def demand_one_way(rest: SignedRest) -> None:
    """Raise HedgeModeError where the account is in hedge mode, VenueReadError where the venue does not tell."""
    mode = await rest.read(POSITION_MODE, (), decode_position_mode)
    if mode.dual_side_position:
        raise HedgeModeError(
            f"{rest.market.value}: the account is in hedge mode, which is not supported; "
            "close its positions and choose one-way mode in the venue's preferences"
        )


async def read_leverage(rest: SignedRest, venue_symbol: str) -> int:
    """Return the leverage that is set for a symbol; raise VenueReadError where the venue does not tell."""
    rows = await rest.read(SYMBOL_SETTINGS, (("symbol", venue_symbol),), decode_symbol_settings)
    leverage = next((row.leverage for row in rows if row.symbol == venue_symbol), None)
    if leverage is None:
        raise VenueReadError(f"the leverage of {venue_symbol} is not told")
    return leverage


async def set_leverage(rest: SignedRest, venue_symbol: str, leverage: int) -> int:
    """Set a symbol's leverage and return what the venue says it is now; raise VenueReadError where it refuses.

    Asking twice changes nothing more, so an answer that was lost may be asked for again.
    """
    if leverage < 1:
        raise ValueError(f"leverage {leverage} of {venue_symbol} is below 1")
    parameters = (("symbol", venue_symbol), ("leverage", str(leverage)))
    answer = await rest.read(SET_LEVERAGE, parameters, decode_leverage, Purpose.READ)
    if answer.leverage != leverage:
        raise VenueReadError(f"the leverage of {venue_symbol} is {answer.leverage}, asked was {leverage}")
    return answer.leverage
