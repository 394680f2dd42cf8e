"""What a key may do at the venue. An agent's key trades and cannot withdraw; the key of the account itself can."""

import re
from typing import Final

from adapters.hyperliquid.account_wire import decode_role
from adapters.hyperliquid.info import Info
from core.ports.keys import KeyRight, KeyRights
from core.types.credentials import Credentials, KeyField

PRIVATE_KEY: Final = "private_key"
ACCOUNT_ADDRESS: Final = "account_address"
KEY_FIELDS: Final = (
    KeyField(name=ACCOUNT_ADDRESS, prompt="address of the account", is_secret=False),
    KeyField(name=PRIVATE_KEY, prompt="private key of an API wallet (agent) of that account"),
)

_ADDRESS: Final = re.compile(r"(?:0x)?([0-9a-fA-F]{40})")  # as the key store takes it
_MAY_WITHDRAW: Final = (
    "this is the key of the account itself, which can withdraw: it is not used; make an API wallet (agent) for the "
    "account and give its key"
)


class KeyRightsError(Exception):
    """A key may do too much or too little; the text holds no part of it."""


def account_address(credentials: Credentials) -> str:
    """Return the account's address as the venue writes it; raise KeyRightsError where it is none."""
    found = _ADDRESS.fullmatch(credentials.reveal(ACCOUNT_ADDRESS).strip())
    if found is None:
        raise KeyRightsError("the address of the account is not 0x and 40 hexadecimal digits")
    return f"0x{found[1].lower()}"


class KeyCheck:
    """Finds out what one key may do for one account."""

    def __init__(self, info: Info, key_address: str, account: str) -> None:
        self._info = info
        self._key_address = key_address.lower()
        self._account = account

    @property
    def is_of_the_account(self) -> bool:
        return self._key_address == self._account

    async def rights(self) -> KeyRights:
        """Ask the venue; raise InfoError without an answer."""
        if self.is_of_the_account:
            everything = frozenset({KeyRight.READ, KeyRight.TRADE, KeyRight.WITHDRAW})
            return KeyRights(rights=everything, detail=_MAY_WITHDRAW)
        found = await self._info.ask({"type": "userRole", "user": self._key_address}, decode_role)
        owner = None if found.data is None or found.data.user is None else found.data.user.lower()
        if found.role == "agent" and owner == self._account:
            return KeyRights(rights=frozenset({KeyRight.READ, KeyRight.TRADE}), detail="an agent: it cannot withdraw")
        if found.role == "missing":
            return KeyRights(rights=frozenset(), detail="the venue does not know this key: approve it as an agent")
        return KeyRights(rights=frozenset(), detail=f"the key is of another account ({found.role}), not an agent of it")

    async def demand_trade_only(self) -> None:
        """Raise KeyRightsError unless the key may trade for the account and cannot withdraw."""
        found = await self.rights()
        if found.rights is None or KeyRight.TRADE not in found.rights or KeyRight.WITHDRAW in found.rights:
            raise KeyRightsError(f"hyperliquid: {found.detail}")
