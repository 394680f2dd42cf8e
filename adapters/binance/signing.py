"""Sign requests: parameters become a query once, in their order, and the signature is over just that text."""

import base64
import hmac
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import quote, urlencode

from core.types.credentials import Credentials, KeyField, Secret

API_KEY: Final = "api_key"
SECRET: Final = "secret"  # noqa: S105 - the name of a part of a key
PRIVATE_KEY: Final = "private_key"

KEY_FIELDS: Final = (KeyField(name=API_KEY, prompt="API Key"), KeyField(name=SECRET, prompt="Secret Key"))
ED25519_KEY_FIELDS: Final = (
    KeyField(name=API_KEY, prompt="API Key"),
    KeyField(name=PRIVATE_KEY, prompt="Private key (PEM) of an Ed25519 key"),
)

Parameters = Iterable[tuple[str, str]]


class UnusableKeyError(ValueError):
    """A key lacks a part or cannot be read; the text holds nothing of it."""


class Signer:
    """Signs with HMAC-SHA256, or with Ed25519 where the key has a private key instead of a secret."""

    def __init__(self, credentials: Credentials) -> None:
        fields = credentials.fields
        if API_KEY not in fields or not (SECRET in fields or PRIVATE_KEY in fields):
            raise UnusableKeyError(
                f"the key of {credentials.venue} has {', '.join(sorted(fields)) or 'nothing'}; "
                f"needed are {API_KEY} and {SECRET} (or {PRIVATE_KEY})"
            )
        self._api_key = fields[API_KEY]
        self._signature_of = _ed25519(fields[PRIVATE_KEY]) if PRIVATE_KEY in fields else _hmac(fields[SECRET])

    def headers(self) -> dict[str, str]:
        return {"X-MBX-APIKEY": self._api_key.reveal()}

    def signed(self, query: str) -> str:
        """Return the query with its signature behind it."""
        return f"{query}&signature={quote(self._signature_of(query), safe='')}"

    def socket_parameters(self, timestamp_ms: int) -> dict[str, str | int]:
        """Return the signed parameters of a websocket request that has no others; their names are in order."""
        key = self._api_key.reveal()
        signature = self._signature_of(f"apiKey={key}&timestamp={timestamp_ms}")
        return {"apiKey": key, "timestamp": timestamp_ms, "signature": signature}


def query_of(parameters: Parameters) -> str:
    """Return the text that is signed and sent, percent-encoded."""
    return urlencode(list(parameters), quote_via=quote, safe="")


def _hmac(secret: Secret) -> Callable[[str], str]:
    return lambda text: hmac.new(secret.reveal().encode(), text.encode(), "sha256").hexdigest()


def _ed25519(private_key: Secret) -> Callable[[str], str]:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - who has such a key
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415 - as above

    try:
        key = load_pem_private_key(private_key.reveal().encode(), password=None)
    except (ValueError, TypeError):
        raise UnusableKeyError(f"{PRIVATE_KEY} is not the PEM text of a private key without a password") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise UnusableKeyError(f"{PRIVATE_KEY} is not an Ed25519 key")
    return lambda text: base64.b64encode(key.sign(text.encode())).decode()
