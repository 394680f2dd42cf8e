"""What can be drawn over and below a chart, and how it is asked for: ``ema 20``, ``vwap``. Imports no compiler."""

from enum import StrEnum
from typing import Final, NamedTuple

MAX_LENGTH: Final = 400
MAX_STUDIES: Final = 8


class StudyKind(StrEnum):
    EMA = "ema"
    SMA = "sma"
    VWAP = "vwap"
    BOLLINGER = "bollinger"
    RSI = "rsi"
    MACD = "macd"
    ATR = "atr"

    @property
    def is_over_price(self) -> bool:
        """Tell whether it is a price itself, which belongs over the bars, not below them."""
        return self in _OVER_PRICE

    @property
    def has_length(self) -> bool:
        return self not in {StudyKind.VWAP, StudyKind.MACD}


_OVER_PRICE: Final = frozenset({StudyKind.EMA, StudyKind.SMA, StudyKind.VWAP, StudyKind.BOLLINGER})
FAST, SLOW, SIGNAL = 12, 26, 9  # of the convergence
BAND_WIDTH: Final = 2.0  # deviations


class Study(NamedTuple):
    """One study; `length` in bars, 0 for a kind that has none."""

    kind: StudyKind
    length: int

    @property
    def name(self) -> str:
        return f"{self.kind} {self.length}" if self.kind.has_length else str(self.kind)


def parse_study(text: str) -> Study:
    """Read ``ema 20`` or ``vwap``; raise ValueError that says what is allowed."""
    word, _, rest = text.strip().lower().partition(" ")
    try:
        kind = StudyKind(word)
    except ValueError:
        raise ValueError(f"study {text!r} is not known: {', '.join(StudyKind)}, such as ema 20") from None
    rest = rest.strip()
    if not kind.has_length:
        if rest:
            raise ValueError(f"study {text!r} is not allowed: {kind} has no length")
        return Study(kind, 0)
    if not (rest.isascii() and rest.isdigit() and 1 <= int(rest) <= MAX_LENGTH):
        raise ValueError(f"study {text!r} is not allowed: {kind} takes a length of 1 to {MAX_LENGTH} bars")
    return Study(kind, int(rest))


def known_study(text: str) -> Study | None:
    """Return the study a text names, None where it names none."""
    try:
        return parse_study(text)
    except ValueError:
        return None
