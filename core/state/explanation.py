"""Why something is as it is, in one form for everything that can be asked about."""

import msgspec


class ExplainedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One fact. `mark` says how a rule came out; `at_ns` when it was; `here` what a console can do about it."""

    label: str
    text: str
    mark: str = ""  # passed, failed, lifted, warning; empty for a mere fact
    at_ns: int | None = None
    here: str = ""  # names actions, as in "{acknowledge}": the console knows their keys


class ExplainedSection(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    rows: list[ExplainedRow]


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `explain`: what it is, where it stands, then the facts behind it, section by section."""

    subject: str  # as it can be asked for again, e.g. "venue:sim-a"
    headline: str
    standing: str
    is_trouble: bool = False
    sections: list[ExplainedSection] = []
