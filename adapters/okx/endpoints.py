"""Where OKX is: its live and its demo network, and how much may be asked."""

from typing import Final

import msgspec


class Endpoints(msgspec.Struct, frozen=True, kw_only=True):
    """Addresses of one network.

    Accounts of some regions have other hosts (e.g. my.okx.com): they are given in the configuration.
    """

    rest_url: str
    public_url: str  # websocket
    private_url: str  # websocket
    is_demo: bool = False  # signed requests carry the mark of the demo network


LIVE: Final = Endpoints(
    rest_url="https://www.okx.com",
    public_url="wss://ws.okx.com:8443/ws/v5/public",
    private_url="wss://ws.okx.com:8443/ws/v5/private",
)
DEMO: Final = Endpoints(
    rest_url="https://www.okx.com",
    public_url="wss://wspap.okx.com:8443/ws/v5/public",
    private_url="wss://wspap.okx.com:8443/ws/v5/private",
    is_demo=True,
)
