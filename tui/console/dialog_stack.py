"""Dialogs over the desk, the newest on top; keys belong to the top one until it is answered."""

from collections.abc import Callable
from typing import Any, TypeVar

from textual.app import App
from textual.widget import Widget

from tui.console.dialogs.dialog import Dialog

Answer = TypeVar("Answer")


class DialogStack:
    """Puts dialogs on the screen and gives the focus back when they are gone."""

    def __init__(self, app: App[Any], ready: Callable[[], None]) -> None:
        self._app = app
        self._ready = ready
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

        def answered(answer: Answer | None) -> None:
            self._close(dialog)
            if then is not None:
                then(answer)

        dialog.opened(answered, self._ready)
        self._open.append(dialog)
        self._app.screen_stack[0].mount(dialog)

    def _close(self, dialog: Dialog[Any]) -> None:
        self._open.remove(dialog)
        dialog.remove()
        self._ready()  # keys held for a dialog that never came go to what is there now
        if self._open:
            self._open[-1].take_focus()
        elif self.focus_below is not None:
            self._app.screen_stack[0].set_focus(self.focus_below)
            self.focus_below = None
