"""Until when nothing may be sent to an address, because the venue said 429 or 418."""

import asyncio
from typing import Final

_LEAST_WAIT_S: Final = 1.0


class Closing:
    """Shared by everything that talks to one address: who meets a limit closes it for all."""

    def __init__(self) -> None:
        self._until_s = 0.0

    def shut(self, seconds: float) -> None:
        """Let nothing pass for so long (at least a second), as a venue's Retry-After asks."""
        self._until_s = max(self._until_s, asyncio.get_running_loop().time() + max(seconds, _LEAST_WAIT_S))

    @property
    def shut_s(self) -> float:
        """Return how long nothing may be sent from now on, 0 where it may."""
        return max(0.0, self._until_s - asyncio.get_running_loop().time())


class Closings:
    """The closings of one process, by host: venues count by the address that requests come from."""

    def __init__(self) -> None:
        self._by_host: dict[str, Closing] = {}

    def of(self, host: str) -> Closing:
        return self._by_host.setdefault(host, Closing())
