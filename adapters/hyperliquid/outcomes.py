"""What became of a signed action, by the venue's answer: one table, and doubt for everything that is not in it."""

import re
from enum import StrEnum
from typing import Final

import msgspec

from core.ports.venue import SendOutcome, SendResult

_OK: Final = 200
_UNPROCESSABLE: Final = 422
_SHOWN: Final = 300


class Refusal(StrEnum):
    """Why the venue did nothing."""

    PRICE = "price"
    SIZE = "size"
    MARGIN = "margin"
    REDUCE_ONLY = "reduce_only"
    POST_ONLY = "post_only"
    NO_MATCH = "no_match"
    OPEN_INTEREST = "open_interest"
    NOT_THERE = "not_there"  # the order that was to be cancelled or changed
    REPLACED_BY_NOTHING = "replaced_by_nothing"  # a change took the order off and could not place the new one
    KEY = "key"
    RATE = "rate"
    TOO_LITTLE_TRADED = "too_little_traded"
    OTHER_RULE = "other_rule"


# The venue's words, as its documentation lists them and as they were seen; matched anywhere in the text. A nonce that
# was used before is not among them: if something on the way sent a request twice, the first one was carried out.
CATALOGUE: Final[tuple[tuple[str, Refusal], ...]] = (
    ("error placing new order during modify", Refusal.REPLACED_BY_NOTHING),
    ("price must be divisible by tick size", Refusal.PRICE),
    ("order has invalid price", Refusal.PRICE),
    ("order price cannot be more than", Refusal.PRICE),
    ("order price too far from oracle", Refusal.PRICE),
    ("invalid tp/sl price", Refusal.PRICE),
    ("order must have minimum value of", Refusal.SIZE),
    ("order has invalid size", Refusal.SIZE),
    ("order has zero size", Refusal.SIZE),
    ("insufficient margin to place order", Refusal.MARGIN),
    ("exceed margin tier limit at current leverage", Refusal.MARGIN),
    ("order has insufficient spot balance", Refusal.MARGIN),
    ("must deposit before performing actions", Refusal.MARGIN),
    ("reduce only order would increase position", Refusal.REDUCE_ONLY),
    ("post only order would have immediately matched", Refusal.POST_ONLY),
    ("order could not immediately match against any resting orders", Refusal.NO_MATCH),
    ("no liquidity available for market order", Refusal.NO_MATCH),
    ("order would increase open interest", Refusal.OPEN_INTEREST),
    ("more aggressive than oracle while at open interest cap", Refusal.OPEN_INTEREST),
    ("order was never placed, already canceled, or filled", Refusal.NOT_THERE),
    ("cannot modify canceled or filled order", Refusal.NOT_THERE),
    ("user or api wallet", Refusal.KEY),
    ("too many cumulative requests sent", Refusal.RATE),
    ("cannot set scheduled cancel time until enough volume traded", Refusal.TOO_LITTLE_TRADED),
    ("invalid leverage value", Refusal.OTHER_RULE),
)


class Resting(msgspec.Struct, frozen=True, rename={"venue_order_id": "oid"}):
    venue_order_id: int


class Filled(msgspec.Struct, frozen=True, rename={"venue_order_id": "oid", "quantity": "totalSz"}):
    venue_order_id: int
    quantity: str = ""


class _Status(msgspec.Struct, frozen=True):
    """What became of one order or cancel of a batch: one of its parts is there."""

    resting: Resting | None = None
    filled: Filled | None = None
    error: str | None = None


class _Data(msgspec.Struct, frozen=True):
    statuses: list[_Status | str]


class _Response(msgspec.Struct, frozen=True):
    type: str
    data: _Data | None = None


class _Answer(msgspec.Struct, frozen=True):
    status: str
    response: _Response | str | None = None


_decode: Final = msgspec.json.Decoder(_Answer).decode


class ActionResult(msgspec.Struct, frozen=True):
    """What became of one order, cancel or whole action."""

    outcome: SendOutcome
    reason: str = ""
    refusal: Refusal | None = None
    venue_order_id: int | None = None
    filled: str | None = None  # quantity that traded at once

    @property
    def as_send_result(self) -> SendResult:
        number = None if self.venue_order_id is None else str(self.venue_order_id)
        return SendResult(self.outcome, self.reason, number)


def doubt(reason: str) -> ActionResult:
    return ActionResult(SendOutcome.IN_DOUBT, reason)


def refused(reason: str, refusal: Refusal | None = None) -> ActionResult:
    return ActionResult(SendOutcome.REJECTED, reason, refusal)


def known_refusal(text: str) -> Refusal | None:
    """Return what a text of the venue means, None where nobody has seen it before."""
    lowered = re.sub(r"\s+", " ", text).lower()
    return next((refusal for words, refusal in CATALOGUE if words in lowered), None)


def classify(status: int, body: bytes, expected: int) -> tuple[ActionResult, ...]:
    """Return what became of each of `expected` parts of an action; never raises.

    A server's fault, an answer that cannot be read, a text that is not in the table and a number of statuses that is
    not what was asked for are all doubt.
    """
    shown = body[:_SHOWN].decode("utf-8", "replace")
    if status == _UNPROCESSABLE:  # the venue could not read the action: it did nothing
        return (refused(f"the venue cannot read the request ({status}): {shown}", Refusal.OTHER_RULE),) * expected
    try:
        answer = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return (doubt(f"the venue answered {status} with something unreadable: {shown}"),) * expected
    if status != _OK:
        return (doubt(f"the venue answered {status}: {shown}"),) * expected
    if isinstance(answer.response, str):
        return (_of_text(answer.response),) * expected
    if answer.status != "ok" or answer.response is None:
        return (doubt(f"the venue answered with status {answer.status!r}: {shown}"),) * expected
    if answer.response.data is None:
        accepted = ActionResult(SendOutcome.ACCEPTED) if answer.response.type == "default" else doubt(shown)
        return (accepted,) * expected
    statuses = answer.response.data.statuses
    if len(statuses) == 1 and expected > 1 and isinstance(statuses[0], _Status) and statuses[0].error is not None:
        return (_of_text(statuses[0].error),) * expected  # a batch that was refused as a whole has one error
    if len(statuses) != expected:
        return (doubt(f"{len(statuses)} statuses for {expected} parts: {shown}"),) * expected
    return tuple(map(_of_status, statuses))


def _of_status(status: _Status | str) -> ActionResult:
    if isinstance(status, str):
        # an order that waits for a trigger or a fill says so in a word; a cancel says success
        known = status in {"success", "waitingForFill", "waitingForTrigger"}
        return ActionResult(SendOutcome.ACCEPTED) if known else doubt(f"unknown status {status[:_SHOWN]!r}")
    if status.error is not None:
        return _of_text(status.error)
    if status.resting is not None:
        return ActionResult(SendOutcome.ACCEPTED, venue_order_id=status.resting.venue_order_id)
    if status.filled is not None:
        filled = status.filled
        return ActionResult(SendOutcome.ACCEPTED, venue_order_id=filled.venue_order_id, filled=filled.quantity or None)
    return doubt("a status without any content")


def _of_text(text: str) -> ActionResult:
    refusal = known_refusal(text)
    shown = text[:_SHOWN]
    return doubt(f"unknown answer of the venue: {shown}") if refusal is None else refused(shown, refusal)
