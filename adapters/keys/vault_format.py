"""The vault as bytes: a header in the clear, the keys under AES-256-GCM, a checksum.

Three lines: the header as JSON, which is also the additional data of the cipher; the cipher's text in base64; SHA-256
of both in hex. The checksum tells a damaged file, before anybody is asked for a passphrase. The header's `check` is the
second half of what was derived and tells a wrong passphrase; it helps to guess one no more than the cipher's own tag
does. What passes both and still does not open was changed by somebody.
"""

import base64
import binascii
import hashlib
import hmac
import os
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from adapters.keys.hidden_bytes import HiddenBytes
from core.ports.keys import KeyStoreError

FORMAT: Final = "seraphim-keys"
VERSION: Final = 1
MAX_VAULT_BYTES: Final = 1 << 20
_SALT_BYTES, _NONCE_BYTES, _HALF_BYTES = 16, 12, 32
# What a foreign file may make this process spend before it is refused.
_MOST_MEMORY_KIB, _MOST_PASSES, _MOST_LANES = 1 << 20, 64, 16


class WrongPassphraseError(KeyStoreError):
    """The vault is whole and opens with another passphrase or key file."""


class DamagedVaultError(KeyStoreError):
    """The vault is not as it was written."""


class Derivation(StrEnum):
    """How the vault's key comes about."""

    PASSPHRASE = "argon2id"  # noqa: S105 - the name of a function
    KEY_FILE = "hkdf-sha256"


class Cost(NamedTuple):
    """What one guess of a passphrase costs; RFC 9106, second recommendation."""

    memory_kib: int = 65_536
    passes: int = 3
    lanes: int = 4


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: str = FORMAT
    version: int = VERSION
    derivation: Derivation
    memory_kib: int
    passes: int
    lanes: int
    salt: bytes  # base64 in the file, as the next two
    check: bytes = b""
    nonce: bytes = b""

    @property
    def cost(self) -> Cost:
        return Cost(self.memory_kib, self.passes, self.lanes)


class VaultKey(HiddenBytes):
    """What was derived: the cipher's key and the half that is compared."""

    @property
    def check(self) -> bytes:
        return self.reveal()[_HALF_BYTES:]

    def encrypt(self, nonce: bytes, content: bytes, header: bytes) -> bytes:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - heavy, for a vault only

        return AESGCM(self.reveal()[:_HALF_BYTES]).encrypt(nonce, content, header)

    def decrypt(self, nonce: bytes, content: bytes, header: bytes) -> bytes | None:
        """Return the content, None where it is not what was encrypted under this key and header."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - heavy, for a vault only
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - as above

        try:
            return AESGCM(self.reveal()[:_HALF_BYTES]).decrypt(nonce, content, header)
        except (InvalidTag, ValueError):
            return None


class SealedVault(NamedTuple):
    """A vault that is whole and not opened yet."""

    header: Header
    header_line: bytes
    content: bytes


def new_header(derivation: Derivation, cost: Cost) -> Header:
    memory_kib, passes, lanes = cost if derivation is Derivation.PASSPHRASE else (0, 0, 0)
    salt = os.urandom(_SALT_BYTES)
    return Header(derivation=derivation, memory_kib=memory_kib, passes=passes, lanes=lanes, salt=salt)


def derive_key(header: Header, secret: HiddenBytes) -> VaultKey:
    """Derive the vault's key; of a passphrase it takes the time and memory that the header names."""
    if header.derivation is Derivation.PASSPHRASE:
        return _derive_slowly(header, secret)
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - heavy, for a vault only
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415 - as above

    return VaultKey(HKDF(SHA256(), 2 * _HALF_BYTES, header.salt, FORMAT.encode()).derive(secret.reveal()))


def _derive_slowly(header: Header, secret: HiddenBytes) -> VaultKey:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - heavy, for a vault only
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id  # noqa: PLC0415 - as above

    memory_kib, passes, lanes = header.cost
    length = 2 * _HALF_BYTES
    try:
        slow = Argon2id(salt=header.salt, length=length, iterations=passes, lanes=lanes, memory_cost=memory_kib)
        return VaultKey(slow.derive(secret.reveal()))
    except UnsupportedAlgorithm:
        problem = "the installed cryptography package knows no argon2id; it needs one built with OpenSSL 3.2 or newer"
    except MemoryError:
        problem = f"opening the vault needs {memory_kib // 1024} MiB of memory, and there is not as much"
    raise KeyStoreError(problem)


def seal(header: Header, key: VaultKey, content: bytes) -> bytes:
    """Write a vault, under a nonce of its own."""
    nonce = os.urandom(_NONCE_BYTES)
    line = msgspec.json.encode(msgspec.structs.replace(header, check=key.check, nonce=nonce))
    body = line + b"\n" + base64.b64encode(key.encrypt(nonce, content, line)) + b"\n"
    return body + hashlib.sha256(body).hexdigest().encode() + b"\n"


def read_sealed(data: bytes) -> SealedVault:
    """Take a vault apart; raise DamagedVaultError where it is not as it was written."""
    lines = data.split(b"\n")
    if len(lines) != 4 or lines[3]:
        raise DamagedVaultError("it is cut short, or no vault at all")
    header_line, content, checksum = lines[:3]
    wanted = hashlib.sha256(data[: len(header_line) + len(content) + 2]).hexdigest().encode()
    if not hmac.compare_digest(checksum, wanted):
        raise DamagedVaultError("its checksum does not fit what is in it")
    header = _read_header(header_line)
    try:
        encrypted = base64.b64decode(content, validate=True)
    except binascii.Error:
        raise DamagedVaultError("its content is not base64") from None
    if base64.b64encode(encrypted) != content:  # the last letter has bits that decode to nothing
        raise DamagedVaultError("its content is not as it is written")
    return SealedVault(header, header_line, encrypted)


def open_sealed(sealed: SealedVault, key: VaultKey) -> bytes:
    """Return what is in a vault; raise WrongPassphraseError or DamagedVaultError."""
    if not hmac.compare_digest(sealed.header.check, key.check):
        raise WrongPassphraseError("wrong")
    content = key.decrypt(sealed.header.nonce, sealed.content, sealed.header_line)
    if content is None:
        raise DamagedVaultError("it was changed by somebody who did not have its key")
    return content


class _Kind(msgspec.Struct, frozen=True):
    format: str
    version: int


def _read_header(line: bytes) -> Header:
    try:
        kind = msgspec.json.decode(line, type=_Kind)
        if kind.format == FORMAT and kind.version > VERSION:
            raise DamagedVaultError(
                f"it is of version {kind.version}, which a newer seraphim wrote; this reads {VERSION}"
            )
        header = msgspec.json.decode(line, type=Header)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise DamagedVaultError(f"its header cannot be read: {error}") from None
    sizes = (len(header.salt), len(header.nonce), len(header.check))
    if header.format != FORMAT or header.version != VERSION or sizes != (_SALT_BYTES, _NONCE_BYTES, _HALF_BYTES):
        raise DamagedVaultError("its header is not one of a vault")
    if header.derivation is Derivation.PASSPHRASE and not _is_bearable(header.cost):
        raise DamagedVaultError("its header asks for more memory or time than any vault is written with")
    return header


def _is_bearable(cost: Cost) -> bool:
    return (
        1 <= cost.passes <= _MOST_PASSES
        and 1 <= cost.lanes <= _MOST_LANES
        and 8 * cost.lanes <= cost.memory_kib <= _MOST_MEMORY_KIB
    )
