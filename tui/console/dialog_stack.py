"""Dialogs over the desk, the newest alone in sight; keys belong to it until it is answered.

One that stays open below is hidden meanwhile: both do not fit a small terminal, and the checklist of a halt must never
be what is cut off.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from textual.app import App
from textual.widget import Widget

from tui.console.dialogs.dialog import Dialog

Answer = TypeVar("Answer")
Engine = tuple[str, str]  # its run, and whether it trades real money
OTHER_ENGINE: Final = "not done: the engine was started anew since this was asked; look at what is now"


class DialogStack:
    """Puts dialogs on the screen and gives the focus back when they are gone.

    An answer is good for the engine that its question was about and for no other: a paper order that was being
    confirmed while the engine came back with real money is not sent.
    """

    def __init__(
        self,
        app: App[Any],
        ready: Callable[[], None],
        engine: Callable[[], Engine | None],
        refuse: Callable[[str], None],
    ) -> None:
        """Take who says which engine is shown now, None before the first picture, and who is told of a refusal."""
        self._app = app
        self._ready = ready
        self._engine = engine
        self._refuse = refuse
        self._open: list[Dialog[Any]] = []
        self.focus_below: Widget | None = None  # what had the focus before the first dialog

    @property
    def top(self) -> Dialog[Any] | None:
        return self._open[-1] if self._open else None

    def open(self, dialog: Dialog[Answer], then: Callable[[Answer | None], None] | None = None) -> None:
        """Show a dialog; `then` gets its answer, None where it was closed without one."""
        while len(self._app.screen_stack) > 1:  # the command palette would hide it
            self._app.pop_screen()
        if not self._open:
            self.focus_below = self._app.screen_stack[0].focused

        asked_of = self._engine()

        def answered(answer: Answer | None) -> None:
            self._close(dialog)
            if then is None:
                return
            is_for_another = answer is not None and asked_of is not None and self._engine() != asked_of
            if is_for_another:
                self._refuse(OTHER_ENGINE)
            then(None if is_for_another else answer)

        dialog.opened(answered, self._show_top)
        self._open.append(dialog)
        self._app.screen_stack[0].mount(dialog)

    def _show_top(self) -> None:
        """Hide what lies below, once the newest has taken the focus from it; then keys can come."""
        for below in self._open[:-1]:
            below.display = False
        self._ready()

    def _close(self, dialog: Dialog[Any]) -> None:
        self._open.remove(dialog)
        dialog.forget_fields()
        dialog.remove()
        self._ready()  # keys held for a dialog that never came go to what is there now
        if self._open:
            self._open[-1].display = True
            self._open[-1].regain_focus()
        elif self.focus_below is not None:
            self._app.screen_stack[0].set_focus(self.focus_below)
            self.focus_below = None
