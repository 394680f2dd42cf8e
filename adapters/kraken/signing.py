"""Signatures of Kraken's private REST interface.

https://docs.kraken.com/api/docs/guides/spot-rest-auth
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from core.ports.transport import HttpRequest
from core.types.credentials import Credentials

API_KEY: Final = "api_key"
SECRET: Final = "secret"  # noqa: S105 - the name of the field, not a secret


class KeyFormatError(ValueError):
    """The credentials are not in the form Kraken gives them out; the text holds no part of them."""


class Signer:
    """Signs with one key.

    Raises
    ------
    KeyFormatError
        A part is missing, or the private key is not base64.
    """

    def __init__(self, credentials: Credentials) -> None:
        try:
            self._api_key = credentials.reveal(API_KEY)
            self._secret = base64.b64decode(credentials.reveal(SECRET), validate=True)
        except KeyError as error:
            raise KeyFormatError(f"Kraken's key needs {API_KEY} and {SECRET}; {error} is missing") from None
        except (binascii.Error, ValueError):
            raise KeyFormatError(f"{SECRET} is not base64, as Kraken's private keys are") from None

    def request(self, rest_url: str, path: str, parameters: Mapping[str, str], nonce: int) -> HttpRequest:
        """Return the signed request; the body goes over the wire as it was signed."""
        body = urlencode({"nonce": str(nonce), **parameters}).encode()
        headers = {
            "API-Key": self._api_key,
            "API-Sign": self.signature(path, nonce, body),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return HttpRequest(method="POST", url=f"{rest_url}{path}", headers=headers, body=body)

    def signature(self, path: str, nonce: int, body: bytes) -> str:
        """Return HMAC-SHA512 of path and SHA256(nonce + body), with the decoded private key, as base64."""
        digest = hashlib.sha256(str(nonce).encode() + body).digest()
        return base64.b64encode(hmac.new(self._secret, path.encode() + digest, hashlib.sha512).digest()).decode()

    def __repr__(self) -> str:
        return "Signer(***)"
