"""Keys of the charts: what is drawn over and below the bars."""

from typing import TYPE_CHECKING

import msgspec

from core.state.desk import DeskRequest
from tui.console.desk_area import DeskArea
from tui.console.dialogs.studies import StudiesDialog

if TYPE_CHECKING:
    from tui.console.app import ConsoleApp


class Charting:
    app: "ConsoleApp"

    def choose_studies(self) -> None:
        """Offer the chart's indicators; what is ticked shows at once, and is saved with the screen."""
        self.app.dialogs.open(StudiesDialog(self.app.area.chart.studies, self._show_studies))

    def _show_studies(self, studies: tuple[str, ...]) -> None:
        self.app.area.chart.show_studies(studies)
        self.app.wants_changed()


def with_charts(request: DeskRequest, area: DeskArea) -> DeskRequest:
    """Ask for what the shown charts need beside it."""
    studies = area.chart.wanted_studies if area.chart in area.shown() else ()
    return msgspec.structs.replace(request, studies=studies)
