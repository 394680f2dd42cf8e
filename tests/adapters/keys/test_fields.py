"""The parts of each venue's key and the form they must have; no complaint shows what was given."""

import base64

import ccxt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from adapters.keys.fields import FIELDS, fields_of, labels_of, make_credentials
from adapters.keys.key_name import KeyName, KeyRefusedError, key_name
from core.types.credentials import Credentials, Secret
from tests.adapters.keys.marker import told_by

PLAIN = {"api_key": "a" * 20, "secret": "b" * 20}
HEX = "0123456789abcdef" * 4
BASE64 = base64.b64encode(bytes(range(64))).decode()
ADDRESS = "0x" + "ab" * 20
NAME = "organizations/11111111-2222-3333-4444-555555555555/apiKeys/66666666-7777-8888-9999-000000000000"


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, password: bytes | None = None) -> str:
    protection = NoEncryption() if password is None else BestAvailableEncryption(password)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection).decode()


PEM = pem(ec.generate_private_key(ec.SECP256R1()))


def made(venue: str, parts: dict[str, str]) -> dict[str, str]:
    key = make_credentials(KeyName(venue), {name: Secret(text) for name, text in parts.items()})
    return {name: key.reveal(name) for name in key.fields}


GOOD = {
    "binance": PLAIN,
    "binanceusdm": PLAIN,
    "bybit": PLAIN,
    "okx": {**PLAIN, "passphrase": "with blanks in it"},
    "coinbase": {"key_name": NAME, "private_key": PEM},
    "kraken": {"api_key": "a" * 20, "secret": BASE64},
    "krakenfutures": {"api_key": "a" * 20, "secret": BASE64},
    "hyperliquid": {"account_address": ADDRESS, "private_key": "0x" + HEX},
    "paradex": {"account_address": "0x" + HEX[:63], "private_key": "0x" + HEX[:63]},
}


def test_every_venue_of_the_table_takes_a_good_key_as_it_is():
    assert {venue: made(venue, parts) for venue, parts in GOOD.items()} == GOOD
    assert set(GOOD) == set(FIELDS)


def test_any_exchange_of_ccxt_takes_a_pair_with_or_without_a_passphrase():
    for exchange in sorted(set(ccxt.exchanges) - set(FIELDS)):
        assert [field.name for field in fields_of(exchange)] == ["api_key", "secret", "passphrase"]
    assert made("bitget", PLAIN) == PLAIN
    assert made("bitget", {**PLAIN, "passphrase": ""}) == PLAIN
    assert made("bitget", {**PLAIN, "password": "pass phrase"}) == {**PLAIN, "passphrase": "pass phrase"}


def test_a_key_is_taken_as_the_venue_hands_it_out():
    assert made("coinbase", {"name": NAME, "privateKey": PEM.replace("\n", "\\n")}) == GOOD["coinbase"]
    assert made("binance", {"apiKey": " " + PLAIN["api_key"] + "\n", "secret": PLAIN["secret"]}) == PLAIN


@pytest.mark.parametrize(
    ("venue", "part", "text", "said"),
    [
        ("binance", "secret", "two words here", "one word of 8 plain characters or more"),
        ("binance", "secret", "sh0rt", "one word of 8 plain characters or more"),
        ("binance", "secret", "x" * 5000, "at most 4096 characters; this has 5000"),
        ("okx", "passphrase", "sh0rt", "one line of 8 plain characters or more"),
        ("okx", "passphrase", "over two\nlines", "one line of 8 plain characters or more"),
        ("kraken", "secret", "not-base64-at-all!", "base64 of 16 bytes or more"),
        ("kraken", "secret", BASE64[:-1], "base64 of 16 bytes or more"),
        ("kraken", "secret", "YWJjZGVmZ2g=", "base64 of 16 bytes or more"),
        ("hyperliquid", "private_key", HEX[:-1], "64 hexadecimal digits, 0x before or not; this has 63 characters"),
        ("hyperliquid", "private_key", HEX[:-1] + "g", "a private key of 64 hexadecimal digits"),
        ("hyperliquid", "private_key", "0" * 64, "a private key of 64 hexadecimal digits"),
        ("hyperliquid", "private_key", "f" * 64, "a private key of 64 hexadecimal digits"),
        ("hyperliquid", "account_address", HEX, "an address of 40 hexadecimal digits"),
        ("paradex", "private_key", "f" * 64, "a private key of at most 64 hexadecimal digits"),
        ("coinbase", "key_name", "organizations/a", "organizations/ID/apiKeys/ID"),
        ("coinbase", "private_key", "-----BEGIN EC PRIVATE KEY-----\nabc\n-----END EC PRIVATE KEY-----", "in PEM"),
        ("coinbase", "private_key", pem(ec.generate_private_key(ec.SECP384R1())), "EC private key (P-256)"),
        ("coinbase", "private_key", pem(rsa.generate_private_key(65537, 2048)), "EC private key (P-256)"),
        ("coinbase", "private_key", pem(ec.generate_private_key(ec.SECP256R1()), b"pw"), "in PEM without a password"),
    ],
)  # fmt: skip
def test_a_malformed_part_is_told_by_name_and_form_and_never_by_value(venue: str, part: str, text: str, said: str):
    with pytest.raises(KeyRefusedError) as refused:
        made(venue, {**GOOD[venue], part: text})
    assert str(refused.value).startswith(f"{venue}/main: {part} must ")
    assert said in str(refused.value)
    assert text.strip() not in str(refused.value)


def test_a_malformed_part_is_in_no_local_of_the_traceback():
    with pytest.raises(KeyRefusedError) as refused:
        made("kraken", {**GOOD["kraken"], "secret": "not-base64-at-all!"})
    assert "not-base64" not in told_by(refused.value)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"api_key": "a" * 20}, "okx/main: secret is missing; the parts of this key are api_key, secret, passphrase"),
        (
            {**GOOD["okx"], "pin": "1234"},
            "okx/main: the key has no part 'pin'; its parts are api_key, secret, passphrase",
        ),
    ],
)
def test_missing_and_unknown_parts_are_told_with_what_there_is(parts: dict[str, str], said: str):
    with pytest.raises(KeyRefusedError) as refused:
        made("okx", parts)
    assert str(refused.value) == said


@pytest.mark.parametrize(
    ("venue", "said"),
    [
        ("binanc", "there is no venue 'binanc' (did you mean 'binance'?); known are binance, "),
        ("sim-a", "sim-a is simulated and takes no key"),
        ("zzzzzzzzz", "there is no venue 'zzzzzzzzz'; known are binance"),
    ],
)
def test_a_venue_that_takes_no_key_is_refused(venue: str, said: str):
    with pytest.raises(KeyRefusedError) as refused:
        fields_of(venue)
    assert said in str(refused.value)


@pytest.mark.parametrize(("venue", "account"), [("../x", "main"), ("Binance", "main"), ("binance", ""), ("okx", "a.b")])
def test_names_that_no_file_or_keyring_could_keep_are_refused(venue: str, account: str):
    with pytest.raises(KeyRefusedError, match="must be small letters"):
        key_name(venue, account)


def test_lists_show_four_characters_of_each_end_of_a_label_and_fewer_of_a_short_one():
    def labels(venue: str, parts: dict[str, str]) -> dict[str, str]:
        return labels_of(Credentials(venue=venue, fields={name: Secret(text) for name, text in parts.items()}))

    long = "abcd" + "-" * 40 + "wxyz"
    assert labels("binance", {"api_key": long, "secret": "s" * 40}) == {"api_key": "abcd…wxyz"}
    assert labels("binance", {"api_key": "abcdefgh", "secret": "s" * 40}) == {"api_key": "a…h"}
    assert labels("coinbase", GOOD["coinbase"]) == {"key_name": "orga…0000"}
    assert labels("hyperliquid", GOOD["hyperliquid"]) == {"account_address": "0xab…abab"}
