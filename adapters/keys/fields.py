"""What the key of each venue is made of, and what each part must look like."""

from collections.abc import Mapping
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from adapters.keys.forms import Form, complaint, tidy
from adapters.keys.key_name import KeyName, KeyRefusedError
from core.types.credentials import Credentials, KeyField, Secret


class AskedField(KeyField, frozen=True, kw_only=True):
    """A part of a key with the form it must have."""

    form: Form = Form.WORD
    is_optional: bool = False
    is_label: bool = False  # its ends are shown in lists, to tell keys apart


_API_KEY: Final = AskedField(name="api_key", prompt="API key", is_label=True)
_SECRET: Final = AskedField(name="secret", prompt="API secret")
_BASE64_SECRET: Final = AskedField(name="secret", prompt="Private key of the API key", form=Form.BASE64)
_PASSPHRASE: Final = AskedField(name="passphrase", prompt="Passphrase of the API key", form=Form.PHRASE)
_ADDRESS: Final = AskedField(
    name="account_address",
    prompt="Address of the account",
    is_secret=False,
    form=Form.ETHEREUM_ADDRESS,
    is_label=True,
)
_PAIR: Final = (_API_KEY, _SECRET)
_GENERIC: Final = (*_PAIR, AskedField(name="passphrase", prompt="Passphrase", form=Form.PHRASE, is_optional=True))

FIELDS: Final[Mapping[str, tuple[AskedField, ...]]] = {
    "binance": _PAIR,
    "binanceusdm": _PAIR,
    "bybit": _PAIR,
    "okx": (*_PAIR, _PASSPHRASE),
    "coinbase": (
        AskedField(name="key_name", prompt="Name of the key", is_secret=False, form=Form.COINBASE_NAME, is_label=True),
        AskedField(name="private_key", prompt="Private key (PEM)", form=Form.EC_PEM),
    ),
    "kraken": (_API_KEY, _BASE64_SECRET),
    "krakenfutures": (_API_KEY, _BASE64_SECRET),
    "hyperliquid": (
        _ADDRESS,
        AskedField(name="private_key", prompt="Private key of the agent (API wallet)", form=Form.SECP256K1_KEY),
    ),
    "paradex": (
        AskedField(
            name="account_address",
            prompt="Address of the Paradex account",
            is_secret=False,
            form=Form.STARK_ADDRESS,
            is_label=True,
        ),
        AskedField(name="private_key", prompt="Private key of the subkey", form=Form.STARK_KEY),
    ),
}
_OTHER_NAMES: Final = {"apiKey": "api_key", "privateKey": "private_key", "name": "key_name", "password": "passphrase"}
"""As the files that venues hand out call them, and ccxt."""


def fields_of(venue: str) -> tuple[AskedField, ...]:
    """Return the parts of a venue's key; raise KeyRefusedError for a venue that nobody can trade at."""
    if venue in FIELDS:
        return FIELDS[venue]
    exchanges = _exchanges_of_ccxt()
    if venue in exchanges:
        return _GENERIC
    if venue.startswith("sim-"):
        raise KeyRefusedError(f"{venue} is simulated and takes no key")
    close = get_close_matches(venue, sorted({*FIELDS, *exchanges}), n=1)
    nearest = f" (did you mean {close[0]!r}?)" if close else ""
    known = ", ".join(FIELDS)
    raise KeyRefusedError(f"there is no venue {venue!r}{nearest}; known are {known} and every exchange of ccxt")


def make_credentials(name: KeyName, parts: Mapping[str, Secret]) -> Credentials:
    """Make a key out of its parts; raise KeyRefusedError naming the part that is missing, unknown or malformed."""
    fields = fields_of(name.venue)
    known = {field.name for field in fields}
    given = {part if part in known else _OTHER_NAMES.get(part, part): text for part, text in parts.items()}
    allowed = ", ".join(f"{field.name} (optional)" if field.is_optional else field.name for field in fields)
    for unknown in sorted(set(given) - known):
        raise KeyRefusedError(f"{name}: the key has no part {unknown[:40]!r}; its parts are {allowed}")
    made: dict[str, Secret] = {}
    for field in fields:
        text = tidy_part(field, given.get(field.name, Secret("")))
        if text is None and not field.is_optional:
            raise KeyRefusedError(f"{name}: {field.name} is missing; the parts of this key are {allowed}")
        if text is None:
            continue
        if (problem := part_problem(field, text)) is not None:
            raise KeyRefusedError(f"{name}: {field.name} {problem}")
        made[field.name] = text
    return Credentials(venue=name.venue, account=name.account, fields=made)


def tidy_part(field: AskedField, text: Secret) -> Secret | None:
    """Return a part as it is kept, None for nothing at all."""
    tidied = Secret(tidy(field.form, text.reveal()))
    return tidied if tidied.reveal().strip() else None


def part_problem(field: AskedField, text: Secret) -> str | None:
    return complaint(field.form, text.reveal())


def labels_of(credentials: Credentials) -> dict[str, str]:
    """Return the ends of what tells keys apart, at most four characters each, and nothing of any other part."""
    return {
        field.name: _ends(credentials.reveal(field.name))
        for field in fields_of(credentials.venue)
        if field.is_label and field.name in credentials.fields
    }


def _ends(text: str) -> str:
    shown = min(4, len(text) // 8)
    return f"{text[:shown]}…{text[-shown:]}" if shown else "…"


def _exchanges_of_ccxt() -> frozenset[str]:
    """List the exchanges by their files: importing ccxt takes seconds."""
    spec = find_spec("ccxt")
    folders = [] if spec is None else list(spec.submodule_search_locations or [])
    return frozenset(file.stem for folder in folders for file in Path(folder, "abstract").glob("[a-z]*.py"))
