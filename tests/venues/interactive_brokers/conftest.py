"""Tests here may be coroutines; everything slow is done before their patience begins."""

import asyncio
import inspect

import pytest

from adapters.interactive_brokers.library import import_library
from core.book.warm_up import warm_up


@pytest.fixture(autouse=True, scope="session")
def compiled_and_imported() -> None:
    warm_up()
    import_library()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True
