"""The forms that parts of keys have. A complaint says what is allowed and never what was found."""

import base64
import binascii
import re
from collections.abc import Callable
from enum import StrEnum
from typing import Final

LEAST_SECRET_CHARACTERS: Final = 8
"""A shorter one could not be masked in logs without masking half of every line."""
_MOST_CHARACTERS: Final = 4096
_LEAST_BASE64_BYTES: Final = 16
_HEX: Final = re.compile(r"(?:0x)?[0-9a-fA-F]+")
_COINBASE_NAME: Final = re.compile(r"organizations/[0-9a-fA-F-]{36}/apiKeys/[0-9a-fA-F-]{36}")
# What a private key must be below, and above zero: the orders of the two curves' groups.
_SECP256K1_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_STARK_ORDER: Final = 0x0800000000000010FFFFFFFFFFFFFFFFB781126DCAE7B2321E66A241ADC64D2F


class Form(StrEnum):
    WORD = "a word"
    PHRASE = "a phrase"
    BASE64 = "base64"
    SECP256K1_KEY = "a private key of secp256k1"
    STARK_KEY = "a private key of the Stark curve"
    ETHEREUM_ADDRESS = "an Ethereum address"
    STARK_ADDRESS = "an address on Starknet"
    EC_PEM = "an EC private key in PEM"
    COINBASE_NAME = "the name of a Coinbase key"


def tidy(form: Form, text: str) -> str:
    """Take off what comes along when a key is copied: blanks around it, line ends written as backslash and n."""
    text = text.strip()
    return text.replace("\\n", "\n").strip() + "\n" if form is Form.EC_PEM else text


def complaint(form: Form, text: str) -> str | None:
    """Return what a part must be, None where it is."""
    if len(text) > _MOST_CHARACTERS:
        return f"must have at most {_MOST_CHARACTERS} characters; this has {len(text)}"
    wanted = _CHECKS[form](text)
    return None if wanted is None else f"must be {wanted}; this has {len(text.strip())} characters and is not"


def _word(text: str) -> str | None:
    is_good = len(text) >= LEAST_SECRET_CHARACTERS and text.isascii() and text.isprintable() and " " not in text
    return None if is_good else f"one word of {LEAST_SECRET_CHARACTERS} plain characters or more, without blanks"


def _phrase(text: str) -> str | None:
    is_good = len(text) >= LEAST_SECRET_CHARACTERS and text.isascii() and text.isprintable()
    return None if is_good else f"one line of {LEAST_SECRET_CHARACTERS} plain characters or more"


def _base64(text: str) -> str | None:
    try:
        is_good = len(base64.b64decode(text, validate=True)) >= _LEAST_BASE64_BYTES
    except (binascii.Error, ValueError):
        is_good = False
    return None if is_good else f"base64 of {_LEAST_BASE64_BYTES} bytes or more"


def _hex_below(limit: int, most_digits: int, least_digits: int, what: str) -> Callable[[str], str | None]:
    def check(text: str) -> str | None:
        digits = text.removeprefix("0x")
        is_hex = _HEX.fullmatch(text) is not None and least_digits <= len(digits) <= most_digits
        return None if is_hex and 0 < int(digits, 16) < limit else what

    return check


def _coinbase_name(text: str) -> str | None:
    return None if _COINBASE_NAME.fullmatch(text) else "organizations/ID/apiKeys/ID as Coinbase shows it"


def _ec_pem(text: str) -> str | None:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - heavy, and only for such a key
    from cryptography.hazmat.primitives.asymmetric.ec import (  # noqa: PLC0415 - as above
        SECP256R1,
        EllipticCurvePrivateKey,
    )
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415 - as above

    try:
        key = load_pem_private_key(text.encode(), password=None)
        is_good = isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: it wants a password
        is_good = False
    return None if is_good else "an EC private key (P-256) in PEM without a password, from -----BEGIN to END-----"


_CHECKS: Final[dict[Form, Callable[[str], str | None]]] = {
    Form.WORD: _word,
    Form.PHRASE: _phrase,
    Form.BASE64: _base64,
    Form.SECP256K1_KEY: _hex_below(
        _SECP256K1_ORDER, 64, 64, "a private key of 64 hexadecimal digits, 0x before or not"
    ),
    Form.STARK_KEY: _hex_below(
        _STARK_ORDER, 64, 32, "a private key of at most 64 hexadecimal digits, 0x before or not"
    ),
    Form.ETHEREUM_ADDRESS: _hex_below(1 << 160, 40, 40, "an address of 40 hexadecimal digits, 0x before or not"),
    Form.STARK_ADDRESS: _hex_below(1 << 252, 64, 32, "an address of at most 64 hexadecimal digits, 0x before or not"),
    Form.EC_PEM: _ec_pem,
    Form.COINBASE_NAME: _coinbase_name,
}
