"""The repository as files: its folders, its Python sources, its documents."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
FLOORS = ("tui", "strategies", "adapters", "data", "core")
DOCUMENTS = (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")), ROOT / "bench" / "README.md")


def python_files(*folders: str) -> Iterator[Path]:
    """Yield sources below some folders of the repository, without what tools have made."""
    for folder in folders:
        found = sorted((ROOT / folder).rglob("*.py"))
        assert found, f"there is no Python below {folder}"
        yield from (path for path in found if not any(part.startswith(".") for part in path.relative_to(ROOT).parts))


class Block(NamedTuple):
    """A fenced block of a document; `mark` is the comment on the line above it, empty without one."""

    mark: str
    language: str
    text: str


_BLOCK = re.compile(r"^(?:<!-- (?P<mark>.*?) -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(document: Path, mark: str) -> list[Block]:
    found = [Block(m["mark"] or "", m["language"], m["text"]) for m in _BLOCK.finditer(document.read_text("utf-8"))]
    return [block for block in found if block.mark == mark]


def table(document: Path, first_header: str) -> list[list[str]]:
    """Return the rows of the one table whose header begins so, cells without code marks."""
    lines = document.read_text("utf-8").splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith(first_header)]
    assert len(starts) == 1, f"{document.name} has {len(starts)} tables that begin {first_header!r}"
    rows: list[list[str]] = []
    for line in lines[starts[0] + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().strip("`") for cell in line.strip("|").split("|")])
    return rows


def header(document: Path, first_header: str) -> list[str]:
    line = next(line for line in document.read_text("utf-8").splitlines() if line.startswith(first_header))
    return [cell.strip().strip("`") for cell in line.strip("|").split("|")]
