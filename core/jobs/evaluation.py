"""The risk hub's verdict on one job: every control of the table, the decision and the scores. Pure."""

from collections.abc import Callable, Sequence

from core.jobs.controls.case import JobCase, open_case, scores_of
from core.jobs.controls.finding import JobFinding, limit_text, missing, observed_text
from core.jobs.controls.leg import LegSight
from core.jobs.controls.table import (
    BIT,
    CONTROLS,
    DROP_BITS,
    LEG_BITS,
    SOFT_BITS,
    VENUE_BITS,
    Control,
    OfAccount,
    OfJob,
    OfLeg,
    OfStrategy,
    OfVenue,
)
from core.jobs.controls.venue import VenueSight
from core.jobs.market import AccountLook, JobMarket, VenueLook
from core.jobs.rulebook import Rulebook
from core.jobs.verdict import JobDecision, JobVerdict
from core.risk.verdict import UNKNOWN, Check
from core.types.job import HedgeJob

Found = tuple[tuple[str, JobFinding], ...]  # where, with the finding


def evaluate(job: HedgeJob, market: JobMarket, rules: Rulebook) -> JobVerdict:
    """Apply every control; a control that lacks its input or fails to judge refuses."""
    case = open_case(job, market, rules)
    found = [_apply(control, case) for control in CONTROLS]
    mask = _mask(found)
    decision, lifted = decide(mask, market.account), lifted_bits(market.account)
    scores = scores_of(case)
    return JobVerdict(
        decision=decision,
        safety=scores.safety,
        volume=scores.volume,
        final=scores.final,
        checks=tuple(_check(control, each, lifted) for control, each in zip(CONTROLS, found, strict=True)),
        under_override=decision is JobDecision.ACCEPTED and mask != 0,
    )


def checks_of(job: HedgeJob, market: JobMarket, rules: Rulebook, mask: int) -> tuple[Check, ...]:
    """Put some controls of a job into words, named by their bits; the others are not looked at."""
    case, lifted = open_case(job, market, rules), lifted_bits(market.account)
    return tuple(_check(control, _apply(control, case), lifted) for control in CONTROLS if mask & BIT[control.name])


def failed_controls(case: JobCase) -> int:
    """Return the failed controls of a job as bits, without putting any into words."""
    return _mask([_apply(control, case) for control in CONTROLS])


def _mask(found: list[Found]) -> int:
    return sum(BIT[control.name] for control, each in zip(CONTROLS, found, strict=True) if not _passed(each))


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
    mask = 0
    for bit, judge in _OF_ACCOUNT:
        try:
            passed = judge(account, rules).passed
        except Exception:  # fails closed: what cannot be judged is refused
            passed = False
        if not passed:
            mask |= bit
    return mask


def strategy_mask(account: AccountLook, strategy: str) -> int:
    """Return the failed controls on a strategy."""
    mask = 0
    for bit, judge in _OF_STRATEGY:
        try:
            passed = judge(account, strategy).passed
        except Exception:  # as above
            passed = False
        if not passed:
            mask |= bit
    return mask


def venue_mask(venue: VenueLook | None, rules: Rulebook) -> int:
    """Return the failed controls on a venue; all of them where it is not known."""
    if venue is None:
        return VENUE_BITS
    sight, mask = VenueSight(venue, rules), 0
    for bit, judge in _OF_VENUE:
        try:
            passed = judge(sight).passed
        except Exception:  # as above
            passed = False
        if not passed:
            mask |= bit
    return mask


def leg_masks(sights: Sequence[LegSight | None]) -> list[int]:
    """Return the failed controls on each instrument; all of them where it or its venue is not known.

    One control after the other: code that was used a moment ago is still at hand, which halves the time.
    """
    masks = [LEG_BITS if sight is None else 0 for sight in sights]
    known = [(at, sight) for at, sight in enumerate(sights) if sight is not None]
    for bit, passes in _OF_LEG:
        for at, sight in known:
            try:
                passed = passes(sight)
            except Exception:  # as above
                passed = False
            if not passed:
                masks[at] |= bit
    return masks


_OF_ACCOUNT = tuple((BIT[each.name], each.what.judge) for each in CONTROLS if isinstance(each.what, OfAccount))
_OF_STRATEGY = tuple((BIT[each.name], each.what.judge) for each in CONTROLS if isinstance(each.what, OfStrategy))
_OF_VENUE = tuple((BIT[each.name], each.what.judge) for each in CONTROLS if isinstance(each.what, OfVenue))
_OF_LEG = tuple((BIT[each.name], each.what.passes) for each in CONTROLS if isinstance(each.what, OfLeg))


def _apply(control: Control, case: JobCase) -> Found:
    match control.what:
        case OfAccount(judge):
            return (("", _found(lambda: judge(case.account, case.rules))),)
        case OfStrategy(judge):
            return (("", _found(lambda: judge(case.account, case.job.strategy))),)
        case OfJob(judge):
            return (("", _found(lambda: judge(case))),)
        case OfLeg():
            return tuple(
                (str(leg.instrument_id), _of_leg(control.what, sight))
                for leg, sight in zip(case.job.legs, case.sights, strict=True)
            )
        case OfVenue(judge):
            return tuple((name, _of_venue(judge, case, name)) for name in case.job.venues)


def _of_venue(judge: Callable[[VenueSight], JobFinding], case: JobCase, name: str) -> JobFinding:
    look = case.market.venues.get(name)
    return missing("account") if look is None else _found(lambda: judge(VenueSight(look, case.rules)))


def _of_leg(what: OfLeg, sight: LegSight | None) -> JobFinding:
    if sight is None:
        return missing("market data")
    return _found(
        lambda: JobFinding(what.passes(sight), "{}", lambda: what.tell(sight)[0], lambda: what.tell(sight)[1])
    )


def _found(judge: Callable[[], JobFinding]) -> JobFinding:
    try:
        return judge()
    except Exception as error:  # as above
        return _unjudgeable(error)


def _unjudgeable(error: Exception) -> JobFinding:
    return JobFinding(False, "{}", "something that can be judged", f"{UNKNOWN}{type(error).__name__}: {error}")


def _passed(found: Found) -> bool:
    return all(finding.passed for _, finding in found)


def _check(control: Control, found: Found, lifted: int) -> Check:
    """Put a control into words: the legs that failed, else all of them."""
    passed = _passed(found)
    told = [each for each in found if not each[1].passed] or list(found)
    observed = [(where, _words(lambda finding=finding: observed_text(finding))) for where, finding in told]
    if all(text.startswith(UNKNOWN) for _, text in observed):
        wheres = ", ".join(where for where, _ in observed if where)
        text = f"{observed[0][1]}{f' of {wheres}' if wheres else ''}"
    else:
        text = ", ".join(f"{where} {text}" if where else text for where, text in observed)
    return Check(
        rule=control.name,
        hardness=control.hardness,
        unit=control.unit,
        limit=_words(lambda: limit_text(told[0][1])),
        observed=text,
        passed=passed,
        lifted=not passed and bool(BIT[control.name] & lifted),
    )


def _words(tell: Callable[[], str]) -> str:
    """Return a text; a number that cannot be written must not keep a verdict from being told."""
    try:
        return tell()
    except Exception as error:  # as above
        return f"{UNKNOWN}{type(error).__name__}: {error}"
