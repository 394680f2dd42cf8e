"""A control server on a socket of its own, for the time of a test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from core.io.control_server import ControlServer
from core.io.control_stream import STALLED_AFTER_S
from tests.control.fake_engine import FakeEngine


@asynccontextmanager
async def serving(
    engine: FakeEngine, path: Path, stalled_after_s: float = STALLED_AFTER_S
) -> AsyncIterator[aiohttp.ClientSession]:
    server = ControlServer(engine, path, stalled_after_s=stalled_after_s)
    await server.start()
    try:
        async with aiohttp.ClientSession("http://engine", connector=aiohttp.UnixConnector(str(path))) as session:
            yield session
    finally:
        await server.stop()
