"""Why something is halted: who raised it, when, what still leaves, and what lifts it."""

from collections.abc import Iterable, Sequence
from typing import Final

from core.engine.explaining.rows import fact, section
from core.risk.halts import RESUME_WORD, Cause
from core.state.explanation import ExplainedRow, ExplainedSection
from core.types.control import Blocker, HaltLevel

_STILL_LEAVES: Final = {
    HaltLevel.NORMAL: "everything that the gate approves",
    HaltLevel.REDUCE_ONLY: "orders that reduce or complete a begun hedge, and cancels",
    HaltLevel.CANCEL_ONLY: "cancels",
    HaltLevel.HALTED: "cancels, and the kill switch's flattening",
    HaltLevel.FLATTEN: "cancels, and what closes positions",
}
_ENDS_BY_ITSELF: Final = {
    "reconciliation": "ends by itself once the venue's account was read and agrees with the journal",
    "storage": "ends with a restart, once the journal can be written again",
    "engine_fault": "ends with a restart; the log says what failed",
    "stopping": "ends with the engine",
}


def what_lifts(blocker: Blocker, is_passing: bool) -> ExplainedRow:
    """Say what it takes to lift a blocker; a passing one is nobody's decision."""
    if is_passing:
        return fact("lifted by", _ENDS_BY_ITSELF.get(blocker.cause, "ends by itself with its cause; no word lifts it"))
    scope = "" if blocker.scope == "global" else f" --scope {blocker.scope}"
    own = f"{{lift-selected}} on the row of the {blocker.scope.partition(':')[0]}" if scope else "{lift-halts}"
    here = "{pause-or-resume}" if blocker.cause == Cause.PAUSE else own
    if blocker.cause == Cause.PAUSE:
        text = f"a person's resume: seraphim resume{scope}"
    elif blocker.level < HaltLevel.HALTED:
        text = f"a person's resume with a reason: seraphim resume{scope} --reason …"
    else:
        text = (
            f"a person's resume with a reason and the word {RESUME_WORD!r}: seraphim resume{scope} --reason … "
            f"--word {RESUME_WORD}"
        )
    return fact("lifted by", text, here=here)


def blocker_rows(blocker: Blocker, is_passing: bool) -> list[ExplainedRow]:
    return [
        fact("what", f"{blocker.level.name.replace('_', ' ')} {blocker.scope.replace(':', ' ')}", mark="failed"),
        fact("why", f"{blocker.cause.replace('_', ' ')}: {blocker.reason or 'no reason was given'}"),
        fact("who", blocker.who),
        fact("since", "", at_ns=blocker.since_ns),
        fact("leaves", _STILL_LEAVES[blocker.level]),
        what_lifts(blocker, is_passing),
    ]


def blocker_sections(blockers: Sequence[Blocker], passing: Iterable[Blocker]) -> list[ExplainedSection]:
    """Return a section for each blocker, the tightest first."""
    ends_alone = {(each.scope, each.cause) for each in passing}
    tightest_first = sorted(blockers, key=lambda blocker: -blocker.level)
    return [
        section(f"halt {index} of {len(blockers)}", blocker_rows(each, (each.scope, each.cause) in ends_alone))
        for index, each in enumerate(tightest_first, 1)
    ]
