"""Which console alone may raise risk: at most one, for a time. Pure; the engine decides when it ends."""

from collections.abc import Iterable
from typing import Final

import msgspec

from core.control.commands import (
    AmendOrder,
    AnyCommand,
    Arm,
    ManualOverride,
    PlaceOrder,
    Resume,
    SetRiskMode,
    SetSafeMode,
    StartStrategy,
)
from core.state.monitoring import Alert
from core.types.control import RiskMode

MIN_ARMED_S: Final = 1.0
MAX_ARMED_S: Final = 3_600.0
NS_PER_S: Final = 1_000_000_000
_CRITICAL: Final = "critical"
_RISKY: Final = (PlaceOrder, AmendOrder, SetRiskMode, SetSafeMode, StartStrategy, Resume, ManualOverride, Arm)


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """One console's right to be the only one that raises risk; the steady clock ends it, UTC tells people when."""

    console: str
    who: str
    since_ns: int
    until_ns: int
    until_steady_ns: int


def lease_problem(seconds: float) -> str | None:
    """Say why a lease of this length is not given, None where it is."""
    # NaN compares as neither.
    if MIN_ARMED_S <= seconds <= MAX_ARMED_S:
        return None
    return f"`seconds` is {seconds:g}; allowed are {MIN_ARMED_S:g} to {MAX_ARMED_S:g}"


def arming_blocker(alarms: Iterable[Alert]) -> str | None:
    """Say which alarm keeps everybody from arming: a critical one that nobody has acknowledged; None without one."""
    for alarm in alarms:
        if alarm.severity == _CRITICAL and not alarm.acknowledged:
            return f"the critical alarm {alarm.name!r} is not acknowledged: {alarm.text}"
    return None


def raises_risk(command: AnyCommand, risk_mode: RiskMode) -> bool:
    """Tell whether a command may make things riskier; one that cannot be understood may."""
    match command:
        case PlaceOrder():
            return not command.reduce_only
        case SetRiskMode():
            modes = list(RiskMode)  # from the safest to the riskiest
            wanted = command.mode.strip().lower()
            if command.only_safer:
                return False  # the engine holds it to the mode of then
            return wanted not in modes or modes.index(RiskMode(wanted)) > modes.index(risk_mode)
        case SetSafeMode():
            return not command.is_on
        case AmendOrder() | StartStrategy() | Resume() | ManualOverride() | Arm():
            return True
        case _:
            return False


def meant_for(command: AnyCommand, engine_id: str, as_of_ns: int) -> AnyCommand:
    """Return a command that another run of the engine refuses, and this one once the picture behind it is old.

    What only makes things safer goes to any, at any time. A command that names the picture it was decided on keeps it:
    a newer one has come since, perhaps.
    """
    if not isinstance(command, _RISKY):
        return command
    seen_ns = as_of_ns if command.as_of_ns is None else command.as_of_ns
    return msgspec.structs.replace(command, engine=engine_id, as_of_ns=seen_ns)


def is_bound_to_picture(command: AnyCommand, risk_mode: RiskMode) -> bool:
    """Tell whether a command means the market that was seen: every order and amend, and whatever raises risk."""
    return isinstance(command, PlaceOrder | AmendOrder) or raises_risk(command, risk_mode)


def picture_problem(as_of_ns: int | None, now_ns: int, lives_s: float) -> str | None:
    """Say that the picture behind a command is too old to act on, None where it is not, or where nobody says.

    One that lies as far ahead is of a clock that was set back since: nobody knows how old it is.
    """
    if as_of_ns is None or abs(now_ns - as_of_ns) <= lives_s * NS_PER_S:
        return None
    age_s = (now_ns - as_of_ns) / NS_PER_S
    if age_s < 0:
        return (
            f"not carried out: the picture it was decided on lies {-age_s:.0f} s ahead of the engine's clock, which was"
            " set back; look, and give it again"
        )
    return f"not carried out: it came late, the picture it was decided on is {age_s:.0f} s old; look, and give it again"


def minutes(seconds: float) -> str:
    """Write a time as minutes and seconds, e.g. 9:41."""
    whole = max(0, int(seconds))
    return f"{whole // 60}:{whole % 60:02d}"
