"""The key of price alerts: set one for the instrument at hand, remove those that are set."""

from typing import TYPE_CHECKING

from core.control.commands import RemovePriceAlert, SetPriceAlert
from tui.console import dialogs
from tui.panes.ladder import LadderPane
from tui.panes.pane import Pane
from tui.panes.watchlist import WatchlistPane

if TYPE_CHECKING:
    from tui.console.app import ConsoleApp


class PriceAlerting:
    app: "ConsoleApp"

    def focused_pane(self) -> Pane | None:
        raise NotImplementedError

    def _ladder(self) -> LadderPane:
        raise NotImplementedError

    def price_alerts(self) -> None:
        """Ask at which price of the watched or shown instrument to be told."""
        pane = self.focused_pane()
        watched = pane.selected if isinstance(pane, WatchlistPane) else None
        instrument = watched or self._ladder().instrument
        known = None if instrument is None else self.app.selection.instruments.get(instrument)
        if instrument is None or known is None:
            self.app.say("warning", f"the engine does not follow {instrument or 'any instrument yet'}")
            return
        chosen = pane.cursor_price() if isinstance(pane, LadderPane) else None
        price = "" if chosen is None else f"{chosen:f}"
        self.app.dialogs.open(
            dialogs.PriceAlertDialog(instrument, price, self.app.view, self._remove_price_alert), self._set_price_alert
        )

    def _set_price_alert(self, wanted: "dialogs.WantedAlert | None") -> None:
        if wanted is None:
            return
        symbol, _, venue = wanted.instrument.rpartition("@")
        command = SetPriceAlert(
            venue=venue,
            symbol=symbol,
            price=wanted.price,
            crossing=wanted.crossing,
            is_repeated=wanted.is_repeated,
        )
        self.app.sender.send(command, "set")

    def _remove_price_alert(self, alert_id: str) -> None:
        self.app.sender.send(RemovePriceAlert(alert_id=alert_id), f"remove {alert_id}")
