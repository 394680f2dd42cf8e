"""A key whose secret is looked for everywhere it must not be."""

import traceback
from collections.abc import Iterator
from pathlib import Path

from core.types.credentials import Credentials, Secret

TESTS = Path(__file__).parents[2]
MARKER = "mArKeR-0f-a-secret/+=ZQ"
API_KEY = "PUBLICKEYabcdefghijkl1234"


def marked_key(venue: str = "binance", account: str = "main", secret: str = MARKER) -> Credentials:
    return Credentials(venue=venue, account=account, fields={"api_key": Secret(API_KEY), "secret": Secret(secret)})


def told_by(error: BaseException) -> str:
    """Return all that could be written of an error: its chain, suppressed or not, and locals outside of tests."""
    told: list[str] = []
    for each in _chain(error):
        told.append(f"{each!r} {each} {vars(each)!r}")
        for frame, _ in traceback.walk_tb(each.__traceback__):
            if not Path(frame.f_code.co_filename).is_relative_to(TESTS):
                told.append(f"{frame.f_code.co_name} {frame.f_locals!r}")
    assert len(told) > 1
    return "\n".join(told)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
