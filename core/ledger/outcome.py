"""What folding a fact did to the ledger, as values, and how the ledger asks for instrument rules."""

from decimal import Decimal
from typing import Protocol

import msgspec

from core.types.instrument import Instrument, InstrumentId


class InstrumentLookup(Protocol):
    """Find the rules of an instrument, None where they are not known (yet); a dict's `get` is one."""

    def __call__(self, instrument_id: InstrumentId, /) -> Instrument | None: ...


class Booked(msgspec.Struct, frozen=True):
    """Money or quantity moved; `realised` is the profit a fill realised, in the quote currency."""

    realised: Decimal


class AlreadyBooked(msgspec.Struct, frozen=True):
    """The same fill or payment came again and changed nothing."""

    identity: str


class Held(msgspec.Struct, frozen=True):
    """The instrument's rules are unknown: kept until `Ledger.instrument_known`, equity is unknown meanwhile."""

    instrument_id: InstrumentId


class LedgerFault(msgspec.Struct, frozen=True):
    """A fact that cannot be money; it changed nothing, and equity is unknown until the venue is reconciled."""

    at_ns: int
    venue: str
    reason: str


LedgerOutcome = Booked | AlreadyBooked | Held | LedgerFault
