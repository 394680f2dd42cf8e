"""Why an order is where it is."""

import re
from collections.abc import Sequence

from core.state.desk import LogLine, OrderView
from tui.present import numbers
from tui.present.cells import wrap
from tui.present.ink import EMPTY_LINE, Ink, Line, Span
from tui.present.key_words import AS_WRITTEN, KeyWords
from tui.present.log import log_line
from tui.present.orders import order_price, status_span

_MEANING = {
    "intended": "written to the journal and on its way; the venue has not answered yet",
    "open": "rests at the venue",
    "partially_filled": "part of it is filled, the rest rests at the venue",
    "cancelling": "a cancel is on its way; it can still be filled",
    "in_doubt": "the venue did not answer in time: it may live there. It is being looked for and never sent again",
    "filled": "completely filled",
    "cancelled": "cancelled; nothing of it is live",
    "rejected": "the venue did not take it",
    "expired": "ended by its time in force",
    "refused": "the risk gate said no; it was never sent",
    "held": "held here: its order is sent once the market is at the stop price; {cancel} cancels it",
    "waiting": "held here: it protects what its entry order fills",
    "triggered": "the market came to the stop price; its order is sent as soon as nothing is in its way",
    "done": "nothing is left to do",
}


_AROUND_NS = 2_000_000_000


def line_explanation(line: LogLine, log: Sequence[LogLine], width: int) -> list[Line]:
    """Show a line of the log in full, and what else was said within two seconds of it."""
    around = [each for each in log if each is not line and abs(each.at_ns - line.at_ns) <= _AROUND_NS]
    lines: list[Line] = [
        *wrap(line.text, width, Ink.STRONG),
        (Span(f"{line.level}, {line.topic}, {numbers.clock_ms(line.at_ns)} UTC", Ink.QUIET),),
    ]
    if around:
        lines += [EMPTY_LINE, (Span("said around it", Ink.QUIET),), *(log_line(each, width) for each in around[-15:])]
    return [*lines, EMPTY_LINE, (Span("esc closes", Ink.QUIET),)]


def order_explanation(order: OrderView, log: Sequence[LogLine], width: int, keys: KeyWords = AS_WRITTEN) -> list[Line]:
    """Say what the order is, what became of it and every log line that names it."""
    lines: list[Line] = [
        (Span(f"{order.side.upper()} {numbers.exact(order.quantity)} {order.symbol}", Ink.STRONG),
         Span(f"  {order.venue}  {order.order_type} {order_price(order)}", Ink.TEXT)),
        (Span("id       ", Ink.QUIET), Span(order.client_order_id)),
        (Span("from     ", Ink.QUIET), Span("found at the venue, not sent by this engine" if order.is_external
                                            else order.source)),
        (Span("made     ", Ink.QUIET), Span(f"{numbers.clock(order.created_ns)}, "
                                            f"last change {numbers.clock(order.updated_ns)} UTC")),
        (Span("filled   ", Ink.QUIET), Span(f"{numbers.exact(order.filled_quantity)} of "
                                            f"{numbers.exact(order.quantity)}, average "
                                            f"{numbers.exact(order.average_price)}")),
        (Span("status   ", Ink.QUIET), status_span(order)),
    ]  # fmt: skip
    if order.amend is not None:
        terms = f"{numbers.exact(order.new_quantity)} at {numbers.exact(order.new_price)}"
        lines += wrap(f"asked to be {terms}, not settled yet: both terms count until it is", width, Ink.WARNING)
    if order.replaces is not None:
        lines.append((Span("replaces ", Ink.QUIET), Span(order.replaces)))
    lines += wrap(keys(_MEANING.get(order.status, "")), width, Ink.QUIET)
    if order.reason:
        lines += [EMPTY_LINE, (Span("reason", Ink.QUIET),), *wrap(order.reason.replace("; ", "\n"), width, Ink.WARNING)]
    whole_id = re.compile(rf"(?<![\w-]){re.escape(order.client_order_id)}(?![\w-])")  # …-1 is not …-10
    named = [entry for entry in log if whole_id.search(entry.text)]
    if named:
        lines += [EMPTY_LINE, (Span("log", Ink.QUIET),), *(log_line(entry, width) for entry in named[-10:])]
    return [*lines, EMPTY_LINE, (Span("esc closes", Ink.QUIET),)]
