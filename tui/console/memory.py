"""What a trader saved of the screen: desks as they were changed, instruments, colours."""

import contextlib
import os
import tempfile
from pathlib import Path

import msgspec

from core.config.console_words import ThemeName, UpColour

FORM = 1


class DeskChange(msgspec.Struct, frozen=True):
    """How one desk differs from the one that is shipped: panes in another's place, places left out."""

    instead: dict[str, str] = {}  # the shipped pane of a place → the pane that stands there
    hidden: tuple[str, ...] = ()  # the shipped panes of places left out

    def pane_at(self, place: str) -> str:
        return self.instead.get(place, place)

    def without(self, place: str) -> "DeskChange":
        return DeskChange(self.instead, tuple(dict.fromkeys((*self.hidden, place))))

    def with_pane(self, place: str, pane: str, places: tuple[str, ...]) -> "DeskChange":
        """Put a pane into a place; where it stood before on this desk comes what stood here."""
        before = self.pane_at(place)
        instead = {**self.instead, place: pane}
        for other in places:
            if other != place and self.pane_at(other) == pane:
                instead[other] = before
        return DeskChange({at: shown for at, shown in instead.items() if at != shown}, self.hidden)


class ConsoleMemory(msgspec.Struct, frozen=True, kw_only=True):
    form: int = FORM
    desk: int = 1
    theme: ThemeName | None = None  # None here and below: as the configuration says
    up: UpColour | None = None
    timeframe: str | None = None
    studies: tuple[str, ...] | None = None
    pair: tuple[str, str] | None = None
    ladders: tuple[str | None, ...] = ()
    desks: dict[int, DeskChange] = {}
    chosen: dict[str, str] = {}  # other settings by name, where they are not as configured
    watchlist: tuple[str, ...] = ()


class MemoryFile:
    """One console's memory on disk. Nothing depends on it: a file that cannot be read is as good as none."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> tuple[ConsoleMemory | None, str]:
        """Return what was saved, None where nothing was; and what is wrong with the file, empty where nothing is."""
        try:
            found = msgspec.json.decode(self.path.read_bytes(), type=ConsoleMemory)
        except FileNotFoundError:
            return None, ""
        except (OSError, ValueError, RecursionError) as error:  # also no text at all, or nested without end
            return None, f"the saved screen cannot be used ({self.path}: {error}); the shipped one is shown"
        if found.form != FORM:
            return None, f"the saved screen is of another version ({self.path}); the shipped one is shown"
        return found, ""

    def save(self, memory: ConsoleMemory) -> str:
        """Write whole or not at all; return what went wrong, empty where nothing did."""
        handle, name = -1, ""
        try:
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}-")
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(memory), indent=1))
            Path(name).replace(self.path)
        except OSError as error:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            return f"the screen could not be saved: {self.path}: {error.strerror}"
        return ""
