"""After a kill: what each venue confirmed and what is left there, followed until nothing is or time is up."""

import shutil
import sys
import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple, cast

from tui.cli import engine
from tui.cli.exits import CommandError, ExitCode
from tui.cli.output import note, say
from tui.cli.tables import utc_text

STATE: Final = "/api/monitoring/state"
READ_TIMEOUT_S: Final = 2.0
POLL_S: Final = 0.2
STANDS: Final = (
    "The halt stands and the engine goes on by itself; `seraphim status` shows it, and only `seraphim resume"
    " --reason … --word resume` lifts it"
)
UP_AND_CLEAR: Final = "\x1b[{lines}F\x1b[J"


class Seen(NamedTuple):
    """The checklist as it was last read, None where the engine has none, and what it comes to in a sentence."""

    kill: engine.Body | None
    message: str


class KillChecklist:
    """Ask again and again and show one line a venue, in place on a terminal, else whenever a line changed."""

    def __init__(self, *, is_shown: bool) -> None:
        self._is_shown = is_shown
        self._is_terminal = is_shown and sys.stdout.isatty()
        self._painted: list[str] = []
        self._trouble = ""

    def follow(self, timeout_s: float, answer: str, *, flatten: bool) -> Seen:
        """Return once the engine says that the halt has reached its end.

        Raises CommandError with what is left where `timeout_s` is over, the halt is lifted, the engine is gone or the
        wait is interrupted.
        """
        deadline, newest = time.monotonic() + timeout_s, None
        try:
            while True:
                state = self._read()
                if state is not None:
                    if "kill" not in state:
                        return _without_checklist(answer, flatten=flatten)
                    newest = engine.table(state, "kill")
                    if not newest:
                        raise CommandError(ExitCode.FAILED, f"{answer}; but the halt has been lifted meanwhile")
                    self._show(newest)
                    if newest.get("is_finished") is True and newest.get("is_journaled") is True:
                        return Seen(newest, _finished(newest))
                if time.monotonic() >= deadline:
                    raise self._unfinished(newest, f"not finished after {timeout_s:g} s")
                time.sleep(POLL_S)
        except KeyboardInterrupt:
            raise self._unfinished(newest, "no longer watched", ExitCode.INTERRUPTED) from None

    def _read(self) -> engine.Body | None:
        try:
            state = engine.read(STATE, timeout_s=READ_TIMEOUT_S)
        except CommandError as error:
            if error.exit_code is ExitCode.NO_ENGINE:
                text = f"the engine ended before its venues had confirmed: {error}. Look at the venues themselves"
                raise CommandError(ExitCode.FAILED, text) from None
            if self._is_shown and not self._trouble:
                note(f"seraphim: {error}; asking again")
            self._trouble = str(error)
            return None
        self._trouble = ""
        return state

    def _show(self, kill: engine.Body) -> None:
        if not self._is_shown:
            return
        lines = [_line(name, venue, is_flattening=_is_flattening(kill)) for name, venue in _venues(kill).items()]
        if lines == self._painted:
            return
        if self._is_terminal:
            columns = shutil.get_terminal_size().columns
            up = UP_AND_CLEAR.format(lines=len(self._painted)) if self._painted else ""
            # Cut, for a line that wraps would not be painted over.
            say(up + "\n".join(line[: columns - 1] for line in lines))
        else:
            for line in lines:
                if line not in self._painted:
                    say(line)
        self._painted = lines

    def _unfinished(self, kill: engine.Body | None, what: str, code: ExitCode = ExitCode.FAILED) -> CommandError:
        left = (
            []
            if kill is None
            else [text for name, venue in _venues(kill).items() if (text := _left(name, venue, kill))]
        )
        if kill is not None and kill.get("is_journaled") is not True:
            left.append("the halt is not in the journal, a restart would not know of it")
        if self._trouble:
            left.append(f"the newest look at it failed ({self._trouble})")
        text = f"{what}: {'; '.join(left) or 'nothing is known of the venues'}. {STANDS}"
        return CommandError(code, text, {"kill": kill})


def _without_checklist(answer: str, *, flatten: bool) -> Seen:
    if flatten:
        text = f"{answer}; but this engine has no checklist: whether it is flat is not verified"
        raise CommandError(ExitCode.FAILED, text)
    return Seen(None, "this engine has no checklist; `seraphim orders` shows what is open")


def _finished(kill: engine.Body) -> str:
    venues = len(_venues(kill))
    if _is_flattening(kill):
        return f"FLAT: {venues} venues' own accounts show no order and no position"
    return f"HALTED: {venues} venues confirmed, no order is left; positions stay"


def _is_flattening(kill: engine.Body) -> bool:
    return kill.get("level") == "flatten"


def _venues(kill: engine.Body) -> dict[str, engine.Body]:
    return {name: cast("engine.Body", venue) for name, venue in engine.table(kill, "venues").items()}


def _line(name: str, venue: engine.Body, *, is_flattening: bool) -> str:
    took_ms = venue.get("acknowledged_ms")
    answer = (
        f"confirmed after {Decimal(str(took_ms)):.0f} ms" if took_ms is not None else f"cancel: {venue.get('answer')}"
    )
    positions = _positions(venue) or "none"
    line = f"{name:<14} {answer:<26} orders left {venue.get('orders_left')}   positions left {positions}"
    if not is_flattening:
        return line
    verified_ns = venue.get("flat_verified_ns")
    return f"{line}   " + ("flat not verified yet" if verified_ns is None else f"flat, verified {_clock(verified_ns)}")


def _left(name: str, venue: engine.Body, kill: engine.Body) -> str:
    """Say what is missing at one venue, nothing where nothing is."""
    missing: list[str] = []
    if venue.get("acknowledged_ns") is None:
        missing.append(f"cancel not confirmed ({venue.get('answer')})")
    if venue.get("orders_left"):
        missing.append(f"{venue.get('orders_left')} orders left")
    if _is_flattening(kill) and venue.get("flat_verified_ns") is None:
        positions = _positions(venue)
        missing.append(f"positions left: {positions}" if positions else "its account has not confirmed that it is flat")
    return f"{name}: {', '.join(missing)}" if missing else ""


def _positions(venue: engine.Body) -> str:
    rows = cast("list[Mapping[str, object]]", venue.get("positions_left") or [])
    return ", ".join(f"{row.get('symbol')} {row.get('quantity')}{_why(row)}" for row in rows)


def _why(row: Mapping[str, object]) -> str:
    return f" ({row['reason']})" if row.get("reason") else ""


def _clock(at_ns: object) -> str:
    return utc_text(int(str(at_ns))).partition(" ")[2] + " UTC"
