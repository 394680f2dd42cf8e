"""What jobs may count on to close of the account's positions, so that no two count on the same."""

from decimal import Decimal
from typing import Final

from core.engine.fold import EngineFold
from core.execution.job_run import JobRun
from core.jobs.market import Closable
from core.types.instrument import InstrumentId
from core.types.order import Order, Side

ZERO: Final = Decimal(0)
InstrumentSide = tuple[InstrumentId, Side]
"""An instrument, and the side of the orders that close."""


class Closings:
    """One look at positions, live orders and running jobs.

    Of a position is taken off what live orders may close of it, what the legs of running jobs have still to trade on
    that side, and what these jobs have opened themselves: until their end that is theirs to give back.
    """

    def __init__(self, fold: EngineFold) -> None:
        self._fold = fold
        self._promised: dict[InstrumentSide, Decimal] = {}
        for run in fold.runs:
            for leg, known in zip(run.job.legs, (each.known for each in run.known_quantities()), strict=True):
                self._promise(leg.instrument_id, leg.side, leg.quantity - known)
                self._promise(leg.instrument_id, leg.side.opposite, known)
        for order in fold.orders.live():
            intent = order.intent
            tag = intent.job
            if not _is_counted(None if tag is None else fold.runs.get(tag.job_id), order):
                self._promise(intent.instrument_id, intent.side, order.remaining_quantity)

    def of(self, instrument_id: InstrumentId, side: Side) -> Closable:
        """Return what an order on a side may count on to close; nothing where no position is known."""
        position = max(ZERO, -side.sign * self._fold.ledger.quantity(instrument_id))
        promised = min(position, self._promised.get((instrument_id, side), ZERO))
        return Closable(position - promised, promised)

    def _promise(self, instrument_id: InstrumentId, side: Side, quantity: Decimal) -> None:
        if quantity > 0:
            on = (instrument_id, side)
            self._promised[on] = self._promised.get(on, ZERO) + quantity


def _is_counted(run: JobRun | None, order: Order) -> bool:
    """Tell whether what is left of an order is part of what its running job has still to trade or to give back."""
    tag = order.intent.job
    return run is not None and tag is not None and 0 <= tag.leg < len(run.job.legs)
