"""A cursor that holds on to a row, not to a place, and the order that stands still while it does."""

from collections.abc import Sequence


class RowCursor:
    """While a row is selected rows keep their order and new ones come below; without one the order follows."""

    def __init__(self) -> None:
        self.selected: str | None = None
        self.keys: list[str] = []  # rows in the order shown
        self._selects_first = False  # set when the focus comes and no row is selected

    def arrange(self, keys: Sequence[str], *, has_focus: bool) -> list[str]:
        """Return the keys in the order to show them."""
        present = frozenset(keys)
        if has_focus and self.selected is not None:
            kept = [key for key in self.keys if key in present]
            known = frozenset(kept)
            self.keys = kept + [key for key in keys if key not in known]
        else:
            self.keys = list(keys)
        if self.selected is not None and self.selected not in present:
            self.selected = None  # a row that left takes the cursor with it: no other row may take its key press
        if self._selects_first and self.keys:
            self.selected, self._selects_first = self.keys[0], False
        return self.keys

    def focused(self) -> None:
        self._selects_first = self.selected is None

    def arrange_anew(self) -> None:
        """Take the next order as it comes, though a row is selected: the trader has asked for another one."""
        self.keys = []

    def drop(self) -> None:
        self.selected, self._selects_first = None, False

    def step(self, step: int, first: int, last: int) -> None:
        """Move by rows; without a selection start at the first row in sight, or at the last when going up."""
        if not self.keys:
            return
        if self.selected in self.keys:
            index = min(max(self.keys.index(self.selected) + step, 0), len(self.keys) - 1)
        else:
            index = min(first if step > 0 else last, len(self.keys) - 1)
        self.selected = self.keys[max(0, index)]
