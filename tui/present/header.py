"""The header: whether it is money, whether it runs, what is left to lose, and how late everything is."""

from typing import NamedTuple

import msgspec

from core.control.arming import minutes
from core.state.desk import ArmingView, DeskSnapshot
from core.state.monitoring import GlobalState
from tui.present import numbers
from tui.present.alarms import alarm_cell
from tui.present.bars import room_bar
from tui.present.cells import fit, line_width
from tui.present.freshness import LATE_AFTER_S, Freshness, freshness
from tui.present.ink import Decor, Ink, Line, Span, decorated, signed_ink
from tui.present.inputs import inputs_of
from tui.present.override import countdown
from tui.present.traffic import NO_TRAFFIC, Traffic, traffic_line

BAR = Span("▌", Ink.FRAME)


class LinkView(msgspec.Struct, frozen=True):
    """What the console knows of its link: kind, age of the newest snapshot, own lateness."""

    is_hosted: bool
    lost_reason: str | None
    snapshot_age_s: float | None
    console_lag_ms: float
    console_id: str = ""
    place: str = ""
    traffic: Traffic = NO_TRAFFIC

    @property
    def is_late(self) -> bool:
        return self.snapshot_age_s is None or self.snapshot_age_s > LATE_AFTER_S or self.lost_reason is not None


class _Cell(NamedTuple):
    rank: int  # the largest rank is left out first, 0 never: the last of those is cut
    line: Line


def header_height(width: int) -> int:
    return 1 if width >= 132 else 2


def header_lines(snapshot: DeskSnapshot | None, link: LinkView, width: int) -> list[Line]:
    """Return one line from 132 cells on, else two with the same facts."""
    if snapshot is None:
        first, mode = _first_cells(link), _Cell(2, (Span("paper or live: not known yet", Ink.QUIET),))
        is_short = header_height(width) > 1
        return [_joined(first, width), _joined([mode], width)] if is_short else [_joined([*first, mode], width)]
    money_cells = _money_cells(snapshot, link)
    machine_cells = _machine_cells(snapshot, link)
    own_cells = [_Cell(7, traffic_line(link.traffic))]
    state_cells = _state_cells(snapshot, link, is_short=header_height(width) > 1)
    if header_height(width) == 1:
        return [_joined(state_cells + money_cells + machine_cells + own_cells, width)]
    return [
        _joined(state_cells + machine_cells, width),
        _joined(money_cells + own_cells, width),
    ]


def _first_cells(link: LinkView) -> list[_Cell]:
    """Say what is waited for."""
    word = " STARTING " if link.is_hosted else " CONNECTING "
    waiting = link.lost_reason or "waiting for the engine's first snapshot"
    return [_Cell(0, (Span(word, Ink.WARNING, Decor.BOLD),)), _Cell(0, (Span(waiting),))]


def _state_cells(snapshot: DeskSnapshot, link: LinkView, *, is_short: bool) -> list[_Cell]:
    state = snapshot.monitoring.global_
    cells = [_Cell(0, (mode_span(state),))]
    now_ns = snapshot.engine_ns + int((link.snapshot_age_s or 0.0) * 1e9)
    if snapshot.monitoring.risk.manual_override:
        text = f" OVERRIDE {countdown(snapshot.monitoring.risk, now_ns)} "
        cells.append(_Cell(0, (Span(text, Ink.ALARM, Decor.BOLD | Decor.REVERSED),)))
    if snapshot.arming is not None:
        cells.append(_Cell(0, (_arming_span(snapshot.arming, link, now_ns),)))
    if link.is_late:
        cells.append(_Cell(0, (Span(_late_text(link), Ink.ALARM, Decor.BOLD | Decor.REVERSED),)))
    alarms = alarm_cell(snapshot.monitoring.alerts, is_short=is_short)
    if alarms is not None:
        line, is_critical = alarms
        cells.append(_Cell(0 if is_critical else 1, decorated(line, Decor.DIM) if link.is_late else line))
    if state.system_status != "manual_override" or link.is_late:
        cells.append(_Cell(1, (status_span(state, is_late=link.is_late),)))
    cells.append(_Cell(3, (Span(state.risk_mode.upper(), Ink.STRONG),)))
    return cells


def is_armed(arming: ArmingView | None, link: LinkView) -> bool:
    """Tell whether the console of this link is the armed one, by a picture that is fresh."""
    return arming is not None and not link.is_late and bool(link.console_id) and arming.console == link.console_id


def name_of_holder(arming: ArmingView) -> str:
    return arming.who.removeprefix("console:")


def _arming_span(arming: ArmingView, link: LinkView, now_ns: int) -> Span:
    """Say who is armed; a console that hears nothing is not armed, whatever it saw last."""
    if is_armed(arming, link):
        return Span(f" ARMED {minutes((arming.until_ns - now_ns) / 1e9)} ", Ink.WARNING, Decor.BOLD | Decor.REVERSED)
    if arming.console == link.console_id:
        return Span("not armed: no link", Ink.WARNING)
    return Span(f"read-only: {name_of_holder(arming)} armed", Ink.WARNING)


def mode_span(state: GlobalState) -> Span:
    """Return the first cell: the word, its colour and its shape say whether this is money."""
    if state.trading_mode == "paper":
        return Span(" PAPER ", Ink.PAPER, Decor.BOLD)
    return Span("◆ LIVE ◆", Ink.LIVE, Decor.BOLD | Decor.REVERSED)  # also for a mode that this version does not know


def status_span(state: GlobalState, *, is_late: bool) -> Span:
    status = state.system_status
    word = status.replace("_", " ").upper()
    shape = {"running": "▶ ", "paused": "‖ ", "halted": "■ ", "manual_override": "! "}.get(status, "… ")
    ink = {"running": Ink.GOOD, "paused": Ink.WARNING, "manual_override": Ink.WARNING, "halted": Ink.ALARM}.get(
        status, Ink.WARNING
    )
    decor = Decor.BOLD | (Decor.REVERSED if status == "halted" else Decor.NONE)
    return Span(shape + word, Ink.QUIET, Decor.DIM | Decor.STRUCK) if is_late else Span(shape + word, ink, decor)


def _late_text(link: LinkView) -> str:
    if link.lost_reason is not None:
        since = "" if link.snapshot_age_s is None else f" for {numbers.age(link.snapshot_age_s)}"
        return f" LINK LOST{since}: {link.lost_reason} "
    return f" NO DATA for {numbers.age(link.snapshot_age_s)} "


def _money_cells(snapshot: DeskSnapshot, link: LinkView) -> list[_Cell]:
    """Show the money as old as the oldest price of an open position: most of it is worth what those say."""
    state = snapshot.monitoring.global_
    inputs = inputs_of(snapshot, link.snapshot_age_s or 0.0)
    oldest_s = None if inputs.has_unknown else inputs.oldest_age_s
    marks = freshness(oldest_s) if inputs.has_unknown or oldest_s is not None else Freshness.FRESH
    looks = marks.decor | (Decor.DIM if link.is_late else Decor.NONE)
    decor = Decor.PRIVATE | looks
    pnl = state.today_pnl_usd
    started_with = None if state.equity_usd is None or pnl is None else state.equity_usd - pnl
    limit, used = state.daily_loss_limit, state.daily_loss_used
    left_usd = None if limit is None or used is None else limit - used
    today = f"{numbers.direction(pnl)}{numbers.signed_money(pnl)} ({numbers.share(pnl, started_with)})"
    room = Span(f" {numbers.room(left_usd)}", Ink.ALARM if left_usd is None else Ink.STRONG, decor)
    cells = [
        _Cell(2, (Span("equity ", Ink.QUIET), Span(numbers.money(state.equity_usd), Ink.STRONG, decor))),
        _Cell(1, (Span("today ", Ink.QUIET), Span(today, signed_ink(pnl), decor))),
        _Cell(1, (Span("loss room ", Ink.QUIET), *decorated(room_bar(left_usd, limit, 8), looks), room)),
    ]
    if marks is not Freshness.FRESH:
        cells.append(_Cell(4, (Span("marks ", Ink.QUIET), Span(numbers.age(oldest_s), marks.ink))))
    return cells


def _machine_cells(snapshot: DeskSnapshot, link: LinkView) -> list[_Cell]:
    venues = snapshot.monitoring.venues
    up = sum(1 for venue in venues.values() if venue.feed_state in {"up", "closed"})
    feeds_ink = Ink.GOOD if up == len(venues) else Ink.ALARM
    shape = "" if up == len(venues) else "▼ "
    engine_lag_ms = snapshot.monitoring.global_.loop_lag_ms
    lag_ink = Ink.WARNING if max(engine_lag_ms, link.console_lag_ms) > 50 else Ink.TEXT
    decor = Decor.DIM | Decor.STRUCK if link.is_late else Decor.NONE
    kind = "LOST" if link.lost_reason is not None else link.place or ("hosted" if link.is_hosted else "attached")
    return [
        _Cell(2, (Span(f"{shape}{up}/{len(venues)} up", feeds_ink, decor),)),
        _Cell(
            5,
            (
                Span("lag ", Ink.QUIET),
                Span(f"{engine_lag_ms:.0f}/{link.console_lag_ms:.0f} ms", lag_ink),
            ),
        ),
        _Cell(6, (Span(kind, Ink.ALARM if kind == "LOST" else Ink.QUIET),)),
        _Cell(2, (Span(numbers.clock(snapshot.engine_ns), Ink.STRONG, decor), Span(" UTC", Ink.QUIET))),
    ]


def _joined(cells: list[_Cell], width: int) -> Line:
    kept = list(cells)
    while _length(kept) > width and any(cell.rank for cell in kept):
        kept.remove(max(kept, key=lambda cell: cell.rank))
    spans: list[Span] = [Span(" ")]
    for index, cell in enumerate(kept):
        if index:
            spans += [Span(" "), BAR]
        spans += cell.line
    return fit(tuple(spans), width)


def _length(cells: list[_Cell]) -> int:
    return 1 + sum(line_width(cell.line) for cell in cells) + 2 * (len(cells) - 1)
