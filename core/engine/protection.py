"""Watches what persons and strategies hold: stop loss, take profit, trailing stop, and an alert where it cannot.

Prices are the middles of readable books only. Legs of jobs are hedged by their other leg and never looked at.
"""

from decimal import Decimal
from typing import Final

import msgspec

from core.engine.bar_store import BarStore
from core.engine.directional_positions import Directional
from core.engine.fold import EngineFold
from core.engine.protective_close import ProtectiveClose
from core.engine.recorder import Recorder
from core.journal.facts import BestPriceReached
from core.market.market import Market
from core.ports.clock import Clock
from core.risk.average_true_range import SETTLED_BARS, average_true_range
from core.risk.halts import venue_scope
from core.risk.limits import RiskLimits
from core.risk.protective import CloseCause, Protected, best_price, judge_protection, protection_of, triggers
from core.state.desk import ProtectionView
from core.state.monitoring import Alert
from core.types.instrument import InstrumentId
from core.types.order import Order

UNWATCHED_AFTER_NS: Final = 5_000_000_000
JOURNALED_SHARE: Final = Decimal("0.05")  # of the trailing distance: how far a restart may set a trailing stop back


class _Watch(msgspec.Struct, kw_only=True):
    """What is known of one protected position beside the fold."""

    opening: int  # of the position that this is about
    best_price: Decimal
    unreadable_ns: int | None = None  # steady time since when no price can be had
    unreadable_since_ns: int = 0  # the same in UTC, to be shown
    short_since_ns: int | None = None  # since when less can be closed than is held


class ProtectionWatch:
    """Judge at every change of a book and every second; `closing` sends what is due."""

    def __init__(
        self,
        *,
        clock: Clock,
        fold: EngineFold,
        market: Market,
        bars: BarStore,
        recorder: Recorder,
        limits: RiskLimits,
        closing: ProtectiveClose,
    ) -> None:
        self._clock = clock
        self._fold = fold
        self._market = market
        self._bars = bars
        self._recorder = recorder
        self._protection = protection_of(limits)
        self._timeframe = limits.stop_loss_timeframe
        self._closing = closing
        self._watches: dict[InstrumentId, _Watch] = {}
        self._ranges: dict[InstrumentId, tuple[int, Decimal | None]] = {}  # start of the newest bar, average range

    # what happens ----------------------------------------------------------------------------------

    def on_book(self, instrument_id: InstrumentId) -> None:
        if self._protection.is_on and (held := self._fold.directional.of(instrument_id)) is not None:
            self._look(instrument_id, held)

    def on_order(self, order: Order) -> None:
        """Take note of a protective order that moved."""
        self._closing.on_order(order)

    def on_second(self) -> None:
        """Judge what no book event came for, take new average ranges, note what cannot be watched."""
        if not self._protection.is_on:
            return
        held = {each.net.instrument_id: each for each in self._fold.directional.held()}
        for instrument_id in [each for each in self._watches if each not in held]:
            self._forget(instrument_id)
        for instrument_id, each in held.items():
            self._take_range(instrument_id)
            self._look(instrument_id, each)

    def _look(self, instrument_id: InstrumentId, held: Directional) -> None:
        instrument, entry = self._market.instruments.get(instrument_id), held.entry_price
        if instrument is None or entry is None:
            self._forget(instrument_id)
            return
        watch = self._watch(instrument_id, held, entry)
        if held.closable == held.net.quantity:
            watch.short_since_ns = None
        elif watch.short_since_ns is None:
            watch.short_since_ns = self._clock.utc_ns()
        mark = self._readable_mark(instrument_id)
        if mark is None:
            if watch.unreadable_ns is None:
                watch.unreadable_ns, watch.unreadable_since_ns = self._clock.monotonic_ns(), self._clock.utc_ns()
            return
        watch.unreadable_ns = None
        self._follow(held, watch, mark)
        position, atr = _protected(held, watch, entry), self._range_of(instrument_id)
        close = judge_protection(position, self._protection, mark=mark, atr=atr, instrument=instrument)
        self._closing.pursue(instrument_id, held.closable, close)

    def _watch(self, instrument_id: InstrumentId, held: Directional, entry: Decimal) -> _Watch:
        watch = self._watches.get(instrument_id)
        if watch is None or watch.opening != held.openings:
            self._forget(instrument_id)
            best = entry if held.best_price is None else held.best_price
            watch = self._watches[instrument_id] = _Watch(opening=held.openings, best_price=best)
        return watch

    def _forget(self, instrument_id: InstrumentId) -> None:
        if self._watches.pop(instrument_id, None) is not None:
            self._closing.forget(instrument_id)

    def _readable_mark(self, instrument_id: InstrumentId) -> Decimal | None:
        if not (self._market.is_open(instrument_id) and self._market.is_fresh(instrument_id)):
            return None
        return self._market.books[instrument_id].mid()

    def _follow(self, held: Directional, watch: _Watch, mark: Decimal) -> None:
        """Move the best price, and journal it where a restart would miss much of it."""
        quantity, trailing_pct = held.net.quantity, self._protection.trailing_pct
        watch.best_price = best_price(quantity, watch.best_price, None, mark)
        if trailing_pct is None:
            return
        known = held.best_price or held.entry_price
        step = watch.best_price * trailing_pct / 100 * JOURNALED_SHARE
        if known is not None and abs(watch.best_price - known) >= step > 0:
            net = held.net
            fact = BestPriceReached(
                at_ns=self._clock.utc_ns(), venue=net.venue, symbol=net.symbol, price=watch.best_price
            )
            self._recorder.record(fact)

    # average true range ----------------------------------------------------------------------------

    def _take_range(self, instrument_id: InstrumentId) -> None:
        """Work the average range out again where there is a new bar."""
        if self._protection.atr_multiplier is None:
            return
        series = self._bars.series(instrument_id, self._timeframe)
        if series is None:
            series = self._bars.watch(instrument_id, self._timeframe, SETTLED_BARS)
        last = None if series is None else series.last()
        if series is None or last is None or self._ranges.get(instrument_id, (0, None))[0] == last.open_ns:
            return
        found = average_true_range(series.bars(SETTLED_BARS), series.instrument.tick_size)
        self._ranges[instrument_id] = last.open_ns, found

    def _range_of(self, instrument_id: InstrumentId) -> Decimal | None:
        return self._ranges.get(instrument_id, (0, None))[1]

    # seeing ----------------------------------------------------------------------------------------

    def view(self, instrument_id: InstrumentId) -> ProtectionView | None:
        """Return where a position is closed, None where nothing of it is protected."""
        held, watch = self._fold.directional.of(instrument_id), self._watches.get(instrument_id)
        if held is None or watch is None or held.entry_price is None or watch.opening != held.openings:
            return None
        position = _protected(held, watch, held.entry_price)
        prices = dict(triggers(position, self._protection, self._range_of(instrument_id))) if held.closable else {}
        mark, reason = self._readable_mark(instrument_id), self._closing.reason(instrument_id)
        state = "unwatched" if mark is None or not held.closable else "watched"
        return ProtectionView(
            quantity=held.closable,
            entry_price=held.entry_price,
            best_price=watch.best_price,
            stop_price=prices.get(CloseCause.STOP_LOSS),
            stop_distance_pct=_distance_pct(prices.get(CloseCause.STOP_LOSS), mark),
            take_profit_price=prices.get(CloseCause.TAKE_PROFIT),
            take_profit_distance_pct=_distance_pct(prices.get(CloseCause.TAKE_PROFIT), mark),
            trailing_price=prices.get(CloseCause.TRAILING_STOP),
            trailing_distance_pct=_distance_pct(prices.get(CloseCause.TRAILING_STOP), mark),
            state=state if reason is None else "closing",
            reason=reason or ("" if mark is not None else self._unreadable(instrument_id)),
        )

    def alerts(self) -> list[Alert]:
        """Return what stands: closes under way, positions that cannot be watched, or only in part be closed."""
        now_ns = self._clock.monotonic_ns()
        alerts = self._closing.alerts()
        for instrument_id, watch in self._watches.items():
            held = self._fold.directional.of(instrument_id)
            if held is None or watch.opening != held.openings or not held.net.quantity:
                continue
            if watch.unreadable_ns is not None and now_ns - watch.unreadable_ns >= UNWATCHED_AFTER_NS:
                alerts.append(self._unwatched_alert(instrument_id, held, watch))
            if watch.short_since_ns is not None and held.closable != held.net.quantity:
                alerts.append(_short_alert(instrument_id, held, watch.short_since_ns))
        return alerts

    def _unwatched_alert(self, instrument_id: InstrumentId, held: Directional, watch: _Watch) -> Alert:
        return Alert(
            severity="severe" if self._market.is_open(instrument_id) else "info",
            name=f"unwatched {instrument_id}",
            text=f"no stop watches {held.net.quantity:f}: {self._unreadable(instrument_id)}",
            since_ns=watch.unreadable_since_ns,
            scope=venue_scope(instrument_id.venue),
        )

    def _unreadable(self, instrument_id: InstrumentId) -> str:
        validity = self._market.validity(instrument_id)
        return "its market is closed" if validity == "closed" else f"its book is {validity}"


def _protected(held: Directional, watch: _Watch, entry: Decimal) -> Protected:
    return Protected(quantity=held.closable, entry_price=entry, best_price=watch.best_price)


def _distance_pct(trigger: Decimal | None, mark: Decimal | None) -> Decimal | None:
    return None if trigger is None or not mark else abs(mark - trigger) * 100 / mark


def _short_alert(instrument_id: InstrumentId, held: Directional, since_ns: int) -> Alert:
    text = f"a stop can close {held.closable:f} of {held.net.quantity:f}: the account holds no more beside jobs' legs"
    name, scope = f"protection {instrument_id}", venue_scope(instrument_id.venue)
    return Alert(severity="warning", name=name, text=text, since_ns=since_ns, scope=scope)
