"""Claims of jobs: for all that a leg opens, nothing for what it closes and nobody else does."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from data.journal_audit.amount import ZERO, amount, multiply, plain
from data.journal_audit.finding import Body
from data.journal_audit.job_account import HEDGE, PRIMARY, Job, Leg
from data.journal_audit.money import Money
from data.journal_audit.symbols import named


def claim_flaws(job: Job, claims: list[Body], running: Iterable[Job], money: Money) -> Iterator[str]:
    """Say what is wrong with the claims of a job that starts, and note in its legs what they count on to close."""
    others = [other for other in running if other is not job]
    for leg, claim in zip(job.legs, claims, strict=False):
        if claim.get("closes") is None:
            continue
        leg.closes = amount(claim, "closes")
        held = max(ZERO, money.quantity(leg.book) * (-1 if leg.is_buy else 1))
        promised = sum((_still_closes(each) for other in others for each in other.legs if _is_beside(each, leg)), ZERO)
        if not 0 <= leg.closes <= min(leg.quantity, max(ZERO, held - promised)):
            text = f"closing {plain(leg.closes)} of {plain(held)} {named(leg.book)}, others close {plain(promised)}"
            yield f"job {job.job_id} counts on {text}"
        claimed, worth = amount(claim, "amount_usd"), amount(claim, "leg_usd")
        opens = max(ZERO, leg.quantity - leg.closes)
        if multiply(claimed, leg.quantity) < multiply(worth, opens):
            text = f"{plain(claimed)} USD for {plain(opens)} of {plain(leg.quantity)}, worth {plain(worth)} in all"
            yield f"job {job.job_id} claims {text}"


def _is_beside(one: Leg, other: Leg) -> bool:
    return (one.book, one.is_buy) == (other.book, other.is_buy)


def _still_closes(leg: Leg) -> Decimal:
    return max(ZERO, leg.closes - leg.did(PRIMARY) - leg.did(HEDGE))
