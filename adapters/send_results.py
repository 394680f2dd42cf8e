"""What became of a request about an order, where the venue's answer does not say it."""

from adapters.network.venue_rest import NoAnswerError, NotSentError
from core.ports.venue import SendOutcome, SendResult


def rejected(reason: str) -> SendResult:
    return SendResult(SendOutcome.REJECTED, reason)


def in_doubt(reason: str) -> SendResult:
    return SendResult(SendOutcome.IN_DOUBT, reason)


def unanswered(error: NotSentError | NoAnswerError) -> SendResult:
    """Tell what a request without an answer proves: that nothing happened, or nothing at all."""
    return rejected(f"not sent: {error}") if isinstance(error, NotSentError) else in_doubt(str(error))
