"""What a recorded session is made of: who and when, and everything that reached the console, in its order.

Times are nanoseconds on the console's steady clock since the recording began, so that no step of the wall clock turns
the order around.
"""

import msgspec

FORM = 1


class SessionHeader(msgspec.Struct, kw_only=True):
    """Who looked at what, with which settings: what a console needs to begin as the recorded one did."""

    version: str  # of the program that recorded
    started_utc_ns: int
    started_ns: int  # on the console's steady clock
    who: str
    console: str
    place: str
    is_hosted: bool
    frame_period_s: float
    timeframe: str
    theme: str
    up: str
    is_low_bandwidth: bool
    has_mouse: bool
    keys: dict[str, list[str]]  # every action's keys, as the trader had them
    memory: bytes  # the screen that was saved before, as JSON; empty where none was
    memory_problem: str = ""
    exports_dir: str = ""
    bell: str = "off"
    usual_period_s: float = 0.1
    config_file: str = ""
    origins: dict[str, str] = {}  # of the settings, as the settings page tells them
    continues: str = ""  # the name of the file before, where that had reached its size


class LinkState(msgspec.Struct, frozen=True, array_like=True):
    """How the link looked; nothing else of it changes during a session."""

    lost_reason: str | None
    console: str
    place: str
    late_ns: int = 0


class Frame(msgspec.Struct, array_like=True, tag="frame"):
    """One look at the engine: what had changed since the look before."""

    at_ns: int
    utc_ns: int = 0  # the wall clock of the same moment
    state: bytes = b""  # a frame of the desk stream; empty where the picture was the same
    link: LinkState | None = None  # where it changed
    notices: list[str] = []
    sent: tuple[int, int] | None = None  # bytes to the terminal and pieces dropped so far, where they are counted


class KeyPressed(msgspec.Struct, array_like=True, tag="key"):
    at_ns: int
    key: str
    character: str | None


class MouseDone(msgspec.Struct, array_like=True, tag="mouse"):
    at_ns: int
    kind: str
    x: int
    y: int
    delta_x: int
    delta_y: int
    button: int
    shift: bool
    meta: bool
    ctrl: bool


class Pasted(msgspec.Struct, array_like=True, tag="paste"):
    at_ns: int
    text: str


class LookedAway(msgspec.Struct, array_like=True, tag="look"):
    """The terminal's window lost the focus, or got it."""

    at_ns: int
    is_away: bool


class Resized(msgspec.Struct, array_like=True, tag="size"):
    at_ns: int
    columns: int
    rows: int


class Answered(msgspec.Struct, array_like=True, tag="answer"):
    """The engine's answer to a command, the n-th that the console gave."""

    at_ns: int
    number: int
    result: bytes  # a CommandResult as JSON


class ScreenKept(msgspec.Struct, array_like=True, tag="screen"):
    """What the trader had made of the screen: a replay can begin here."""

    at_ns: int
    state: bytes
    commands: int  # given so far, all of them answered
    columns: int
    rows: int


Entry = Frame | KeyPressed | MouseDone | Pasted | LookedAway | Resized | Answered | ScreenKept


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """A moment worth going to: a key, a fill, a halt, an alarm."""

    at_ns: int
    kind: str
    text: str


class BlockHead(msgspec.Struct, array_like=True):
    """What is known of a block without unpacking it."""

    first_ns: int
    last_ns: int
    can_begin: bool  # a replay can begin with its first entry
    entries: int
    frames: int
    marks: list[Mark]
    mode: str  # paper, live; empty before the first picture of the engine
    is_end: bool = False  # the console was left in order
