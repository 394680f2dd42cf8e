"""Text as terminal cells: one character stands for each cell, so that two pictures of a row can be compared."""

from typing import Final
from unicodedata import category

from rich.cells import cell_len

from tui.present.cells import SINGLE

CONTINUED: Final = "\0"  # what follows the first cell of a character that takes several
UNKNOWN: Final = "\uffff"  # a cell of which nobody knows what the terminal shows
_FIRST_STAND_IN: Final = 0xF0000
MOST_STAND_INS: Final = 4096
_JOINER: Final = "\u200d"


class TooManyClustersError(Exception):
    """More characters of several code points than there are stand-ins for."""


class CellText:
    """Turns text into cells and back.

    A cluster of several code points (a letter with its accents, a joined emoji) gets a stand-in of one: rows stay
    strings, which compare and cut fast.
    """

    def __init__(self) -> None:
        self._stand_ins: dict[str, str] = {}
        self._clusters: dict[str, str] = {}
        self._known: dict[str, str] = {}

    def cells_of(self, text: str) -> str:
        """Return one character for each cell the text takes.

        Raises
        ------
        TooManyClustersError
            Where stand-ins have run out; a new `CellText` has them again.
        """
        if SINGLE.issuperset(text):
            return text
        known = self._known.get(text)
        if known is None:
            if len(self._known) >= MOST_STAND_INS:
                self._known.clear()
            known = self._known[text] = self._measured(text)
        return known

    def text_of(self, cell: str) -> str:
        """Return what to write for one cell."""
        return self._clusters.get(cell, cell)

    def has_clusters(self, cells: str) -> bool:
        return bool(self._clusters) and not self._clusters.keys().isdisjoint(cells)

    def _measured(self, text: str) -> str:
        cells: list[str] = []
        for cluster in _clusters_of(text):
            width = cell_len(cluster)
            if width:
                cells.append(self._stand_in(cluster) + CONTINUED * (width - 1))
        whole, wanted = "".join(cells), cell_len(text)
        return whole[:wanted].ljust(wanted)

    def _stand_in(self, cluster: str) -> str:
        if len(cluster) == 1 and ord(cluster) < _FIRST_STAND_IN and cluster not in {CONTINUED, UNKNOWN}:
            return cluster
        found = self._stand_ins.get(cluster)
        if found is None:
            if len(self._stand_ins) >= MOST_STAND_INS:
                raise TooManyClustersError
            found = self._stand_ins[cluster] = chr(_FIRST_STAND_IN + len(self._stand_ins))
            self._clusters[found] = cluster
        return found


def _clusters_of(text: str) -> list[str]:
    """Split into what shares a cell: code points without a width of their own belong to the one before.

    Control characters are left out: whatever text they came in, they would steer the terminal.
    """
    clusters: list[str] = []
    for character in text:
        if category(character) == "Cc":
            continue
        if clusters and (not cell_len(character) or clusters[-1].endswith(_JOINER)):
            clusters[-1] += character
        else:
            clusters.append(character)
    return clusters
