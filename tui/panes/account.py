"""The account pane."""

from core.state.desk import DeskSnapshot
from tui.panes.pane import Pane
from tui.panes.view import View
from tui.present.account import account_lines
from tui.present.entries import more_below
from tui.present.export import Export, rows_of
from tui.present.ink import Ink, Span
from tui.present.picture import Picture

_BALANCE_FIELDS = ("asset", "total", "free", "used", "value_usd")


class AccountPane(Pane):
    """Venue under venue; where they do not fit, the cursor keys scroll."""

    TITLE = "Account"
    ABOUT = (
        "Each venue's balances, margin and fees; for each contract the price at which the venue would liquidate and "
        "when funding is paid next. Liquidation is the engine's estimate: cross margined, at the maintenance rates it "
        "knows, nothing but that price moving. Margin is counted at the largest leverage that [risk] allows. A dash is "
        "what nobody knows."
    )
    KEYS = ("account", "cursor-up", "cursor-down", "copy", "export")
    FRAMES_BETWEEN = 4

    def __init__(self, pane_id: str, letter: str = "") -> None:
        super().__init__(pane_id, letter)
        self._first = 0

    def draw(self, view: View, width: int, height: int) -> Picture:
        if view.snapshot is None:
            return Picture((), (), [])
        lines = account_lines(view.snapshot.accounts, view.engine_ns, view.snapshot_age_s, width)
        self._first = max(0, min(self._first, len(lines) - height))
        body = lines[self._first : self._first + height]
        hidden = len(lines) - self._first - height
        if hidden > 0:
            body[-1] = (Span(more_below(hidden + 1, self.keys(view)), Ink.QUIET),)
        return Picture((Span(self.TITLE, Ink.STRONG),), (), body)

    def export(self, snapshot: DeskSnapshot) -> Export:
        rows = [
            (account.venue, *(getattr(balance, field) for field in _BALANCE_FIELDS))
            for account in snapshot.accounts
            for balance in account.balances
        ]
        return rows_of("account", ("venue", *_BALANCE_FIELDS), rows)

    def move_cursor(self, step: int) -> None:
        self._first = max(0, self._first + step)
        self.paint()

    def drop_cursor(self) -> None:
        self._first = 0
        self.paint()
