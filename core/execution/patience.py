"""Waiting by a clock that somebody may set back."""


def has_passed(now_ns: int, since_ns: int, span_ns: float) -> bool:
    """Tell whether `span_ns` have passed since a moment.

    Where the moment lies ahead the clock was set back: then nobody knows, and what waits is asked again at once
    instead of standing still until the clock has caught up.
    """
    return not 0 <= now_ns - since_ns < span_ns
