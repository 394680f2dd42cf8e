"""Jobs: what was told of each is what its orders and fills did (G3)."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final, cast

from data.journal_audit.amount import ZERO, amount, differs, plain
from data.journal_audit.closing import claim_flaws
from data.journal_audit.finding import Body, Finding, Row
from data.journal_audit.job_account import HEDGE, PRIMARY, UNWIND, Job, Leg, in_dollars, job_of
from data.journal_audit.money import Money
from data.journal_audit.orders import Life, Orders
from data.journal_audit.symbols import named

JOBS: Final = "jobs"
CENT: Final = Decimal("0.000001")
PRICE_MOVE: Final = Decimal("0.1")  # how far the market may be from the last fill when a job ends


class Jobs:
    """A `Check`; runs after `Orders` and before `Money` have taken the row."""

    def __init__(self, orders: Orders, money: Money) -> None:
        self._orders = orders
        self._money = money
        self._jobs: dict[str, Job] = {}
        self._unpriced = 0

    def take(self, row: Row) -> Iterator[Finding]:
        match row.kind:
            case "JobSubmitted":
                yield from self._submitted(row.sequence, row.body["job"])
            case "JobStarted":
                yield from self._started(row.sequence, row.body)
            case "JobDropped":
                yield from self._dropped(row.sequence, row.body)
            case "JobMoved":
                job = self._jobs.get(str(row.body["job_id"]))
                if job is None or not job.is_running:
                    yield Finding(row.sequence, JOBS, f"job {row.body['job_id']} moved and is not running")
            case "JobFinished":
                yield from self._finished(row.sequence, row.body)
            case "JobReopened":
                yield from self._reopened(row.sequence, str(row.body["job_id"]))
            case "JobCorrected":
                yield from self._corrected(row.sequence, row.body)
            case "InstrumentNoted":
                self._noted(row.body["instrument"])
            case "OrderIntended":
                yield from self._intended(row.sequence, str(row.body["intent"]["client_order_id"]))
            case "OrderFilled":
                yield from self._filled(row.sequence, row.body["fill"])
            case _:
                pass

    # life ------------------------------------------------------------------------------------------

    def _submitted(self, sequence: int, body: Body) -> Iterator[Finding]:
        job = job_of(sequence, body)
        known = self._jobs.get(job.job_id)
        if known is not None:
            text = f"job {job.job_id} was submitted before, in row {known.submitted_at}"
            yield Finding(sequence, JOBS, text)
            return
        self._jobs[job.job_id] = job
        books = [leg.book for leg in job.legs]
        if len(books) < 2 or len(dict.fromkeys(books)) < len(books):
            yield Finding(sequence, JOBS, f"job {job.job_id} has not two or more legs on books of their own")

    def _started(self, sequence: int, body: Body) -> Iterator[Finding]:
        job_id = str(body["job_id"])
        job = self._jobs.get(job_id)
        if job is None:
            yield Finding(sequence, JOBS, f"job {job_id} started and was never submitted")
            return
        if job.started_at is not None or job.dropped_at is not None:
            before = job.started_at or job.dropped_at
            yield Finding(sequence, JOBS, f"job {job_id} started; it had started or ended in row {before}")
        job.started_at = sequence
        for book, size in self._money.sizes.items():
            job.plan_in(book, size)
        claims = cast("list[Body]", body["claims"])
        if [str(claim["venue"]) for claim in claims] != [leg.book[0] for leg in job.legs]:
            yield Finding(sequence, JOBS, f"job {job_id} does not claim once for each leg, at its venue")
        running = (each for each in self._jobs.values() if each.is_running)
        yield from (Finding(sequence, JOBS, text) for text in claim_flaws(job, claims, running, self._money))

    def _noted(self, rules: Body) -> None:
        book, size = (str(rules["venue"]), str(rules["symbol"])), Decimal(str(rules.get("contract_size", 1)))
        for job in self._jobs.values():
            if job.is_running:
                job.plan_in(book, size)

    def _dropped(self, sequence: int, body: Body) -> Iterator[Finding]:
        job = self._jobs.get(str(body["job_id"]))
        if job is None:
            yield Finding(sequence, JOBS, f"job {body['job_id']} was dropped and never submitted")
            return
        if job.started_at is not None:
            yield Finding(sequence, JOBS, f"job {job.job_id} was dropped after it started in row {job.started_at}")
        job.dropped_at = sequence

    def _finished(self, sequence: int, body: Body) -> Iterator[Finding]:
        job = self._jobs.get(str(body["job_id"]))
        if job is None or not job.is_running:
            yield Finding(sequence, JOBS, f"job {body['job_id']} finished and was not running")
            return
        job.finished_at, job.end = sequence, body
        if (job.fills == 0) != (body["outcome"] == "nothing"):
            text = f"job {job.job_id} ended as {body['outcome']} with {job.fills} fills"
            yield Finding(sequence, JOBS, text)
        live = [life.client_order_id for life in self._orders.all_live() if life.job and life.job[0] == job.job_id]
        if live:
            text = f"job {job.job_id} finished while {', '.join(live[:3])} may live"
            yield Finding(sequence, JOBS, text)

    def _reopened(self, sequence: int, job_id: str) -> Iterator[Finding]:
        job = self._jobs.get(job_id)
        if job is None or job.finished_at is None:
            yield Finding(sequence, JOBS, f"job {job_id} was reopened and had not finished")
            return
        job.finished_at, job.late_fill = None, None

    def _corrected(self, sequence: int, body: Body) -> Iterator[Finding]:
        job = self._jobs.get(str(body["job_id"]))
        if job is not None and job.end is None:
            yield Finding(sequence, JOBS, f"job {job.job_id} was corrected and nothing had been told of it")
        elif job is not None and job.end is not None and job.end["outcome"] != body["before"]:
            text = f"job {job.job_id} is corrected from {body['before']}, and {job.end['outcome']} was told"
            yield Finding(sequence, JOBS, text)
        yield from self._finished(sequence, body)

    # orders and fills ------------------------------------------------------------------------------

    def _intended(self, sequence: int, client_order_id: str) -> Iterator[Finding]:
        life = self._orders.get(client_order_id)
        if life is None or life.sequence != sequence or life.job is None:
            return
        job = self._jobs.get(life.job[0])
        if job is None or not job.is_running:
            yield Finding(sequence, JOBS, f"order {client_order_id} is of job {life.job[0]}, which is not running")
            return
        leg = _leg(job, life)
        if leg is None or leg.book != life.book or not _fits(job, leg, life):
            _, number, role = life.job
            side = "buys" if life.is_buy else "sells"
            text = f"order {client_order_id} {side} {named(life.book)} as {role} of leg {number} of job {job.job_id}"
            yield Finding(sequence, JOBS, f"{text}: that is not what the leg is for")

    def _filled(self, sequence: int, fill: Body) -> Iterator[Finding]:
        life = self._orders.get(str(fill["client_order_id"]))
        if life is None or life.job is None or self._money.is_known_fill(fill):
            return
        job = self._jobs.get(life.job[0])
        leg = None if job is None else _leg(job, life)
        if job is None or leg is None:
            return
        role = life.job[2]
        job.book_fill(leg, role, fill)
        if job.finished_at is not None:  # nobody could know of it: what it makes too much has to be levelled
            job.late_fill = job.late_fill or (sequence, str(fill["fill_id"]))
            return
        if role == HEDGE and job.over_hedged(leg):
            text = f"{plain(leg.did(HEDGE))} of {named(leg.book)} hedge {plain(job.legs[0].did(PRIMARY))} filled"
            yield Finding(sequence, JOBS, f"job {job.job_id}: {text}, legs are {_ratio(job, leg)}")
        if role == UNWIND and life.is_buy != leg.is_buy and leg.is_overdrawn:
            text = f"more of {named(leg.book)} is given back than was filled"
            yield Finding(sequence, JOBS, f"job {job.job_id}: {text}")
        if role == UNWIND and life.is_buy == leg.is_buy and leg.share > 0:
            text = f"more of {named(leg.book)} is taken again than was given back too much"
            yield Finding(sequence, JOBS, f"job {job.job_id}: {text}")

    # the end ---------------------------------------------------------------------------------------

    def finish(self) -> Iterator[Finding]:
        for job in self._jobs.values():
            if job.late_fill is not None:
                sequence, fill_id = job.late_fill
                text = f"fill {fill_id} of job {job.job_id} came after it was told finished in row {job.finished_at}"
                yield Finding(sequence, JOBS, f"{text}, and nobody levelled what it left")
            if job.end is not None and job.finished_at is not None:
                yield from self._sums(job, job.finished_at, job.end)

    def _sums(self, job: Job, sequence: int, end: Body) -> Iterator[Finding]:
        if not job.is_in_dollars or not all(self._money.knows_size(book) for book in job.volume):
            self._unpriced += 1
            return
        sizes, rests = {**self._money.sizes, **job.sizes}, job.rests()
        # A rest that is naked is told at the market's price of that moment, which the journal does not hold.
        doubt = sum((abs(in_dollars({book: rest}, sizes)) for book, rest in rests.items()), ZERO) * PRICE_MOVE
        counted = {
            "pnl_usd": (in_dollars(job.cash, sizes) + in_dollars(rests, sizes) - job.fees, CENT + doubt),
            "volume_usd": (in_dollars(job.volume, sizes), CENT),
            "fees_usd": (job.fees, CENT),
            "naked_quantity": (job.naked(), CENT),
        }
        for name, (ours, tolerance) in counted.items():
            said = amount(end, name)
            if differs(said, ours, tolerance):
                text = f"job {job.job_id} tells {name} {plain(said)}; its {job.fills} fills add up to {plain(ours)}"
                yield Finding(sequence, JOBS, text)

    def summary(self) -> dict[str, object]:
        jobs = self._jobs.values()
        outcomes: dict[str, int] = {}
        for job in jobs:
            if job.end is not None:
                outcome = str(job.end["outcome"])
                outcomes[outcome] = outcomes.get(outcome, 0) + 1
        return {
            "jobs": len(self._jobs),
            "jobs_started": sum(job.started_at is not None for job in jobs),
            "jobs_running": [job.job_id for job in jobs if job.is_running],
            "jobs_ended": outcomes,
            "jobs_without_a_price": self._unpriced,
        }


def _leg(job: Job, life: Life) -> Leg | None:
    number = -1 if life.job is None else life.job[1]
    return job.legs[number] if 0 <= number < len(job.legs) else None


def _fits(job: Job, leg: Leg, life: Life) -> bool:
    role = "" if life.job is None else life.job[2]
    is_primary = leg is job.legs[0]
    match role:
        case "primary":
            return is_primary and life.is_buy == leg.is_buy
        case "hedge":
            return not is_primary and life.is_buy == leg.is_buy
        case "unwind":
            return life.is_buy != leg.is_buy or leg.is_overdrawn
        case _:
            return False


def _ratio(job: Job, leg: Leg) -> str:
    return f"{plain(job.legs[0].quantity)} to {plain(leg.quantity)}"
