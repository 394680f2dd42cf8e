"""What every pane gets to draw from: the newest snapshot and how old it is."""

from collections.abc import Callable, Sequence

import msgspec

from core.state.desk import DeskSnapshot, LogLine
from tui.present.header import LinkView


class View(msgspec.Struct, frozen=True):
    """One frame's facts. `engine_ns` keeps advancing by the snapshot's age, so durations do not stand still."""

    snapshot: DeskSnapshot | None
    link: LinkView
    console_log: Sequence[LogLine] = ()
    jump_letters: bool = False
    has_dialog: bool = False
    has_new_stale: bool = False  # something turned stale since the frame before: draw at once
    filled: Callable[[str], str] = str  # puts the trader's own keys where a text names an action
    pace: int = 1  # frames for each time that a pane is drawn: more on a slow link, and while nobody looks

    @property
    def snapshot_age_s(self) -> float:
        return self.link.snapshot_age_s or 0.0

    @property
    def is_live(self) -> bool:
        return self.snapshot is not None and self.snapshot.monitoring.global_.trading_mode != "paper"

    @property
    def engine_ns(self) -> int:
        return 0 if self.snapshot is None else self.snapshot.engine_ns + int(self.snapshot_age_s * 1e9)
