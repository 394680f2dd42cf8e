"""Cancel all orders of an account, whoever sent them, in every product; also without an engine."""

import asyncio
from typing import Final

import msgspec

from adapters.coinbase.account_reading import AccountReading
from adapters.coinbase.endpoints import CANCEL
from adapters.coinbase.outcomes import cancel_failures, error_text
from adapters.coinbase.signed_rest import SignedRest, VenueReadError
from adapters.network.request_budget import Purpose
from adapters.network.venue_rest import NoAnswerError, NotSentError
from adapters.streams.market_data import UNREADABLE

_ROUNDS: Final = 4  # an order that was on its way appears after the first; a cancel may be queued for a moment
_PAUSE_S: Final = 0.2
_AT_ONCE: Final = 100  # ids in one request
_OK: Final = 200


class CancelReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the account's orders, by client order id (the venue's where there is none)."""

    gone: tuple[str, ...]  # were open and are not any more: cancelled, or filled meanwhile
    left: tuple[str, ...]  # still open
    trouble: str = ""  # set where the venue could not say what is open: then nothing here is proof of an end

    @property
    def is_clean(self) -> bool:
        """Tell whether the venue itself said that nothing is open any more."""
        return not (self.trouble or self.left)

    @property
    def text(self) -> str:
        left = f"{len(self.left)} left: {', '.join(self.left[:5])}" if self.left else ""
        return "; ".join(filter(None, (self.trouble, left)))


class Canceller:
    """Asks what is open, cancels it, and asks again; the venue has no request that cancels everything."""

    def __init__(self, rest: SignedRest, reading: AccountReading) -> None:
        self._rest = rest
        self._reading = reading

    async def cancel_all(self) -> CancelReport:
        """Never raises for what the venue or the network does."""
        seen: dict[str, None] = {}
        left: dict[str, str] = {}
        trouble = ""
        for turn in range(_ROUNDS + 1):
            if turn:
                await asyncio.sleep(_PAUSE_S)
            try:
                orders = await self._reading.open_orders(Purpose.CANCEL)
            except VenueReadError as error:
                trouble = f"what is open could not be read: {error}"
                continue
            left = {order.order_id: order.client_order_id or order.order_id for order in orders}
            seen.update(dict.fromkeys(left.values()))
            trouble = ""
            if not left or turn == _ROUNDS:
                break
            trouble = await self._cancel(list(left))
        gone = tuple(name for name in seen if name not in left.values())
        return CancelReport(gone=gone, left=tuple(left.values()), trouble=trouble)

    async def _cancel(self, order_ids: list[str]) -> str:
        """Return what went wrong, nothing where the venue agreed."""
        troubles: dict[str, None] = {}
        for start in range(0, len(order_ids), _AT_ONCE):
            body = {"order_ids": order_ids[start : start + _AT_ONCE]}
            try:
                reply = await self._rest.post(CANCEL, body, Purpose.CANCEL)
                if reply.status == _OK:
                    troubles.update(dict.fromkeys(cancel_failures(reply).values()))
                else:
                    troubles[f"HTTP {reply.status}: {error_text(reply)}"] = None
            except (NotSentError, NoAnswerError, *UNREADABLE) as error:
                troubles[str(error)] = None
        return ", ".join(troubles)
