"""The peer: a console as the widget library's tutorials suggest it, a `DataTable` with every cell updated."""

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.widgets import DataTable, Footer, Static

from core.ports.control import EngineLink
from tui.present import numbers
from tui.present.watchlist import watch_table


class NaiveConsole(App[None]):
    """Shows the same rows as the watchlist, with the same texts, ten times a second."""

    BINDINGS: ClassVar = [("q", "quit", "Quit")]

    def __init__(self, link: EngineLink, names: list[str]) -> None:
        super().__init__()
        self._link = link
        self._names = names
        self._status = Static("")
        self._table: DataTable[str] = DataTable(cursor_type="row")

    def compose(self) -> ComposeResult:
        yield self._status
        yield self._table
        yield Footer()

    def on_mount(self) -> None:
        table = watch_table(self._names, {}, 0.0)
        for number, column in enumerate(table.columns):
            self._table.add_column(column.title, key=str(number), width=14)
        for row in table.rows:
            self._table.add_row(*("" for _ in row.cells), key=row.key)
        self._table.focus()
        self.set_interval(0.1, self.draw_frame)

    async def draw_frame(self) -> None:
        snapshot = self._link.latest()
        if snapshot is None:
            return
        state = snapshot.monitoring.global_
        self._status.update(f"{state.trading_mode} {state.system_status} {numbers.clock(snapshot.engine_ns)}")
        for row in watch_table(self._names, snapshot.monitoring.market, 0.0).rows:
            for number, cell in enumerate(row.cells):
                self._table.update_cell(row.key, str(number), cell.text)
