"""Signatures of OKX: HMAC-SHA256 in base64 over time, method, path and body.

https://www.okx.com/docs-v5/en/#overview-rest-authentication
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from core.types.credentials import Credentials

# names of the parts of a key
API_KEY: Final = "api_key"
SIGNING_KEY: Final = "secret"
PHRASE: Final = "passphrase"
_NS_PER_S: Final = 1_000_000_000
_NS_PER_MS: Final = 1_000_000
_LOGIN_PATH: Final = "/users/self/verify"


class UnusableKeyError(ValueError):
    """A key lacks a part that requests are signed with."""


class Signer:
    """Signs with one key; shows no part of it."""

    def __init__(self, credentials: Credentials) -> None:
        missing = [name for name in (API_KEY, SIGNING_KEY, PHRASE) if name not in credentials.fields]
        if missing:
            raise UnusableKeyError(f"the key of {credentials.venue} lacks its {', '.join(missing)}")
        self._credentials = credentials

    def headers(self, method: str, path: str, body: bytes, now_ns: int) -> dict[str, str]:
        """Return the headers of a request; `path` with its query."""
        moment = datetime.fromtimestamp(now_ns // _NS_PER_S, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        stamp = f"{moment}.{now_ns % _NS_PER_S // _NS_PER_MS:03d}Z"
        return {
            "OK-ACCESS-KEY": self._credentials.reveal(API_KEY),
            "OK-ACCESS-SIGN": self._sign(f"{stamp}{method}{path}".encode() + body),
            "OK-ACCESS-TIMESTAMP": stamp,
            "OK-ACCESS-PASSPHRASE": self._credentials.reveal(PHRASE),
            "Content-Type": "application/json",
        }

    def login(self, now_ns: int) -> Mapping[str, str]:
        """Return the arguments of a websocket's login."""
        stamp = str(now_ns // _NS_PER_S)
        return {
            "apiKey": self._credentials.reveal(API_KEY),
            "passphrase": self._credentials.reveal(PHRASE),
            "timestamp": stamp,
            "sign": self._sign(f"{stamp}GET{_LOGIN_PATH}".encode()),
        }

    def _sign(self, text: bytes) -> str:
        secret = self._credentials.reveal(SIGNING_KEY).encode()
        return base64.b64encode(hmac.new(secret, text, hashlib.sha256).digest()).decode()
