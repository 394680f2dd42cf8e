"""A key as every store keeps it: a JSON object of its parts."""

import msgspec

from adapters.keys.fields import make_credentials
from adapters.keys.key_name import KeyName, KeyRefusedError
from core.ports.keys import KeyStoreError
from core.types.credentials import Credentials, Secret

MAX_ENTRY_BYTES = 1 << 16


def write_entry(credentials: Credentials) -> Secret:
    return Secret(msgspec.json.encode({name: part.reveal() for name, part in credentials.fields.items()}).decode())


def read_entry(name: KeyName, text: Secret, place: str) -> Credentials:
    """Read what a store holds; raise KeyStoreError, naming the place, where it is no key of that venue."""
    try:
        return make_credentials(name, parse_parts(text))
    except KeyRefusedError as error:
        problem = str(error)
    raise KeyStoreError(f"{place}: {problem}")


def parse_parts(text: Secret) -> dict[str, Secret]:
    """Read a JSON object of texts; raise KeyRefusedError that shows none of it."""
    parts = _decode(text)
    if isinstance(parts, str):
        raise KeyRefusedError(f'a key must be a JSON object of texts, such as {{"api_key": "…"}}: {parts}')
    return parts


def _decode(text: Secret) -> dict[str, Secret] | str:
    try:
        found = msgspec.json.decode(text.reveal(), type=dict[str, str])
    except msgspec.DecodeError as error:  # says where and of which type, and nothing of the text
        return str(error)
    except UnicodeError:  # its text would show some of it
        return "it has letters that are none"
    return {name: Secret(part) for name, part in found.items()}
