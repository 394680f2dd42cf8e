"""Waiting for a state that nobody reports."""

import asyncio
from collections.abc import Callable

from tests.venues.news import LIMIT_S

_LOOK_S = 0.001


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not is_so():  # noqa: ASYNC110 - there is no event of it
            await asyncio.sleep(_LOOK_S)
