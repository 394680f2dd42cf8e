"""One thing that happened to a running job: what its timeline is drawn from."""

from decimal import Decimal
from enum import StrEnum

import msgspec


class JobEventKind(StrEnum):
    """What happened. The first five are of one leg, the others of the whole job."""

    SENT = "sent"  # an order of the leg was journaled and goes to its venue
    FILLED = "filled"  # an execution was booked
    ENDED = "ended"  # an order ended short of its quantity: cancelled, rejected, expired
    DOUBTED = "doubted"  # the venue has not answered
    REFUSED = "refused"  # the gate said no: nothing was sent
    MOVED = "moved"  # the job entered another phase
    DISTURBED = "disturbed"  # the venue changed a leg's position by itself
    FINISHED = "finished"  # told as ended, the first time or again
    REOPENED = "reopened"  # an order moved after the end: the job levels what that left


class JobEvent(msgspec.Struct, frozen=True, array_like=True):
    """What happened, and how leg and job stand from then on."""

    at_ns: int
    kind: JobEventKind
    leg: int | None  # index into the job's legs; None for the whole job
    state: str  # of the leg (see `leg_state`), or the job's phase or outcome
    quantity: Decimal  # that was sent or filled; 0 for anything else
    filled_quantity: Decimal  # of the leg until then, what was given back left in
    naked_quantity: Decimal  # of the job from then on, in units of the primary leg, signed like a position there
    text: str = ""  # why


class JobEvents(msgspec.Struct, frozen=True):
    """The newest events of a job, oldest first, and how many came before them."""

    kept: list[JobEvent] = []
    left_out: int = 0
