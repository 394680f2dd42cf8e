"""What the trader looks at: the instruments of the ladders, the chart's and its timeframe."""

from collections.abc import Sequence

from core.state.desk import DeskRequest, InstrumentView
from tui.console.instruments import are_comparable, first_choice, name_of, pairs_of
from tui.panes.ladder import LadderPane

DEPTH = 60  # levels asked for: enough for the tallest ladder at its finest grouping

TIMELINES = 40  # jobs asked for besides those that run


class Selection:
    """The selected instrument is that of the ladder last worked in; the chart follows it."""

    def __init__(self, timeframe: str) -> None:
        self.instruments: dict[str, InstrumentView] = {}
        self.selected: str | None = None
        self.timeframe = timeframe
        self.chosen_pair: tuple[str, str] | None = None  # None: the pair follows the selected instrument

    def take(self, instruments: Sequence[InstrumentView], ladders: Sequence[LadderPane]) -> bool:
        """Learn the engine's instruments; fill ladders that have none. Return whether anything changed."""
        names = {name_of(instrument): instrument for instrument in instruments}
        if names.keys() == self.instruments.keys():
            self.instruments = names
            return False
        self.instruments = names
        choice = first_choice(instruments, len(ladders))
        for ladder, name in zip(ladders, choice, strict=False):
            if ladder.instrument not in names:
                ladder.show(name)
        if self.selected not in names:
            self.selected = ladders[0].instrument if ladders else None
        return True

    def pair(self) -> tuple[str, str] | None:
        """Return the books that the spread compares: those chosen, if listed and comparable, else the nearest."""
        chosen = self.chosen_pair
        if chosen is not None and {*chosen} <= self.instruments.keys() and are_comparable(*chosen):
            return chosen
        return next(iter(pairs_of(list(self.instruments), self.selected)), None)

    def chosen(self) -> InstrumentView | None:
        return None if self.selected is None else self.instruments.get(self.selected)

    def request(
        self,
        ladders: Sequence[LadderPane],
        *,
        has_tape: bool,
        has_timeline: bool = False,
        has_account: bool = False,
    ) -> DeskRequest:
        """Ask for the books on screen and the selected one, which prices a ticket; for the rest where it is seen."""
        names = [ladder.instrument for ladder in ladders if ladder.instrument is not None]
        if self.selected is not None:
            names.append(self.selected)
        books = tuple(dict.fromkeys(names))
        tapes = (self.selected,) if has_tape and self.selected is not None else ()
        return DeskRequest(
            depth=DEPTH,
            books=books,
            tapes=tapes,
            chart=self.selected,
            timeframe=self.timeframe,
            timelines=TIMELINES if has_timeline else 0,
            accounts=has_account,
        )
