"""What a start is told beside the configuration: where keys are, and whether a person confirmed real money."""

from pathlib import Path
from typing import Final

import msgspec

from core.ports.keys import KeySource
from core.types.credentials import Credentials


class _NoKeys:
    def read(self, venue: str, account: str) -> Credentials | None:
        del venue, account


class StartTerms(msgspec.Struct, frozen=True, kw_only=True):
    """Keys are read only for venues in live mode; without the confirmation their orders are refused."""

    keys: KeySource
    is_confirmed: bool
    config_file: Path | None = None  # noted in the lock, for who has to act at the venues in the engine's place


PAPER_TERMS: Final = StartTerms(keys=_NoKeys(), is_confirmed=False)
