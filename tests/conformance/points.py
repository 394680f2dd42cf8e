"""What is proven of every venue, in the words of the support table."""

from enum import Enum


class Point(Enum):
    """One promise; its value is how the table calls it."""

    CONNECT = "connects: rules of the instruments, account, state of the feed"
    BOOK = "books equal the venue's, level by level"
    GAP = "a lost change: unreadable at the next message, then read anew"
    CHECKSUM = "a wrong checksum: unreadable at that message, then read anew"
    DISORDER = "changes told twice or out of order: never a wrong number"
    SILENCE = "a connection without a word: unreadable, replaced"
    RECONNECT = "a lost connection: unreadable at once, subscribed and read anew"
    MISSED_FILL = "a fill while the private stream was down: told once"
    LIMIT = "limit orders: rest, are listed, are cancelled"
    MARKET = "market orders: fills with price and fee"
    IOC = "immediate-or-cancel"
    POST_ONLY = "post-only"
    REDUCE_ONLY = "reduce-only"
    AMEND = "other terms for a resting order, by the venue itself"
    PARTIAL_FILL = "partial fills, whatever is told twice"
    REJECTS = "refused by the venue: a known reject"
    DOUBT = "a fault of the venue: in doubt"
    ACK_LOST = "a lost answer: in doubt, found by its id, never sent twice"
    CANCEL_RACE = "a cancel that meets a fill: the fill counts"
    RATE_LIMIT = "told to wait: nothing is sent until then"
    SLICE = "an allowance used up: cancels still go out"
    CLOCK_SKEW = "a clock that is off: orders go out all the same"
    KILL = "everything cancelled without an engine"
    DEAD_MAN = "the venue cancels what a dead engine leaves"
    RECORDER = "what the feed receives can be recorded"
