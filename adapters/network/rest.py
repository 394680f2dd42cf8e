"""GET requests that are repeated until the venue answers them."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from adapters.network.backoff import Backoff
from adapters.network.rate_gate import RateGate
from adapters.network.request_budget import Purpose, RequestBudget
from adapters.network.venue_rest import BANNED, TOO_MANY, retry_after_s
from core.ports.transport import HostClosedError, Transport, TransportError

_OK: Final = 200
_SERVER_FAULTS: Final = 500
_SHOWN_BYTES: Final = 200


class RequestRefusedError(Exception):
    """The venue answered that the request itself is wrong; repeating it does not help."""


class PatientRest:
    """Repeats a read through network faults, server faults and rate limits, however long it takes.

    Parameters
    ----------
    on_trouble
        Called with a text whenever an attempt failed.
    budget
        The venue's allowance by weight, where it has one, shared with whoever else uses it.
    """

    def __init__(
        self,
        transport: Transport,
        gate: RateGate,
        make_backoff: Callable[[], Backoff],
        *,
        timeout_s: float,
        on_trouble: Callable[[str], None],
        budget: RequestBudget | None = None,
    ) -> None:
        self._transport = transport
        self._gate = gate
        self._make_backoff = make_backoff
        self._timeout_s = timeout_s
        self._on_trouble = on_trouble
        self._budget = budget

    async def get(self, url: str, params: Mapping[str, str], weight: float = 1.0) -> bytes:
        """Return the body of the first good answer; raise RequestRefusedError where the venue refuses the request."""
        backoff = self._make_backoff()
        while True:
            await self._gate.passed()
            if self._budget is not None:
                await self._budget.take(weight, Purpose.READ)
            try:
                reply = await self._transport.get(url, params, self._timeout_s)
            except HostClosedError as error:
                self._on_trouble(f"{url}: {error}")
                self._shut(error.wait_s)
                continue
            except TransportError as error:
                self._on_trouble(f"{url}: {error}")
                await asyncio.sleep(backoff.next_s())
                continue
            if reply.status == _OK:
                return reply.body
            if reply.status in (TOO_MANY, BANNED):
                wait_s = retry_after_s(reply)
                self._on_trouble(f"{url}: rate limit ({reply.status}), waiting {wait_s:.0f} s")
                self._shut(wait_s)
            elif reply.status >= _SERVER_FAULTS:
                self._on_trouble(f"{url}: server answered {reply.status}")
                await asyncio.sleep(backoff.next_s())
            else:
                shown = reply.body[:_SHOWN_BYTES].decode("utf-8", "replace")
                raise RequestRefusedError(f"{url}: refused with {reply.status}: {shown}")

    def _shut(self, wait_s: float) -> None:
        self._gate.shut(wait_s)
        if self._budget is not None:
            self._budget.shut(wait_s)
