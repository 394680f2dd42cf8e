"""Tokens that prove who asks: a JSON web token for each request, signed with the key's private half.

https://docs.cdp.coinbase.com/get-started/authentication/jwt-authentication
"""

import base64
import binascii
import secrets
from typing import Final

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from core.types.credentials import Credentials, KeyField

KEY_NAME: Final = "key_name"
PRIVATE_KEY: Final = "private_key"
KEY_FIELDS: Final = (
    KeyField(name=KEY_NAME, prompt="API key name (organizations/…/apiKeys/…)", is_secret=False),
    KeyField(name=PRIVATE_KEY, prompt="private key (a PEM text, or the base64 text of an Ed25519 key)"),
)

LIFE_S: Final = 120  # the longest that the venue takes
_BACKDATED_S: Final = 10  # a token from the venue's future is refused, and its clock is known to some milliseconds only
_NUMBER_BYTES: Final = 32  # of each half of a P-256 signature
_SEED_BYTES: Final = 32
_ED25519_BYTES: Final = (_SEED_BYTES, 2 * _SEED_BYTES)  # the seed alone, or with the public half behind it

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


class UnusableKeyError(ValueError):
    """A key cannot sign; the text says why and holds no part of it."""


class Signer:
    """Signs with a P-256 or an Ed25519 key; every token is another one."""

    def __init__(self, credentials: Credentials) -> None:
        try:
            self._name = credentials.reveal(KEY_NAME).strip()
            text = credentials.reveal(PRIVATE_KEY)
        except KeyError as error:
            raise UnusableKeyError(f"the key of {credentials.venue} has no {error.args[0]}") from None
        self._key = _load(text)

    def __repr__(self) -> str:
        return "Signer(***)"

    def token(self, at_s: int, uri: str | None = None) -> str:
        """Return a token for one request, or with no `uri` (``METHOD host/path``) for one message to a websocket."""
        is_ec = isinstance(self._key, ec.EllipticCurvePrivateKey)
        header = {
            "alg": "ES256" if is_ec else "EdDSA",
            "typ": "JWT",
            "kid": self._name,
            "nonce": secrets.token_hex(16),
        }
        begins_s = at_s - _BACKDATED_S
        claims: dict[str, object] = {"sub": self._name, "iss": "cdp", "nbf": begins_s, "exp": begins_s + LIFE_S}
        if uri is not None:
            claims["uri"] = uri
        if not is_ec:  # keys of the newer kind are checked by another service, which asks for these names
            claims["aud"] = ["cdp_service"]
            if uri is not None:
                claims["uris"] = [uri]
        text = f"{_encoded(msgspec.json.encode(header))}.{_encoded(msgspec.json.encode(claims))}"
        return f"{text}.{_encoded(self._sign(text.encode()))}"

    def _sign(self, text: bytes) -> bytes:
        if isinstance(self._key, ed25519.Ed25519PrivateKey):
            return self._key.sign(text)
        r, s = decode_dss_signature(self._key.sign(text, ec.ECDSA(SHA256())))
        return r.to_bytes(_NUMBER_BYTES, "big") + s.to_bytes(_NUMBER_BYTES, "big")


def _load(text: str) -> PrivateKey:
    """Read a key as the venue hands it out, line ends perhaps written as two characters."""
    text = text.replace("\\n", "\n").strip()
    try:
        if not text.startswith("-----BEGIN"):
            raw = base64.b64decode(text, validate=True)
            if len(raw) not in _ED25519_BYTES:
                raise UnusableKeyError("the private key is neither a PEM text nor an Ed25519 key in base64")
            return ed25519.Ed25519PrivateKey.from_private_bytes(raw[:_SEED_BYTES])
        key = load_pem_private_key(text.encode(), password=None)
    except UnusableKeyError:
        raise
    except (ValueError, TypeError, binascii.Error, UnsupportedAlgorithm):
        raise UnusableKeyError("the private key cannot be read: a PEM text or base64 is expected") from None
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise UnusableKeyError("the private key is of another kind than P-256 and Ed25519")


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
