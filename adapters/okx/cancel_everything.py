"""Cancel all orders of an account, whoever sent them, in every instrument; also without an engine.

Stops and the like, which the venue holds back, are kept apart from the others: they are listed and cancelled after
them, and nothing about them keeps the others alive.
"""

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

import msgspec

from adapters.network.request_budget import Purpose
from adapters.network.venue_rest import NoAnswerError, NotSentError
from adapters.okx.answers import decode_acknowledgements
from adapters.okx.client_ids import to_engine
from adapters.okx.history import History
from adapters.okx.outcomes import Judgement, Meaning, judge, judge_code
from adapters.okx.rest import OkxRest, VenueReadError
from adapters.okx.routes import ALGO_BATCH_LIMIT, BATCH_LIMIT, CANCEL_ALGOS, CANCEL_BATCH, Route

_ROUNDS: Final = 3  # an order that was on its way appears after the first


class _Open(NamedTuple):
    name: str
    cancelled_by: dict[str, str]


class _Kind(NamedTuple):
    """One of the two kinds of orders, and how it is listed and cancelled."""

    listed: Callable[[], Awaitable[list[_Open]]]
    cancel: Route
    batch_limit: int


class CancelReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the orders, each as ``instrument client-id``."""

    gone: tuple[str, ...] = ()  # were open and are not any more: cancelled, or filled meanwhile
    left: tuple[str, ...] = ()  # still open
    trouble: str = ""  # the last one; empty where all went well

    @property
    def is_clean(self) -> bool:
        """Tell whether the venue itself said that nothing is open any more."""
        return not self.left and not self.trouble

    @property
    def text(self) -> str:
        left = f"{len(self.left)} left: {', '.join(self.left[:5])}" if self.left else ""
        return "; ".join(filter(None, (left, self.trouble)))


class Canceller:
    """Asks what is open, cancels it in batches, and asks again."""

    def __init__(self, rest: OkxRest) -> None:
        self._rest = rest
        self._history = History(rest)
        self._kinds = (
            _Kind(self._plain, CANCEL_BATCH, BATCH_LIMIT),
            _Kind(self._held_back, CANCEL_ALGOS, ALGO_BATCH_LIMIT),
        )

    async def cancel_all(self) -> CancelReport:
        """Never raises for what the venue or the network does: the report says what could not be cancelled."""
        seen: dict[str, None] = {}
        left: dict[_Kind, list[_Open]] = {}
        troubles: dict[_Kind, str] = {}
        refused = ""
        for n in range(_ROUNDS + 1):
            for kind in self._kinds:
                try:
                    left[kind] = await kind.listed()
                except VenueReadError as error:
                    troubles[kind] = f"what is open could not be read: {error}"
                    continue
                troubles.pop(kind, None)
                seen |= dict.fromkeys(order.name for order in left[kind])
                if left[kind] and n < _ROUNDS:
                    refused = await self._cancel(kind, left[kind]) or refused
            if not (troubles or any(left.values())):
                break
        names = tuple(order.name for orders in left.values() for order in orders)
        return CancelReport(
            gone=tuple(name for name in seen if name not in names),
            left=names,
            trouble="; ".join(troubles.values()) or (refused if names else ""),
        )

    async def _plain(self) -> list[_Open]:
        rows = await self._history.pending_orders(Purpose.CANCEL)
        return [
            _Open(f"{row.inst_id} {to_engine(row.cl_ord_id, row.ord_id)}", {"instId": row.inst_id, "ordId": row.ord_id})
            for row in rows
        ]

    async def _held_back(self) -> list[_Open]:
        rows = await self._history.pending_algos(Purpose.CANCEL)
        return [
            _Open(f"{row.inst_id} algo {row.algo_id}", {"instId": row.inst_id, "algoId": row.algo_id}) for row in rows
        ]

    async def _cancel(self, kind: _Kind, orders: list[_Open]) -> str:
        """Cancel in batches; return the last thing that went wrong, nothing where the venue agreed to all."""
        trouble = ""
        for n in range(0, len(orders), kind.batch_limit):
            batch = [order.cancelled_by for order in orders[n : n + kind.batch_limit]]
            try:
                reply = await self._rest.post(kind.cancel, batch, Purpose.CANCEL, weight=len(batch))
            except (NotSentError, NoAnswerError) as error:
                trouble = str(error)
                continue
            trouble = await self._trouble_in(reply.body, judge(reply)) or trouble
        return trouble

    async def _trouble_in(self, body: bytes, judgement: Judgement) -> str:
        if judgement.meaning is Meaning.CLOCK:
            try:
                await self._rest.measure_time()
            except VenueReadError as error:
                return f"{judgement.text}; {error}"
        try:
            rows = decode_acknowledgements(body).data
        except ValueError:
            return judgement.text
        judged = [judge_code(row.s_code, row.s_msg) for row in rows] or [judgement]
        return next((one.text for one in judged if one.meaning not in {Meaning.DONE, Meaning.GONE}), "")
