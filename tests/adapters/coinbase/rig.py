"""A loopback Coinbase with two funded users, and whatever a test lets trade there."""

import time
from collections.abc import Mapping
from functools import cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from core.types.credentials import Credentials, Secret
from core.types.order import Side
from tests.venues.coinbase.exchange import Product
from tests.venues.coinbase.server import LoopbackCoinbase

OURS = "organizations/1/apiKeys/ours"
THEIRS = "organizations/1/apiKeys/theirs"


class WallClock:
    """This machine's clock; its steady side may be put forward, so that nobody has to wait for a limit."""

    def __init__(self) -> None:
        self._ahead_ns = 0

    def utc_ns(self) -> int:
        return time.time_ns()

    def monotonic_ns(self) -> int:
        return time.monotonic_ns() + self._ahead_ns

    def pass_by(self, seconds: float) -> None:
        self._ahead_ns += int(seconds * 1e9)


@cache
def key_of(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def pem(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> str:
    form = serialization.PrivateFormat.TraditionalOpenSSL
    if isinstance(key, ed25519.Ed25519PrivateKey):
        form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def credentials(name: str = OURS, private_key: str | None = None) -> Credentials:
    secret = pem(key_of(name)) if private_key is None else private_key
    return Credentials(venue="coinbase", fields={"key_name": Secret(name), "private_key": Secret(secret)})


def loopback(*, skew_s: float = 0.0, more_keys: Mapping[str, object] | None = None) -> LoopbackCoinbase:
    """Return a venue with books around 100 in BTC-USD and 10 in ETH-USD; BTC-USDC shares the first."""
    keys = {name: key_of(name).public_key() for name in (OURS, THEIRS)}
    products = [Product("BTC-USD"), Product("ETH-USD"), Product("BTC-USDC", alias="BTC-USD")]
    venue = LoopbackCoinbase(products, {**keys, **(more_keys or {})}, skew_s=skew_s)
    venue.exchange.fund(OURS, USD="10000", BTC="5", ETH="0")
    venue.exchange.fund(THEIRS, USD="10000", BTC="5")
    return venue


def fill_books(venue: LoopbackCoinbase) -> None:
    """Let the crowd rest twenty levels on each side; needs a running loop."""
    for product_id, middle in (("BTC-USD", 100), ("ETH-USD", 10)):
        for n in range(1, 21):
            venue.exchange.crowd(product_id, Side.BUY, f"0.{n:02d}", f"{middle - 0.01 * n:.2f}")
            venue.exchange.crowd(product_id, Side.SELL, f"0.{n:02d}", f"{middle + 0.01 * n:.2f}")
