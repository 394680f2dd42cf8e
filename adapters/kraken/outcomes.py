"""What Kraken's error texts say about a request: it was refused, or nobody knows. One table.

Kraken has no numbers, only texts of the form ``ECategory:Text[:detail]``; both interfaces use them, and the websocket
has a few of its own without a category. The longest row that a text begins with counts; a text of no row is doubt.
https://docs.kraken.com/exchange/guides/general/errors
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple

from core.ports.venue import SendOutcome

REFUSED: Final = SendOutcome.REJECTED
DOUBT: Final = SendOutcome.IN_DOUBT


class Effect(StrEnum):
    """What has to be done besides telling the outcome."""

    NONE = "none"
    NEXT_NONCE = "next nonce"  # send it again with a higher number
    PAUSE_CALLS = "pause calls"  # of the key
    PAUSE_PAIR = "pause pair"  # orders of one pair
    NEW_SESSION = "new session"  # the websocket's token is not good any more


class Row(NamedTuple):
    text: str
    outcome: SendOutcome
    effect: Effect
    meaning: str


_R, _D = REFUSED, DOUBT
TABLE: Final = tuple(
    Row(*row)
    for row in (
        ("EOrder:", _R, Effect.NONE, "the order is not as the venue wants it, or it is not there"),
        ("EOrder:Rate limit exceeded", _R, Effect.PAUSE_PAIR, "the pair's transaction counter is full"),
        ("EOrder:Orders limit exceeded", _R, Effect.NONE, "too many open orders"),
        ("EOrder:Insufficient funds", _R, Effect.NONE, "not enough money"),
        ("EOrder:Unknown order", _R, Effect.NONE, "no open order of that id"),
        ("EGeneral:Invalid arguments", _R, Effect.NONE, "a field is wrong"),
        ("EGeneral:Permission denied", _R, Effect.NONE, "the key lacks a right"),
        ("EGeneral:Unknown method", _R, Effect.NONE, "no such method"),
        ("EGeneral:Unknown Method", _R, Effect.NONE, "no such method"),
        ("EGeneral:Temporary lockout", _R, Effect.PAUSE_CALLS, "too many wrong keys or nonces"),
        ("EGeneral:Too many requests", _R, Effect.PAUSE_CALLS, "the address asked too much"),
        ("EGeneral:Internal error", _D, Effect.NONE, "a fault at the venue, at an unknown step"),
        ("EAPI:Invalid key", _R, Effect.NONE, "no such key"),
        ("EAPI:Invalid signature", _R, Effect.NONE, "the private key is another one"),
        ("EAPI:Invalid nonce", _R, Effect.NEXT_NONCE, "a higher number was seen"),
        ("EAPI:Rate limit exceeded", _R, Effect.PAUSE_CALLS, "the key's call counter is full"),
        ("EAPI:Feature disabled", _R, Effect.NONE, "not offered to this account"),
        ("EAPI:Bad request", _R, Effect.NONE, "the request cannot be read"),
        ("EAccount:Invalid permissions", _R, Effect.NONE, "the account may not trade this"),
        ("EAuth:", _R, Effect.NONE, "the account may not log in"),
        ("ESession:Invalid session", _R, Effect.NEW_SESSION, "the websocket's token has run out"),
        ("EService:Market in", _R, Effect.NONE, "the market takes no such order now"),
        ("EService:Throttled", _R, Effect.PAUSE_CALLS, "the venue asks to slow down"),
        ("EService:Deadline elapsed", _R, Effect.NONE, "it came too late and was thrown away"),
        ("EService:Timeout", _D, Effect.NONE, "the engine did not answer the interface"),
        ("EService:Unavailable", _D, Effect.NONE, "the service went away at an unknown step"),
        ("EService:Busy", _D, Effect.NONE, "the service gave up at an unknown step"),
        ("EDatabase:", _D, Effect.NONE, "a fault at the venue, at an unknown step"),
        ("EQuery:", _R, Effect.NONE, "no such pair or asset"),
        ("ETrade:", _R, Effect.NONE, "the account is locked or the trade not allowed"),
        ("EFunding:", _R, Effect.NONE, "of deposits and withdrawals"),
        ("EBM:limit exceeded", _R, Effect.NONE, "margin limit"),
        ("Unsupported field", _R, Effect.NONE, "websocket: the message was not understood"),
        ("Malformed request", _R, Effect.NONE, "websocket: the message was not understood"),
        ("Missing field", _R, Effect.NONE, "websocket: the message was not understood"),
        ("Currency pair", _R, Effect.NONE, "websocket: no such pair"),
        ("Token(s) not found", _R, Effect.NEW_SESSION, "websocket: the token is missing"),
        ("Authentication failed", _R, Effect.NEW_SESSION, "websocket: the token is wrong"),
        ("Already subscribed", _R, Effect.NONE, "websocket: nothing changed"),
    )
)
_BY_LENGTH: Final = sorted(TABLE, key=lambda row: -len(row.text))
_UNKNOWN: Final = Row("", DOUBT, Effect.NONE, "an answer of no known meaning")


def row_of(error: str) -> Row:
    """Return the row that an error text is of."""
    return next((row for row in _BY_LENGTH if error.startswith(row.text)), _UNKNOWN)


def outcome_of(errors: Iterable[str]) -> SendOutcome:
    """Return what several texts of one answer say together: any doubt is doubt, and no text at all too."""
    outcomes = {row_of(error).outcome for error in errors}
    return REFUSED if outcomes == {REFUSED} else DOUBT


def effects_of(errors: Iterable[str]) -> set[Effect]:
    return {row_of(error).effect for error in errors} - {Effect.NONE}
