"""Who waits for TWS's word on an order: IB answers nothing, it only tells states and errors."""

import asyncio
from enum import StrEnum

from core.ports.venue import SendOutcome, SendResult


class Asked(StrEnum):
    SUBMIT = "submit"
    AMEND = "amend"
    CANCEL = "cancel"


class OrderAnswers:
    """One waiting question of each kind an order; the newest counts."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[Asked, int], asyncio.Future[SendResult]] = {}

    def expect(self, asked: Asked, order_id: int) -> "asyncio.Future[SendResult]":
        answer: asyncio.Future[SendResult] = asyncio.get_running_loop().create_future()
        self._waiting[asked, order_id] = answer
        return answer

    def awaits(self, asked: Asked, order_id: int) -> bool:
        answer = self._waiting.get((asked, order_id))
        return answer is not None and not answer.done()

    def settle(self, asked: Asked, order_id: int, outcome: SendOutcome, reason: str, venue_id: str | None) -> None:
        answer = self._waiting.pop((asked, order_id), None)
        if answer is not None and not answer.done():
            answer.set_result(SendResult(outcome, reason, venue_id))

    def forget(self, asked: Asked, order_id: int, answer: "asyncio.Future[SendResult]") -> None:
        """Let nobody wait any more, unless somebody newer does."""
        if self._waiting.get((asked, order_id)) is answer:
            del self._waiting[asked, order_id]

    def doubt_all(self, reason: str) -> None:
        """Leave everybody in doubt: the connection is gone, and what was sent may have arrived."""
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            if not answer.done():
                answer.set_result(SendResult(SendOutcome.IN_DOUBT, reason))
