"""Which held order an order at the venue belongs to, and what it does for it."""

from enum import StrEnum

import msgspec


class HeldRole(StrEnum):
    """What an order at the venue does for a held one."""

    ENTRY = "entry"
    LIMIT = "limit"  # the limit order that rests: take profit of a bracket, other half of a pair
    STOP = "stop"  # what the trigger sends


class HeldTag(msgspec.Struct, frozen=True, kw_only=True):
    """Carried by every order sent for a held one: the intent itself is the proof that it was sent."""

    held_id: str
    role: HeldRole
