"""From the configuration to the exchange it names."""

from adapters.ccxt_exchange.settings import ExchangeSettings
from core.config.venues import CcxtVenueConfig


def exchange_settings(name: str, venue: CcxtVenueConfig) -> ExchangeSettings:
    """Return how the venue called `name` here is reached."""
    return ExchangeSettings(
        exchange=venue.exchange,
        symbols=venue.symbols,
        name=name,
        testnet=venue.testnet,
        rest_url=venue.rest_url,
        ws_url=venue.ws_url,
        rate_limit_share=venue.rate_limit_share,
        may_replace_native=venue.use_ccxt_anyway,
        client_order_id_param=venue.client_order_id_param,
    )
