"""What the order gate may know of the job behind an order."""

from decimal import Decimal
from typing import Final

from core.engine.account_reads import AccountReads
from core.engine.fold import EngineFold
from core.execution.allowances import job_look
from core.jobs.controls.case import pool_of
from core.risk.view import JobLook
from core.types.order import OrderIntent

ZERO: Final = Decimal(0)


class JobLooks:
    """Look at a running job as if the order in question did not exist."""

    def __init__(self, fold: EngineFold, reads: AccountReads) -> None:
        self._fold = fold
        self._reads = reads

    def look(self, intent: OrderIntent) -> JobLook | None:
        """Return what the order's job allows on its leg; None for an order without a running job."""
        tag = intent.job
        run = None if tag is None else self._fold.runs.get(tag.job_id)
        if tag is None or run is None or not 0 <= tag.leg < len(run.job.legs):
            return None
        reserves = self._fold.capital.job_legs(tag.job_id)
        return job_look(
            run,
            tag,
            without=intent.client_order_id,
            account_reads=tuple(self._reads.read(leg.venue) for leg in run.job.legs),
            pool=pool_of(run.job),
            claim_left_usd=ZERO if reserves is None else reserves[tag.leg].free_usd,
        )
