"""What a held order asks for. Each becomes a fact or a request; then it is asked again."""

from decimal import Decimal

import msgspec

from core.held.look import Seen
from core.types.held_order import HeldOutcome
from core.types.held_tag import HeldRole


class Trigger(msgspec.Struct, frozen=True):
    seen: Seen


class Send(msgspec.Struct, frozen=True, kw_only=True):
    """Send an order of this role; it takes its prices from the held order."""

    role: HeldRole
    quantity: Decimal
    is_blind: bool = False  # the account could not be read since the orders before it ended


class Cancel(msgspec.Struct, frozen=True):
    client_order_id: str


class AskAccount(msgspec.Struct, frozen=True):
    venue: str


class End(msgspec.Struct, frozen=True):
    outcome: HeldOutcome
    reason: str


Action = Trigger | Send | Cancel | AskAccount | End
