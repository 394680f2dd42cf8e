"""What holds for every test: no property is judged by how long the machine took, and no library rounds for another."""

import decimal
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("seraphim", deadline=None)
settings.load_profile("seraphim")


@pytest.fixture(autouse=True)
def _own_arithmetic() -> Iterator[None]:
    """Give each test a decimal context of its own: clients of venues, as tests use them, change the one they find."""
    with decimal.localcontext():
        yield
