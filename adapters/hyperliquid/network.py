"""Where Hyperliquid is reached, and which of its two networks signatures are for."""

from enum import StrEnum
from typing import Final

import msgspec


class HyperliquidNetwork(StrEnum):
    """Part of every signature, and therefore told by the configuration: an address says nothing about it."""

    MAINNET = "mainnet"
    TESTNET = "testnet"


class Endpoints(msgspec.Struct, frozen=True, kw_only=True):
    """Addresses of one network; tests point them at a loopback server."""

    rest_url: str
    stream_url: str

    @property
    def info(self) -> str:
        return f"{self.rest_url}/info"

    @property
    def exchange(self) -> str:
        return f"{self.rest_url}/exchange"


ENDPOINTS: Final = {
    HyperliquidNetwork.MAINNET: Endpoints(
        rest_url="https://api.hyperliquid.xyz", stream_url="wss://api.hyperliquid.xyz/ws"
    ),
    HyperliquidNetwork.TESTNET: Endpoints(
        rest_url="https://api.hyperliquid-testnet.xyz", stream_url="wss://api.hyperliquid-testnet.xyz/ws"
    ),
}
