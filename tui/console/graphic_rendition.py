"""What is written in: a number for each look of text, and the shortest way from one to another (SGR)."""

from typing import Final, NamedTuple

from rich.color import ColorSystem
from rich.style import Style
from textual.strip import Strip

DEFAULT: Final = "\0"
_OFF: Final = {"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "7": "27", "8": "28", "9": "29"}
_MOST_STYLES: Final = 8192
_EXTENDED: Final = {"5": 2, "2": 4}  # how many parameters follow 38 or 48


class _Look(NamedTuple):
    attributes: tuple[str, ...]
    foreground: str  # parameters; empty for the terminal's own
    background: str

    @property
    def parameters(self) -> list[str]:
        return [*self.attributes, *(colour for colour in (self.foreground, self.background) if colour)]


class Renditions:
    """Numbers each look with one character, so that the looks of a row are a string as long as the row."""

    def __init__(self) -> None:
        self._numbers: dict[str, str] = {"": DEFAULT}
        self._looks: list[_Look] = [_Look((), "", "")]
        self._of_styles: dict[int, tuple[Style, str]] = {}  # by identity, for a style's hash is slow; kept, so unique
        self._changes: dict[str, str] = {}

    def number_of(self, style: Style | None, colours: ColorSystem) -> str:
        if style is None:
            return DEFAULT
        found = self._of_styles.get(id(style))
        if found is None:
            if len(self._of_styles) >= _MOST_STYLES:
                self._of_styles.clear()
            found = self._of_styles[id(style)] = style, self._numbered(Strip.render_ansi(style, colours))
        return found[1]

    def _numbered(self, parameters: str) -> str:
        if parameters not in self._numbers:
            look = _look_of(parameters)
            if look in self._looks:
                self._numbers[parameters] = chr(self._looks.index(look))
            else:
                self._numbers[parameters] = chr(len(self._looks))
                self._looks.append(look)
        return self._numbers[parameters]

    def change(self, before: str, after: str) -> str:
        """Return what makes a terminal that writes in one look write in another."""
        pair = before + after
        found = self._changes.get(pair)
        if found is None:
            found = self._changes[pair] = _shortest(self._looks[ord(before)], self._looks[ord(after)])
        return found


def _look_of(text: str) -> _Look:
    attributes: list[str] = []
    foreground = background = ""
    parameters = iter(text.split(";") if text else ())
    for parameter in parameters:
        if parameter in {"38", "48"}:
            kind = next(parameters)
            colour = ";".join([parameter, kind, *(next(parameters) for _ in range(_EXTENDED[kind] - 1))])
            foreground, background = (colour, background) if parameter == "38" else (foreground, colour)
        elif parameter[:-1] in {"3", "9"} and len(parameter) == 2:
            foreground = "" if parameter == "39" else parameter
        elif parameter[:-1] in {"4", "10"} and len(parameter) > 1:
            background = "" if parameter == "49" else parameter
        else:
            attributes.append(parameter)
    return _Look(tuple(attributes), foreground, background)


def _shortest(before: _Look, after: _Look) -> str:
    if before == after:
        return ""
    anew = _sequence(["", *after.parameters])  # an empty parameter is 0: everything off
    step = _step(before, after)
    return anew if step is None or len(anew) <= len(step) else step


def _step(before: _Look, after: _Look) -> str | None:
    """Return only what differs, None where something cannot be switched off alone."""
    gone = [attribute for attribute in before.attributes if attribute not in after.attributes]
    if not _OFF.keys() >= set(gone):
        return None
    off = list(dict.fromkeys(_OFF[attribute] for attribute in gone))
    fallen = {attribute for attribute in before.attributes if _OFF.get(attribute) in off}  # bold and dim go together
    on = [each for each in after.attributes if each not in before.attributes or each in fallen]
    parameters = [*off, *on]
    if before.foreground != after.foreground:
        parameters.append(after.foreground or "39")
    if before.background != after.background:
        parameters.append(after.background or "49")
    return _sequence(parameters)


def _sequence(parameters: list[str]) -> str:
    return f"\x1b[{';'.join(parameters)}m"
