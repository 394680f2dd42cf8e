"""What is slow to start is started before anybody's patience begins."""

import pytest

from adapters.binance.depth import warm_up as warm_up_depth
from adapters.interactive_brokers.library import import_library
from core.book.warm_up import warm_up


@pytest.fixture(autouse=True, scope="session")
def compiled_and_imported() -> None:
    warm_up()
    warm_up_depth()
    import_library()
