"""Keys of the charts: what is drawn over and below the bars, and which books the spread compares."""

from typing import TYPE_CHECKING, Final

import msgspec

from core.state.desk import DeskRequest
from tui.console import dialogs
from tui.console.desk_area import DeskArea
from tui.console.instruments import pairs_of
from tui.console.selection import Selection
from tui.present.ink import Ink, plain

_NO_SECOND_BOOK: Final = (
    "no second book of the selected instrument's asset in its currency is known; "
    "{previous-instrument} and {next-instrument} select another"
)
_NOT_SHOWN: Final = "the spread compares them: {choose-pane} puts that pane here, desk 5 has it in 120 columns"
_FOLLOW = "follow"
_MOST_PAIRS = 12  # what a small terminal has room for

if TYPE_CHECKING:
    from tui.console.app import ConsoleApp


class Charting:
    app: "ConsoleApp"

    def choose_studies(self) -> None:
        """Offer the chart's indicators; what is ticked shows at once, and is saved with the screen."""
        self.app.dialogs.open(dialogs.StudiesDialog(self.app.area.chart.studies, self._show_studies))

    def _show_studies(self, studies: tuple[str, ...]) -> None:
        self.app.area.chart.show_studies(studies)
        self.app.wants_changed()

    def choose_pair(self) -> None:
        """Ask which two books of the selected instrument's asset the spread compares."""
        selection = self.app.selection
        pairs = pairs_of(list(selection.instruments), selection.selected)[:_MOST_PAIRS]
        if not pairs:
            self.app.say("hint", _NO_SECOND_BOOK)
            return
        choices = [dialogs.Choice("those nearest to whichever instrument is selected", _FOLLOW)]
        choices += [
            dialogs.Choice(f"{second} over {first}", f"{number}") for number, (first, second) in enumerate(pairs)
        ]
        lines = [plain("how much dearer the one is than the other, in basis points", Ink.QUIET)]
        dialog = dialogs.ChoiceDialog("Which books?", lines, choices, self.app.repeat)
        self.app.dialogs.open(dialog, lambda answer: self._show_pair(answer, pairs))

    def _show_pair(self, answer: str | None, pairs: list[tuple[str, str]]) -> None:
        if answer is None:
            return
        self.app.selection.chosen_pair = None if answer == _FOLLOW else pairs[int(answer)]
        self.app.wants_changed()
        if self.app.area.spread not in self.app.area.shown():
            self.app.say("hint", _NOT_SHOWN)


def with_charts(request: DeskRequest, area: DeskArea, selection: Selection) -> DeskRequest:
    """Point the charts at what is selected; ask for what the shown ones need beside it."""
    shown = area.shown()
    area.depth.show(selection.selected)
    area.spread.show_pair(selection.pair())
    studies = area.chart.wanted_studies if area.chart in shown else ()
    compared = area.spread.pair if area.spread in shown and area.spread.pair is not None else ()
    books = tuple(dict.fromkeys((*request.books, *compared)))
    return msgspec.structs.replace(request, studies=studies, books=books)
