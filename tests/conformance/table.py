"""Write the support table of docs/venues.md: `./run python -m tests.conformance.table --write`."""

import sys
from pathlib import Path
from typing import Final

from tests.conformance.all_venues import VENUES
from tests.conformance.points import Point

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "venues.md"
BEGIN: Final = "<!-- support table: written by `./run python -m tests.conformance.table --write` -->"
NONE: Final = "\N{EN DASH}"
END: Final = "<!-- end of the support table -->"


def table() -> str:
    """Return what every venue passes, and why it does not have the rest."""
    reasons: list[str] = []
    lines = [
        "| | " + " | ".join(venue.name for venue in VENUES) + " |",
        "|---" * (len(VENUES) + 1) + "|",
    ]
    for point in Point:
        cells: list[str] = []
        for venue in VENUES:
            reason = venue.absent.get(point) or venue.lacking.get(point)
            if reason is None:
                cells.append("yes")
                continue
            reasons.append(f"{len(reasons) + 1}. {venue.name}, {point.value.partition(':')[0]}: {reason}.")
            cells.append(f"{NONE if point in venue.absent else 'no'} ({len(reasons)})")
        lines.append(f"| {point.value} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *reasons])


def written(text: str) -> str:
    """Return a document with the table as it is now; raise ValueError for one without its place."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(
            f"{DOCUMENT}: there is no place for the table, which begins with {BEGIN!r} and ends with {END!r}"
        )
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def main() -> None:
    if sys.argv[1:] != ["--write"]:
        print(table())
        return
    DOCUMENT.write_text(written(DOCUMENT.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
