"""Keys that make things safer at once, and their riskier twins that ask first."""

from typing import TYPE_CHECKING

import msgspec

from core.control.commands import CancelOrders, Halt, Kill, Pause, Resume, SetRiskMode
from core.risk.halts import GLOBAL, LIFTABLE, RESUME_WORD, Cause
from core.risk.override import is_suspended
from core.types.control import Blocker, RiskMode
from tui.console import dialogs
from tui.console.dialogs.halted import HaltDialog
from tui.present.cells import wrap
from tui.present.ink import Ink, plain
from tui.present.risk import blocker_lines

if TYPE_CHECKING:
    from tui.console.app import ConsoleApp

_MODES = list(RiskMode)  # from the safest to the riskiest


class Safety:
    app: "ConsoleApp"

    def halt(self) -> None:
        """Send the kill first, show its checklist after; a second press sends it again."""
        answer = self.app.sender.send(Kill(reason="kill key in the console"), "HALT")
        top = self.app.dialogs.top
        if isinstance(top, HaltDialog):
            top.resent(answer)
            return
        dialog = HaltDialog(answer, self._ask_flatten, self.app.keys.filled("{halt}"))
        self.app.dialogs.open(dialog)
        dialog.frame(self.app.view)

    def _ask_flatten(self) -> None:
        lines = wrap("Close every position on every venue with reduce-only, price-banded orders.", 60, Ink.STRONG)
        self.app.dialogs.open(dialogs.TypedDialog("FLATTEN", lines, "flatten"), self._flatten)

    def _flatten(self, typed: "dialogs.Typed | None") -> None:
        if typed is None:
            return
        answer = self.app.sender.send(Kill(flatten=True, reason="flatten typed in the console"), "FLATTEN")
        top = self.app.dialogs.top
        if isinstance(top, HaltDialog):
            top.resent(answer)

    def pause(self) -> None:
        self.app.sender.send(Pause(reason="pause key in the console"), "pause")

    def reduce_only(self) -> None:
        command = Halt(scope=GLOBAL, level="reduce_only", reason="reduce-only key in the console")
        self.app.sender.send(command, "reduce-only")

    def cancel_all(self) -> None:
        self.app.sender.send(CancelOrders(), "cancel all orders")

    def pause_or_resume(self) -> None:
        """Pause unless a fresh snapshot says that trading already stands still."""
        standing = self._closing()
        if not standing:
            self.pause()
        elif all(blocker.cause == Cause.PAUSE for blocker in standing):
            text = plain("New jobs and new directional orders will be allowed again.", Ink.STRONG)
            dialog = dialogs.ChoiceDialog(
                "Resume?", [text], [dialogs.Choice("Resume trading", "resume")], self.app.repeat
            )
            self.app.dialogs.open(dialog, lambda answer: self._resume_paused(answer, standing))
        else:
            self._ask_resume("Trading is halted. Resuming lifts the halt, those of venues and strategies too.")

    def lift_halts(self, scope: str = "") -> None:
        """Lift every halt, or those of one scope, with the word and a reason."""
        view = self.app.view
        if view.snapshot is None or view.link.is_late:
            self.app.say("warning", "what stands is not known: the engine is silent")
        elif not self._standing_at(scope):
            self.app.say("hint", f"nothing is halted or paused{f' at {scope}' if scope else ''}")
        elif scope:
            self._ask_resume(f"This lifts what stands at {scope}; everything else stays.", scope)
        else:
            self._ask_resume("This lifts everything that a person can lift.")

    def _standing(self) -> list[Blocker]:
        """Return what blocks now; nothing is known to stand where the snapshot is old."""
        view = self.app.view
        return [] if view.snapshot is None or view.link.is_late else view.snapshot.monitoring.risk.blockers

    def _closing(self) -> list[Blocker]:
        """Return what closes all trading until a person lifts it.

        What an override lets pass does not, and what passes by itself may be gone before a hand is back at the key.
        """
        snapshot = self.app.view.snapshot
        is_overridden = snapshot is not None and snapshot.monitoring.risk.manual_override
        return [
            each
            for each in self._standing()
            if each.scope == GLOBAL and each.cause in LIFTABLE and not (is_overridden and is_suspended(each))
        ]

    def _ask_resume(self, text: str, scope: str = "") -> None:
        shown = self._standing_at(scope)
        lines = [
            *wrap(f"{text} Has its cause gone?", 60),
            *(line for blocker in shown for line in blocker_lines(blocker, None, 60)),
        ]
        dialog = dialogs.TypedDialog("Resume after a halt", lines, RESUME_WORD, asks_reason=True)
        self.app.dialogs.open(dialog, lambda typed: self._resume_halted(typed, scope, shown))

    def _standing_at(self, scope: str) -> list[Blocker]:
        return [blocker for blocker in self._standing() if scope in {"", blocker.scope}]

    def _resume_paused(self, answer: str | None, shown: list[Blocker]) -> None:
        """Lift the pause alone: without a reason the engine lifts nothing else, and names what stands on."""
        if answer is None:
            return
        pauses = [each for each in self._standing_at(GLOBAL) if each.cause == Cause.PAUSE]
        if not self._is_told_of_newer(pauses, shown):
            self._send_resume(Resume(scope=GLOBAL), "resume")

    def _resume_halted(self, typed: "dialogs.Typed | None", scope: str, shown: list[Blocker]) -> None:
        """Lift what was shown; what came since was not agreed to."""
        if typed is None:
            return
        if self.app.view.link.is_late:
            self.app.say("warning", "not resumed: what stands now is not known, the engine is silent")
            return
        if not self._is_told_of_newer(self._standing_at(scope), shown):
            what = f"resume {scope}" if scope else "resume"
            self._send_resume(Resume(reason=typed.reason, word=typed.word, scope=scope), what)

    def _is_told_of_newer(self, standing: list[Blocker], shown: list[Blocker]) -> bool:
        """Say what stands that was not shown; one that was lifted and raised anew is another one."""
        seen = {(each.scope, each.cause, each.level, each.since_ns) for each in shown}
        newer = [each for each in standing if (each.scope, each.cause, each.level, each.since_ns) not in seen]
        if newer:
            told = ", ".join(f"{each.cause} ({each.scope})" for each in newer)
            self.app.say("warning", f"not resumed: {told} came while you were asked; look at it first")
        return bool(newer)

    def _send_resume(self, command: Resume, what: str) -> None:
        """Send it with the time of the picture that was looked at: what comes on its way is not lifted by it."""
        snapshot = self.app.view.snapshot
        seen_ns = None if snapshot is None else snapshot.engine_ns
        self.app.sender.send(msgspec.structs.replace(command, as_of_ns=seen_ns), what)

    def safer_mode(self) -> None:
        """Go one mode down; where the mode of now is not known, down to the safest, which is never a riskier one.

        Another hand may have gone further down by the time that the engine hears of it: it is told not to go up.
        """
        mode = _MODES[0] if self.app.view.link.is_late else self._neighbour_mode(-1)
        if mode is not None:
            self.app.sender.send(SetRiskMode(mode=mode.value, only_safer=True), f"risk mode {mode.value}")

    def riskier_mode(self) -> None:
        mode = self._neighbour_mode(1)
        if mode is None:
            return
        text = f"The risk mode becomes {mode.value.upper()}: smaller edges and wilder markets pass."
        self.app.dialogs.open(dialogs.TypedDialog("Riskier?", wrap(text, 60, Ink.STRONG), mode.value), self._set_mode)

    def _set_mode(self, typed: "dialogs.Typed | None") -> None:
        if typed is not None:
            self.app.sender.send(SetRiskMode(mode=typed.word), f"risk mode {typed.word}")

    def _neighbour_mode(self, step: int) -> RiskMode | None:
        snapshot = self.app.link.latest()
        if snapshot is None:
            self.app.say("warning", "the risk mode is not known yet")
            return None
        now = snapshot.monitoring.global_.risk_mode
        index = _MODES.index(RiskMode(now)) + step
        if 0 <= index < len(_MODES):
            return _MODES[index]
        self.app.say("hint", f"{now} is the {'safest' if step < 0 else 'riskiest'} mode already")
        return None
