"""The websockets of one client of ccxt, which are replaced together."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, cast

from adapters.ccxt_exchange.library import Client

_GOODBYE_S: Final = 5.0


class StreamConnection:
    """Closes what ccxt has open: the next watch connects and subscribes anew.

    Parameters
    ----------
    on_lost
        Called with the reason before anything is closed.
    """

    def __init__(self, client: Client, on_lost: Callable[[str], None]) -> None:
        self.replaced = 0
        self._client = client
        self._on_lost = on_lost
        self._closing: asyncio.Task[None] | None = None

    async def replace(self, reason: str) -> None:
        """Close every websocket; who comes while that is done waits for the same end."""
        if self._closing is None or self._closing.done():
            self.replaced += 1
            self._on_lost(reason)
            self._closing = asyncio.ensure_future(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        with suppress(Exception):
            async with asyncio.timeout(_GOODBYE_S):
                await self._client.close_ws_clients()
        # one that would not say goodbye must not be used again
        clients = getattr(self._client, "clients", None)
        if isinstance(clients, dict):
            cast("dict[str, Any]", clients).clear()
