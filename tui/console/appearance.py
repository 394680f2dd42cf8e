"""Keys that change how everything looks and nothing of what it says."""

from typing import TYPE_CHECKING

import msgspec

from tui.panes.palettes import PALETTES, palette_for

if TYPE_CHECKING:
    from tui.console.app import ConsoleApp


class Appearance:
    app: "ConsoleApp"

    def next_theme(self) -> None:
        names = list(PALETTES)
        name = names[(names.index(self.app.looks.palette.name) + 1) % len(names)]
        palette = palette_for(name, self.app.up)
        self.app.put_on(msgspec.structs.replace(self.app.looks, palette=palette))
        self.app.call_after_refresh(self.app.paint_anew)
        self.app.say("info", f"theme {palette.help}")

    def redraw(self) -> None:
        """Send the terminal every cell: it may show what another program wrote."""
        self.app.paint_anew()
        self.app.take_terminal_back()

    def hide_money(self) -> None:
        """Hide the trader's own numbers, or show them again."""
        hides = not self.app.looks.hides_money
        self.app.put_on(msgspec.structs.replace(self.app.looks, hides_money=hides))
        self.app.paint_anew()
        key = self.app.keys.filled("{privacy} shows them again")
        self.app.say("info", f"own money and sizes are hidden; {key}" if hides else "own money and sizes are shown")
