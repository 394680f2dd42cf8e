"""Cancel all orders of an account, whoever sent them, for a process that has nothing but the keys."""

from typing import Final

from adapters.kraken.outcomes import Effect, effects_of
from adapters.kraken.private_wire import decode_count, decode_open_orders
from adapters.kraken.rest import CANCEL_ALL, OPEN_ORDERS, PrivateRest, RefusedError
from adapters.network.request_budget import Purpose
from adapters.network.venue_rest import NoAnswerError, NotSentError
from core.ports.venue import SendOutcome, SendResult

_ROUNDS: Final = 3  # an order that was on its way appears after the first


async def cancel_until_none_rests(rest: PrivateRest) -> SendResult:
    """Cancel and look; accepted only when the venue shows that nothing rests any more."""
    trouble, left = "", 0
    for _ in range(_ROUNDS):
        try:
            await rest.ask(CANCEL_ALL, {}, decode_count, Purpose.CANCEL)
            left = len((await rest.ask(OPEN_ORDERS, {}, decode_open_orders, Purpose.CANCEL)).open)
        except RefusedError as error:
            if Effect.PAUSE_CALLS not in effects_of(error.errors):
                return SendResult(SendOutcome.REJECTED, str(error))
            trouble = str(error)  # an engine beside it has used the key's calls up: that is over soon
            continue
        except (NotSentError, NoAnswerError) as error:
            trouble = str(error)
            continue
        if not left:
            return SendResult(SendOutcome.ACCEPTED)
        trouble = f"{left} orders are still open"
    return SendResult(SendOutcome.IN_DOUBT, trouble)
