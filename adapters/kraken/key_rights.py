"""What a key may do, by the venue's own word."""

from typing import Final

from adapters.kraken.private_wire import decode_key_information
from adapters.kraken.rest import KEY_INFORMATION, PrivateRest, RefusedError
from adapters.network.request_budget import Purpose
from core.ports.keys import KeyRight, KeyRights

_RIGHTS: Final = {
    "query-funds": KeyRight.READ,
    "query-open-trades": KeyRight.READ,
    "query-closed-trades": KeyRight.READ,
    "query-ledger": KeyRight.READ,
    "modify-trades": KeyRight.TRADE,
    "close-trades": KeyRight.TRADE,
    "withdraw-funds": KeyRight.WITHDRAW,
    "add-withdraw-address": KeyRight.WITHDRAW,
    "update-withdraw-address": KeyRight.WITHDRAW,
}
NEEDED: Final = (
    "query-funds",
    "query-open-trades",
    "query-closed-trades",
    "modify-trades",
    "close-trades",
    "create-ws-token",
)
_NOT_OFFERED: Final = "EGeneral:Unknown"


async def read_key_rights(rest: PrivateRest) -> KeyRights:
    """Ask the venue; raises as `PrivateRest.ask` does, but for an account where the question is not offered.

    Nothing else tells of the right to withdraw without trying to, so there the rights stay unknown.
    """
    try:
        information = await rest.ask(KEY_INFORMATION, {}, decode_key_information, Purpose.RECONCILE)
    except RefusedError as error:
        if all(text.startswith(_NOT_OFFERED) for text in error.errors):
            return KeyRights(rights=None, detail="Kraken does not tell this account what its keys may do")
        raise
    permissions = information.permissions
    missing = [name for name in NEEDED if name not in permissions]
    return KeyRights(
        rights=frozenset(_RIGHTS[name] for name in permissions if name in _RIGHTS),
        detail=f"for trading the key lacks {', '.join(missing)}" if missing else "",
    )
