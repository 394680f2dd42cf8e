"""Tokens of requests: verified as the venue does it, each another one, and no key shows itself."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from adapters.coinbase.signing import KEY_FIELDS, Signer, UnusableKeyError
from core.types.credentials import Credentials, Secret
from tests.adapters.coinbase.rig import OURS, credentials, key_of, pem
from tests.venues.coinbase.jwt_check import TokenCheck, TokenError

NOW = 1_800_000_000
URI = "POST api.coinbase.com/api/v3/brokerage/orders"


def check(public_key=None, now: float = NOW) -> TokenCheck:
    return TokenCheck({OURS: public_key or key_of(OURS).public_key()}, lambda: now)


def test_a_token_proves_its_key_for_its_request_for_two_minutes_and_once() -> None:
    token = Signer(credentials()).token(NOW, URI)
    verifier = check()
    assert verifier.user(token, URI) == OURS
    with pytest.raises(TokenError, match="used before"):
        verifier.user(token, URI)
    with pytest.raises(TokenError, match="made for"):
        check().user(token, URI.replace("POST", "GET"))
    for now in (NOW - 60, NOW + 120):
        with pytest.raises(TokenError, match="not valid at this time"):
            check(now=now).user(token, URI)
    with pytest.raises(TokenError, match="wrong signature"):
        check(key_of("another").public_key()).user(token, URI)


def test_no_two_tokens_are_alike() -> None:
    signer, verifier = Signer(credentials()), check()
    for _ in range(50):
        assert verifier.user(signer.token(NOW, URI), URI) == OURS


def test_a_key_is_read_as_the_venue_hands_it_out() -> None:
    seed = ed25519.Ed25519PrivateKey.generate()
    raw = seed.private_bytes_raw()
    whole = base64.b64encode(raw + seed.public_key().public_bytes_raw()).decode()
    one_line = pem(key_of(OURS)).replace("\n", "\\n")
    for text, public in (
        (one_line, key_of(OURS).public_key()),
        (whole, seed.public_key()),
        (base64.b64encode(raw).decode(), seed.public_key()),
        (pem(seed), seed.public_key()),
    ):
        assert check(public).user(Signer(credentials(OURS, text)).token(NOW, URI), URI) == OURS


MARK = "s3cretmark"


@pytest.mark.parametrize(
    "text",
    [MARK, "", f"-----BEGIN EC PRIVATE KEY-----\n{MARK}\n-----END EC PRIVATE KEY-----",
     base64.b64encode(MARK.encode()).decode(), pem(ec.generate_private_key(ec.SECP384R1()))],
)  # fmt: skip
def test_a_key_that_cannot_sign_is_refused_without_a_part_of_it(text: str) -> None:
    with pytest.raises(UnusableKeyError) as caught:
        Signer(credentials(OURS, text))
    assert MARK not in f"{caught.value!r}"
    assert caught.value.__cause__ is None


def test_a_key_of_another_kind_or_with_a_part_missing_is_refused() -> None:
    strange = rsa.generate_private_key(65537, 2048)
    from cryptography.hazmat.primitives import serialization

    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with pytest.raises(UnusableKeyError, match="another kind"):
        Signer(credentials(OURS, strange.private_bytes(*form).decode()))
    with pytest.raises(UnusableKeyError, match="no private_key"):
        Signer(Credentials(venue="coinbase", fields={"key_name": Secret(OURS)}))


def test_a_signer_shows_no_key() -> None:
    signer = Signer(credentials())
    assert "PRIVATE" not in f"{signer!r} {signer}"
    assert [(field.name, field.is_secret) for field in KEY_FIELDS] == [("key_name", False), ("private_key", True)]
