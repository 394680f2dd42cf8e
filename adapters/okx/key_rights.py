"""What a key of OKX may do, as the venue tells it."""

from typing import Final

from adapters.okx.answers import ConfigRow
from core.ports.keys import KeyRight, KeyRights

_RIGHTS: Final = {"read_only": KeyRight.READ, "trade": KeyRight.TRADE, "withdraw": KeyRight.WITHDRAW}


def rights_of(config: ConfigRow) -> KeyRights:
    """Return the rights in an account's configuration; None where it tells of none."""
    told = [word.strip() for word in config.perm.split(",") if word.strip()]
    unknown = [word for word in told if word not in _RIGHTS]
    details = [f"bound to {config.ip}" if config.ip else "usable from any address"]
    if unknown:
        details.append(f"unknown rights: {', '.join(unknown)[:80]}")
    if not told or unknown:  # a right that is not known may be any
        return KeyRights(rights=None, detail=", ".join(details))
    return KeyRights(rights=frozenset(_RIGHTS[word] for word in told), detail=", ".join(details))
