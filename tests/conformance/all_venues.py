"""Every venue that passes the suite."""

from typing import Final

from tests.conformance.contract import VenueUnderTest
from tests.conformance.venues.binance import BINANCE_SPOT, BINANCE_USDM
from tests.conformance.venues.ccxt_exchange import CCXT
from tests.conformance.venues.coinbase import COINBASE
from tests.conformance.venues.hyperliquid import HYPERLIQUID
from tests.conformance.venues.interactive_brokers import INTERACTIVE_BROKERS
from tests.conformance.venues.kraken import KRAKEN
from tests.conformance.venues.okx import OKX

VENUES: Final[tuple[VenueUnderTest, ...]] = (
    BINANCE_SPOT,
    BINANCE_USDM,
    KRAKEN,
    OKX,
    COINBASE,
    HYPERLIQUID,
    INTERACTIVE_BROKERS,
    CCXT,
)
