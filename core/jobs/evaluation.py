"""The risk hub's verdict on one job: every control of the table, the decision and the scores. Pure."""

from core.jobs.controls.case import JobCase, open_case, scores_of
from core.jobs.controls.finding import JobFinding, limit_text, missing, text_of
from core.jobs.controls.leg import LegSight, sight_of
from core.jobs.controls.table import (
    BIT,
    CONTROLS,
    DROP_BITS,
    LEG_BITS,
    SOFT_BITS,
    Control,
    OfAccount,
    OfJob,
    OfLeg,
    OfStrategy,
)
from core.jobs.market import AccountLook, JobMarket
from core.jobs.rulebook import Rulebook
from core.jobs.verdict import JobDecision, JobVerdict
from core.risk.verdict import UNKNOWN, Check
from core.types.instrument import InstrumentId
from core.types.job import HedgeJob

Found = tuple[tuple[str, JobFinding], ...]  # where, with the finding


def evaluate(job: HedgeJob, market: JobMarket, rules: Rulebook) -> JobVerdict:
    """Apply every control; a control that lacks its input or fails to judge refuses."""
    case = open_case(job, market, rules)
    found = [_apply(control, case) for control in CONTROLS]
    mask = sum(BIT[control.name] for control, each in zip(CONTROLS, found, strict=True) if not _passed(each))
    decision = decide(mask, market.account)
    scores = scores_of(case)
    return JobVerdict(
        decision=decision,
        safety=scores.safety,
        volume=scores.volume,
        final=scores.final,
        checks=tuple(_check(control, each) for control, each in zip(CONTROLS, found, strict=True)),
        under_override=decision is JobDecision.ACCEPTED and mask != 0,
    )


def mask_of(verdict: JobVerdict) -> int:
    """Return the failed controls of a verdict as bits."""
    return sum(BIT[check.rule] for check in verdict.checks if not check.passed)


def lifted_bits(account: AccountLook) -> int:
    """Return the controls that a person has lifted at this moment: soft ones, never a hard one."""
    return SOFT_BITS if account.is_override_active else 0


def decide(mask: int, account: AccountLook) -> JobDecision:
    """Decide by the failed controls; while an instrument is not known, nothing is judged to be hopeless."""
    standing = mask & ~lifted_bits(account)
    if not standing:
        return JobDecision.ACCEPTED
    if standing & DROP_BITS and not standing & BIT["known_instrument"]:
        return JobDecision.REFUSED
    return JobDecision.WAITING


def account_mask(account: AccountLook, rules: Rulebook) -> int:
    """Return the failed controls on the account."""
    return sum(
        BIT[control.name]
        for control in CONTROLS
        if isinstance(control.what, OfAccount) and not _of_account(control.what, account, rules).passed
    )


def strategy_mask(account: AccountLook, strategy: str) -> int:
    """Return the failed controls on a strategy."""
    return sum(
        BIT[control.name]
        for control in CONTROLS
        if isinstance(control.what, OfStrategy) and not _of_strategy(control.what, account, strategy).passed
    )


def leg_mask(instrument_id: InstrumentId, market: JobMarket, rules: Rulebook) -> int:
    """Return the failed controls on an instrument and its venue; all of them where either is not known."""
    sight = sight_of(instrument_id, market, rules)
    if sight is None:
        return LEG_BITS
    return sum(BIT[name] for name, what in _LEG_CONTROLS if not _of_leg(what, sight).passed)


_LEG_CONTROLS = tuple((control.name, control.what) for control in CONTROLS if isinstance(control.what, OfLeg))


def _apply(control: Control, case: JobCase) -> Found:
    match control.what:
        case OfAccount():
            return (("", _of_account(control.what, case.account, case.rules)),)
        case OfStrategy():
            return (("", _of_strategy(control.what, case.account, case.job.strategy)),)
        case OfJob():
            return (("", _of_job(control.what, case)),)
        case OfLeg():
            return tuple(
                (str(leg.instrument_id), _of_known_leg(control.what, sight))
                for leg, sight in zip(case.job.legs, case.sights, strict=True)
            )


def _of_known_leg(what: OfLeg, sight: LegSight | None) -> JobFinding:
    return missing("market data") if sight is None else _of_leg(what, sight)


def _of_leg(what: OfLeg, sight: LegSight) -> JobFinding:
    try:
        return what.judge(sight)
    except Exception as error:  # fails closed: what cannot be judged is refused
        return _unjudgeable(error)


def _of_account(what: OfAccount, account: AccountLook, rules: Rulebook) -> JobFinding:
    try:
        return what.judge(account, rules)
    except Exception as error:  # as above
        return _unjudgeable(error)


def _of_strategy(what: OfStrategy, account: AccountLook, strategy: str) -> JobFinding:
    try:
        return what.judge(account, strategy)
    except Exception as error:  # as above
        return _unjudgeable(error)


def _of_job(what: OfJob, case: JobCase) -> JobFinding:
    try:
        return what.judge(case)
    except Exception as error:  # as above
        return _unjudgeable(error)


def _unjudgeable(error: Exception) -> JobFinding:
    return JobFinding(False, "{}", "something that can be judged", f"{UNKNOWN}{type(error).__name__}: {error}")


def _passed(found: Found) -> bool:
    return all(finding.passed for _, finding in found)


def _check(control: Control, found: Found) -> Check:
    """Put a control into words: the legs that failed, else all of them."""
    told = [each for each in found if not each[1].passed] or list(found)
    observed = [(where, text_of(finding.observed)) for where, finding in told]
    if all(text.startswith(UNKNOWN) for _, text in observed):
        wheres = ", ".join(where for where, _ in observed if where)
        text = f"{observed[0][1]}{f' of {wheres}' if wheres else ''}"
    else:
        text = ", ".join(f"{where} {text}" if where else text for where, text in observed)
    return Check(
        rule=control.name,
        hardness=control.hardness,
        unit=control.unit,
        limit=limit_text(told[0][1]),
        observed=text,
        passed=_passed(found),
    )
