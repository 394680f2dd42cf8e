"""Signed requests to a venue: sent once, within its allowance, and told apart by what is known of them."""

from collections.abc import Callable, Iterable
from typing import Final

from adapters.network.request_budget import Purpose, RequestBudget
from core.ports.transport import HostClosedError, HttpReply, HttpRequest, Transport, TransportError

TOO_MANY: Final = 429
BANNED: Final = 418
# what to wait where the venue does not say
_TOO_MANY_WAIT_S: Final = 10.0
_BANNED_WAIT_S: Final = 120.0


class NotSentError(Exception):
    """The request never left, or the venue did not look at it: what it asked for has not happened."""


class NoAnswerError(Exception):
    """The request may have arrived and nothing came back: what it asked for may have happened."""


class VenueRest:
    """Sends requests within one or more allowances, which are shut where the venue says 429 or 418.

    Parameters
    ----------
    limited
        Returns the allowances that such an answer is about; all of them where it is left out.
    too_many_wait_s
        How long they are shut after a 429 that does not say it.
    """

    def __init__(
        self,
        transport: Transport,
        budgets: tuple[RequestBudget, ...],
        *,
        timeout_s: float,
        limited: Callable[[HttpReply], Iterable[RequestBudget]] | None = None,
        too_many_wait_s: float = _TOO_MANY_WAIT_S,
    ) -> None:
        self._transport = transport
        self._budgets = budgets
        self._timeout_s = timeout_s
        self._limited = limited
        self._too_many_wait_s = too_many_wait_s

    async def send(
        self, request: HttpRequest | Callable[[], HttpRequest], weights: tuple[float, ...], purpose: Purpose
    ) -> HttpReply:
        """Return the venue's answer whatever it says.

        An order that the allowance does not cover now is not sent; anything else waits for it. A request whose
        signature holds a time is given as what makes it: it is made when the waiting is over.

        Raises
        ------
        NotSentError
            The venue did not see it, or answered that it was too many and did nothing.
        NoAnswerError
            Nobody knows what became of it.
        """
        for budget, weight in zip(self._budgets, weights, strict=True):
            if purpose is not Purpose.ORDER:
                await budget.take(weight, purpose)
            elif not budget.try_take(weight, purpose):
                raise NotSentError("the venue's rate limit is used up")
        reply = await self._asked(request, purpose)
        if reply.status in (TOO_MANY, BANNED):
            wait_s = retry_after_s(reply, self._too_many_wait_s)
            self._shut(wait_s, self._budgets if self._limited is None else self._limited(reply))
            raise NotSentError(f"the venue's rate limit ({reply.status}): nothing is sent for {wait_s:.0f} s")
        return reply

    async def _asked(self, request: HttpRequest | Callable[[], HttpRequest], purpose: Purpose) -> HttpReply:
        """Send once; what is no order waits where the host was closed by somebody else."""
        while True:
            try:
                made = request if isinstance(request, HttpRequest) else request()
                return await self._transport.request(made, self._timeout_s)
            except HostClosedError as error:
                self._shut(error.wait_s, self._budgets)
                if purpose is Purpose.ORDER:
                    raise NotSentError(str(error)) from None
                for budget in self._budgets:
                    await budget.take(0, purpose)
            except TransportError as error:
                raise (NoAnswerError if error.may_have_arrived else NotSentError)(str(error)) from None

    @staticmethod
    def _shut(wait_s: float, budgets: Iterable[RequestBudget]) -> None:
        for budget in budgets:
            budget.shut(wait_s)


def retry_after_s(reply: HttpReply, too_many_wait_s: float = _TOO_MANY_WAIT_S) -> float:
    """Return the seconds a venue asks to wait, or what is usual where it does not say."""
    text = next((value for name, value in reply.headers.items() if name.lower() == "retry-after"), "")
    if text.isascii() and text.isdigit():
        return float(text)
    return too_many_wait_s if reply.status == TOO_MANY else _BANNED_WAIT_S
