"""The version of this program, from what its installer left: `importlib.metadata` takes as long as many modules."""

import sys
from pathlib import Path
from typing import Final

_NAME: Final = "seraphim"
_FIELD: Final = "Version:"


def program_version() -> str:
    """Return the version that is installed, by any way that the packaging standards know."""
    for folder in sys.path:
        for metadata in Path(folder or ".").glob(f"{_NAME}-*.dist-info/METADATA"):
            with metadata.open(encoding="utf-8") as lines:
                for line in lines:
                    if line.startswith(_FIELD):
                        return line.removeprefix(_FIELD).strip()
    from importlib.metadata import version  # noqa: PLC0415 - for the rare ways, as from inside an archive

    return version(_NAME)
