"""What holds for every test: no property is judged by how long the machine took, and no library rounds for another."""

import decimal
import gc
import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("seraphim", deadline=None)
settings.load_profile("seraphim")


# Hundreds of processes are started here; each would compile everything it imports anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


def pytest_collection_finish() -> None:
    """Leave what stays for the whole run out of every later collection: tests that ask for one wait for it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _own_arithmetic() -> Iterator[None]:
    """Give each test a decimal context of its own: clients of venues, as tests use them, change the one they find."""
    with decimal.localcontext():
        yield
