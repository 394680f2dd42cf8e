"""Verify the tokens of a client as Coinbase does: who signed, for which request, when, and never twice."""

import base64
import json
from collections.abc import Callable, Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
LONGEST_LIFE_S = 120


class TokenError(Exception):
    """The token proves nothing."""


class TokenCheck:
    """Knows public keys by their names; `now_s` is the venue's clock."""

    def __init__(self, keys: Mapping[str, PublicKey], now_s: Callable[[], float]) -> None:
        self._keys = dict(keys)
        self._now_s = now_s
        self._nonces: set[str] = set()

    def user(self, token: str, uri: str | None) -> str:
        """Return the key's name; raise TokenError. `uri` is ``METHOD host/path``, None on a websocket."""
        try:
            head, body, signature = token.split(".")
            header, claims = json.loads(_decoded(head)), json.loads(_decoded(body))
            raw = _decoded(signature)
        except ValueError as error:
            raise TokenError("not a token") from error
        key = self._keys.get(header.get("kid"))
        if key is None or claims.get("sub") != header["kid"]:
            raise TokenError("unknown key")
        self._verify(key, header.get("alg"), f"{head}.{body}".encode(), raw)
        if claims.get("iss") not in {"cdp", "coinbase-cloud"}:
            raise TokenError("wrong issuer")
        if not claims["nbf"] - 1 <= self._now_s() <= claims["exp"] or claims["exp"] - claims["nbf"] > LONGEST_LIFE_S:
            raise TokenError("not valid at this time")
        told = claims.get("uri", (claims.get("uris") or [None])[0])
        if uri is not None and (told is None or told.replace("http://", "") != uri):
            raise TokenError(f"made for {told}, used for {uri}")
        nonce = header.get("nonce")
        if not nonce or nonce in self._nonces:
            raise TokenError("used before")
        self._nonces.add(nonce)
        return header["kid"]

    def _verify(self, key: PublicKey, algorithm: str, text: bytes, raw: bytes) -> None:
        try:
            if isinstance(key, ec.EllipticCurvePublicKey):
                if algorithm != "ES256" or len(raw) != 64:
                    raise TokenError("not ES256")
                r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
                key.verify(encode_dss_signature(r, s), text, ec.ECDSA(SHA256()))
            else:
                if algorithm != "EdDSA":
                    raise TokenError("not EdDSA")
                key.verify(raw, text)
        except InvalidSignature as error:
            raise TokenError("wrong signature") from error


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
