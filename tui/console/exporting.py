"""Keys that take what a pane shows out of the console: to the clipboard, or to a file."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tui.panes.pane import Pane
from tui.present.export import Export

if TYPE_CHECKING:
    from tui.console.app import ConsoleApp

MAX_COPIED_BYTES: Final = 128 * 1024
"""As text for the terminal it is a third longer, and a picture must fit beside it in what waits there."""


class Exporting:
    app: "ConsoleApp"

    def focused_pane(self) -> Pane | None:
        raise NotImplementedError

    def copy_pane(self) -> None:
        """Put the focused pane's rows into the clipboard of the terminal, by OSC 52."""
        found = self._export()
        if found is None:
            return
        text = found.as_tabs()
        size = len(text.encode())
        if size > MAX_COPIED_BYTES:
            told = f"{_amount(found)} are {size // 1024} KiB, too much for a terminal's clipboard"
            self.app.say("hint", f"{told} ({MAX_COPIED_BYTES // 1024} KiB): {{export}} writes it to a file")
            return
        self.app.copy_to_clipboard(text)
        self.app.say("info", f"copied {_amount(found)}, if this terminal lets programs copy (OSC 52)")

    def export_pane(self) -> None:
        """Write the focused pane's rows as CSV."""
        found = self._export()
        if found is None:
            return
        if self.app.files is None:
            self.app.say("warning", "this console has no folder to export to")
            return
        stamp = self.app.utc_stamp()
        path = self.app.files.exports_dir / f"{found.name}-{stamp}.csv"
        try:
            self._write_out(path, found.as_csv())
        except OSError as error:
            self.app.say("error", f"not exported: {path}: {error.strerror}")
        else:
            self.app.say("info", f"wrote {path.name}, {_amount(found)}, into {path.parent}")

    def _write_out(self, path: Path, text: str) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_private(path, text)

    def _export(self) -> Export | None:
        """Return what there is to take out; without anything, say why."""
        pane, view = self.focused_pane(), self.app.view
        if self.app.looks.hides_money:
            self.app.say("warning", "own money and sizes are hidden: show them before they are copied")
            return None
        found = None if pane is None or view.snapshot is None else pane.export(view.snapshot)
        if found is None:
            what = "no pane is focused" if pane is None else f"the {pane.name_shown} pane has no rows to copy"
            self.app.say("hint", what)
        return found


def _amount(export: Export) -> str:
    return f"{len(export.rows)} row{'' if len(export.rows) == 1 else 's'} of {export.name}"


def _write_private(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
