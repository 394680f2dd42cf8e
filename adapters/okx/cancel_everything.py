"""Cancel all orders of an account, whoever sent them, in every instrument; also without an engine."""

from typing import Final

import msgspec

from adapters.network.request_budget import Purpose
from adapters.network.venue_rest import NoAnswerError, NotSentError
from adapters.okx.answers import OrderRow, decode_acknowledgements
from adapters.okx.client_ids import to_engine
from adapters.okx.history import History
from adapters.okx.outcomes import Judgement, Meaning, judge, judge_code
from adapters.okx.rest import OkxRest, VenueReadError
from adapters.okx.routes import BATCH_LIMIT, CANCEL_BATCH

_ROUNDS: Final = 3  # an order that was on its way appears after the first


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

    async def cancel_all(self) -> CancelReport:
        """Never raises for what the venue or the network does: the report says what could not be cancelled."""
        seen: dict[str, None] = {}
        left: dict[str, None] = {}
        trouble = refused = ""
        for n in range(_ROUNDS + 1):
            try:
                orders = await self._history.pending_orders(Purpose.CANCEL)
            except VenueReadError as error:
                trouble = f"what is open could not be read: {error}"
                continue
            trouble, left = "", dict.fromkeys(map(_name, orders))
            seen |= left
            if not orders:
                break
            if n < _ROUNDS:
                refused = await self._cancel(orders)
        gone = tuple(name for name in seen if name not in left)
        return CancelReport(gone=gone, left=tuple(left), trouble=trouble or (refused if left else ""))

    async def _cancel(self, orders: list[OrderRow]) -> str:
        """Cancel in batches; return the last thing that went wrong, nothing where the venue agreed to all."""
        trouble = ""
        for n in range(0, len(orders), BATCH_LIMIT):
            batch = [{"instId": order.inst_id, "ordId": order.ord_id} for order in orders[n : n + BATCH_LIMIT]]
            try:
                reply = await self._rest.post(CANCEL_BATCH, batch, Purpose.CANCEL, weight=len(batch))
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


def _name(order: OrderRow) -> str:
    return f"{order.inst_id} {to_engine(order.cl_ord_id, order.ord_id)}"
