"""What happened while nobody of this person looked: a headline and a page."""

from collections.abc import Sequence
from typing import Final

from core.state.away import AwayEvent, AwayReport
from tui.present import numbers
from tui.present.cells import left, number, safe, wrap
from tui.present.ink import EMPTY_LINE, Decor, Ink, Line, Span, signed_ink

SHOWN_SYMBOLS: Final = 5
SHOWN_EVENTS: Final = 4
_LABEL: Final = 8


def away_s(report: AwayReport) -> float:
    return max(0, report.until_ns - report.since_ns) / 1e9


def headline(report: AwayReport) -> str:
    """Say in one line what there is to read."""
    length = numbers.duration(away_s(report))
    if report.is_quiet:
        return f"nothing happened while you were away ({length})"
    counts = (
        (report.fills, "fill", "fills"),
        (sum(report.jobs.values()), "job ended", "jobs ended"),
        (report.blockers_raised, "halt or pause", "halts or pauses"),
        (report.alarms_raised, "alarm", "alarms"),
        (report.restarts, "engine restart", "engine restarts"),
    )
    told = [f"{count} {one if count == 1 else many}" for count, one, many in counts if count]
    return f"while you were away ({length}): {', '.join(told) or 'orders changed'}"


def title(report: AwayReport) -> str:
    length = numbers.duration(away_s(report))
    return f"While you were away: {length}" if report.was_here else f"Since the engine started: {length}"


def away_lines(report: AwayReport, columns: int) -> list[Line]:
    """Return the page; every count is there even where only the newest of a kind are listed."""
    since = f"from {numbers.day_and_time(report.since_ns)} to {numbers.day_and_time(report.until_ns)}"
    lines: list[Line] = [(Span(since, Ink.QUIET),)]
    if report.is_quiet:
        lines.append((Span(headline(report), Ink.STRONG),))
    lines += _fill_lines(report)
    jobs = " · ".join(f"{name} {count}" for name, count in report.jobs.items()) or "none ended"
    lines += _labelled("jobs", jobs, columns)
    lines += [_pnl_line(report), _orders_line(report)]
    halts = f"{report.blockers_raised} raised, {report.blockers_lifted} lifted"
    lines += _labelled("halts", halts, columns, is_bad=report.blockers_raised > 0)
    starts = report.blockers_raised + report.blockers_lifted + report.restarts
    lines += _event_lines(report.events, starts, columns)
    alarms = f"{report.alarms_raised} raised, {report.alarms_cleared} cleared"
    if report.alarms_since_ns > report.since_ns:
        alarms += f" since {numbers.clock(report.alarms_since_ns)}; those before the engine's start are not known"
    lines += _labelled("alarms", alarms, columns, is_bad=report.alarms_raised > 0)
    lines += _event_lines(report.alarms, report.alarms_raised + report.alarms_cleared, columns)
    restarts = f"{report.restarts} restart{'' if report.restarts == 1 else 's'}"
    lines += _labelled("engine", restarts, columns, is_bad=report.restarts > 0)
    return [
        *lines,
        EMPTY_LINE,
        (Span("w", Ink.ACCENT, Decor.BOLD), Span(" shows this again; any key closes", Ink.QUIET)),
    ]


def _labelled(label: str, text: str, columns: int, *, is_bad: bool = False) -> list[Line]:
    ink = Ink.WARNING if is_bad else Ink.STRONG
    first, *rest = wrap(text, max(10, columns - _LABEL), ink)
    return [(Span(left(label, _LABEL), Ink.QUIET), *first), *((Span(" " * _LABEL), *line) for line in rest)]


def _fill_lines(report: AwayReport) -> list[Line]:
    lines: list[Line] = [(Span(left("fills", _LABEL), Ink.QUIET), Span(str(report.fills), Ink.STRONG))]
    for symbol in report.symbols[:SHOWN_SYMBOLS]:
        sign = "+" if symbol.quantity > 0 else ""
        lines.append(
            (
                Span(" " * _LABEL),
                Span(left(safe(symbol.instrument), 26), Ink.TEXT),
                Span(number(str(symbol.fills), 6) + " ", Ink.TEXT),
                Span(f"net {sign}{numbers.exact(symbol.quantity)}", signed_ink(symbol.quantity)),
                Span(f"  fees {numbers.exact(symbol.fees)}{_quote(symbol.instrument)}", Ink.QUIET),
            )
        )
    rest = report.symbols[SHOWN_SYMBOLS:]
    if rest:
        fills = sum(symbol.fills for symbol in rest)
        lines.append((Span(" " * _LABEL), Span(f"and {fills} in {len(rest)} more instruments", Ink.QUIET)))
    return lines


def _quote(instrument: str) -> str:
    """Return the currency that fees are counted in, where the name tells it."""
    _, _, quote = instrument.rpartition("@")[0].partition("/")
    return f" {safe(quote.partition(':')[0])}" if quote else ""


def _pnl_line(report: AwayReport) -> Line:
    then, now = report.pnl_then_usd, report.pnl_now_usd
    change = None if then is None or now is None else now - then
    told = "not known" if then is None else numbers.signed_money(then)
    return (
        Span(left("PnL", _LABEL), Ink.QUIET),
        Span(f"{told} → {'not known' if now is None else numbers.signed_money(now)}", Ink.STRONG),
        Span(
            "" if change is None else f"  {numbers.direction(change)}{numbers.signed_money(change)}", signed_ink(change)
        ),
        Span(" USD since the first start", Ink.QUIET),
    )


def _orders_line(report: AwayReport) -> Line:
    then = "not known" if report.orders_then is None else str(report.orders_then)
    return (Span(left("orders", _LABEL), Ink.QUIET), Span(f"{then} → {report.orders_now} open", Ink.STRONG))


def _event_lines(events: Sequence[AwayEvent], count: int, columns: int) -> list[Line]:
    shown = events[-SHOWN_EVENTS:]
    lines: list[Line] = []
    if count > len(shown) > 0:
        lines.append((Span(" " * _LABEL), Span(f"the newest {len(shown)} of {count}:", Ink.QUIET)))
    room = max(10, columns - _LABEL - 9)
    return lines + [
        (Span(" " * _LABEL), Span(f"{numbers.clock(event.at_ns)} ", Ink.QUIET), Span(left(safe(event.text), room)))
        for event in shown
    ]
