"""The two markets of Binance, and how each names and numbers things."""

from enum import StrEnum

from core.types.instrument import AssetType


class BinanceMarket(StrEnum):
    """The value is the venue's name in the configuration."""

    SPOT = "binance"
    USDM = "binanceusdm"

    @property
    def asset_type(self) -> AssetType:
        return AssetType.CRYPTO_SPOT if self is BinanceMarket.SPOT else AssetType.PERPETUAL
