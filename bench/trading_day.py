"""A day of trading as an engine shows it, on a clock that the benchmark moves: all that grows in a day grows."""

import time
from decimal import Decimal
from typing import Final

import msgspec

from bench.day_alarms import DayAlarms
from bench.day_books import DayBooks
from bench.day_jobs import DayJobs
from bench.day_market import DayMarket
from core.control.commands import (
    AcknowledgeAlarms,
    AnyCommand,
    Arm,
    CommandResult,
    Disarm,
    Explain,
    ExplainJob,
    Outcome,
    Pause,
    RehearseOrder,
    Resume,
    SetPriceAlert,
)
from core.state.account import AccountView, BalanceView
from core.state.away import AwayEvent, AwayReport, AwaySymbol
from core.state.desk import (
    ArmingView,
    CapitalView,
    CheckView,
    ConsoleView,
    DeskRequest,
    DeskSnapshot,
    PoolView,
    PriceAlertView,
)
from core.state.explanation import Explained, ExplainedRow, ExplainedSection
from core.state.monitoring import MonitoringState

CONSOLE: Final = "0a1b2c3d"
WHO: Final = "console:trader"
SECOND_VENUE: Final = "okx"
_MINUTE_NS: Final = 60_000_000_000
_AWAY_EVERY_NS: Final = 40 * _MINUTE_NS
_LOST_EVERY_NS: Final = 25 * _MINUTE_NS
_LOST_FOR_NS: Final = 4_000_000_000
_RESTART_EVERY_NS: Final = 150 * _MINUTE_NS
_PRICE_ALERTS: Final = 6


class VirtualClock:
    """A clock that the benchmark moves."""

    def __init__(self) -> None:
        self._began_ns: int = time.time_ns()
        self.passed_ns: int = 0

    def utc_ns(self) -> int:
        return self._began_ns + self.passed_ns

    def monotonic_ns(self) -> int:
        return self.passed_ns


class TradingDay:
    """An `EngineLink` whose every look is a later moment of the day: `start` is what a real engine shows."""

    is_hosted, console_id, place, late_ns = False, CONSOLE, "attached", 0

    def __init__(self, start: DeskSnapshot, clock: VirtualClock, seed: int) -> None:
        self._clock = clock
        self._request = DeskRequest()
        self._snapshot = on_two_venues(start)
        states = {
            f"{symbol}@{venue}": state
            for venue, markets in self._snapshot.monitoring.market.items()
            for symbol, state in markets.items()
        }
        venue = self._snapshot.instruments[0].venue
        self.market = DayMarket(self._snapshot.instruments, states, seed)
        self.books = DayBooks(self.market)
        self.jobs = DayJobs(venue, [each.symbol for each in self._snapshot.instruments[:10]])
        self.alarms = DayAlarms(venue)
        self.lost_reason: str | None = None
        self._notices: list[str] = []
        self._arming: ArmingView | None = None
        self._away: AwayReport | None = None
        self._status = "running"
        self._price_alerts: list[PriceAlertView] = []
        self._lost_until_ns = 0
        self.runs = 1
        self._marks = {"away": 0, "lost": 0, "run": 0}
        self.commands = 0
        self._looked_ns: int = -1

    @property
    def names(self) -> list[str]:
        return list(self.market.instruments)

    def want(self, request: DeskRequest) -> None:
        self._request = request

    def take_notices(self) -> list[str]:
        taken, self._notices = self._notices, []
        return taken

    def latest(self) -> DeskSnapshot:
        """Return the moment at hand; a second look at the same one finds the same."""
        now_ns = self._clock.utc_ns()
        if now_ns != self._looked_ns:
            self._looked_ns = now_ns
            self._happen(now_ns)
            if self.lost_reason is None:
                self._snapshot = self._shown(now_ns)
        return self._snapshot

    async def execute(self, command: AnyCommand) -> CommandResult:
        """Answer as an engine would; what a trader does shows in the next moment."""
        self.commands += 1
        now_ns = self._clock.utc_ns()
        self.books.say(now_ns, "info", "control", f"{type(command).__name__} by {command.who}, the {self.commands}th")
        match command:
            case AcknowledgeAlarms():
                self.alarms.acknowledge(command.alarms, command.who, now_ns)
            case Arm():
                until_ns = now_ns + int(command.seconds * 1e9)
                self._arming = ArmingView(console=CONSOLE, who=WHO, since_ns=now_ns, until_ns=until_ns)
            case Disarm():
                self._arming = None
            case Pause():
                self._status, self._arming = "paused", None
            case Resume():
                self._status = "running"
            case SetPriceAlert():
                self._price_alerts = [*self._price_alerts, self._price_alert(command, now_ns)][-_PRICE_ALERTS:]
            case RehearseOrder():
                return CommandResult(outcome=Outcome.REFUSED, message=f"not rehearsed here, {self.commands}")
            case ExplainJob():
                return CommandResult(outcome=Outcome.DONE, message="explained", data=_explained_job(command.job_id))
            case Explain():
                return CommandResult(outcome=Outcome.DONE, message="explained", data=self._explained(command.subject))
            case _:
                pass
        return CommandResult(outcome=Outcome.DONE, message=f"{type(command).__name__} {self.commands} is done")

    # what happens ------------------------------------------------------------------------------------

    def _happen(self, now_ns: int) -> None:
        self.market.go_on(now_ns)
        self.books.go_on(now_ns)
        self.alarms.go_on(now_ns)
        for job in self.jobs.go_on(now_ns, self.market.price(self.names[0])):
            self.books.say(now_ns, "info", "job", f"{job.job_id} {job.outcome}: {job.reason}, {job.pnl_usd} USD")
        if self._arming is not None and now_ns >= self._arming.until_ns:
            self._arming = None
        passed_ns = self._clock.passed_ns
        if self._is_time("lost", _LOST_EVERY_NS, passed_ns):
            self._lost_until_ns = now_ns + _LOST_FOR_NS
        was_lost = self.lost_reason is not None
        self.lost_reason = f"no answer since {passed_ns}" if now_ns < self._lost_until_ns else None
        if was_lost and self.lost_reason is None:
            self._notices.append(f"no frames for 4 s: fresh snapshot; meanwhile {self.books.trades} fills")
        if self._is_time("away", _AWAY_EVERY_NS, passed_ns):
            self._away = self._report(now_ns)
        if self._is_time("run", _RESTART_EVERY_NS, passed_ns):
            self.runs += 1
            self.books.begin_day()
            self._arming = None

    def _is_time(self, what: str, every_ns: int, passed_ns: int) -> bool:
        """Tell once for each time that so much has passed."""
        number = passed_ns // every_ns
        is_new, self._marks[what] = number != self._marks[what], number
        return is_new

    def _report(self, now_ns: int) -> AwayReport:
        number = self._marks["away"]
        moments = [AwayEvent(at_ns=now_ns - each * 10**9, text=f"alarm {number}-{each} raised") for each in range(20)]
        return AwayReport(
            who=WHO, console=CONSOLE, since_ns=now_ns - _AWAY_EVERY_NS, until_ns=now_ns, was_here=True,
            symbols=[
                AwaySymbol(instrument=name, fills=number + 3, quantity=Decimal(number) / 7, fees=Decimal(number) / 9)
                for name in self.names[:8]
            ],
            jobs={"completed": 12 + number, "unwound": number}, blockers_raised=1, blockers_lifted=1, restarts=0,
            events=moments[:6], alarms_raised=self.alarms.raised, alarms_cleared=self.alarms.cleared,
            alarms_since_ns=now_ns - _AWAY_EVERY_NS, alarms=moments, pnl_then_usd=Decimal(0),
            pnl_now_usd=self.books.pnl, orders_then=3, orders_now=12,
        )  # fmt: skip

    def _price_alert(self, command: SetPriceAlert, now_ns: int) -> PriceAlertView:
        return PriceAlertView(
            alert_id=f"price-{self.commands}", venue=command.venue, symbol=command.symbol, crossing="above",
            price=command.price, is_repeated=False, severity="warning", who=WHO, set_ns=now_ns, fired_ns=None,
            fired_price=None, times=0, distance_pct=Decimal(self.commands) / 100,
        )  # fmt: skip

    def _explained(self, subject: str) -> dict[str, object]:
        rows = [ExplainedRow(label=f"rule {each}", text=f"{self.commands}.{each}", mark="passed") for each in range(8)]
        found = Explained(subject=subject, headline=f"{subject}, asked {self.commands}", standing="stands",
                          sections=[ExplainedSection(title="rules", rows=rows)])  # fmt: skip
        plain: dict[str, object] = msgspec.to_builtins(found)
        return plain

    # what is shown -----------------------------------------------------------------------------------

    def _shown(self, now_ns: int) -> DeskSnapshot:
        request, books, market = self._request, self.books, self.market
        before = self._snapshot
        wanted = [name for name in request.books if name in market.instruments]
        return msgspec.structs.replace(
            before,
            sequence=before.sequence + 1,
            engine_ns=now_ns,
            engine_id=f"run-{self.runs}",
            monitoring=self._monitoring(now_ns),
            books={name: market.book(name, request.depth, books.own_levels(name)) for name in wanted},
            chart=market.chart(request, now_ns, books.marks(request.chart)),
            positions=books.positions(),
            net_positions=books.net_positions(),
            orders=books.orders(),
            fills=books.fills(),
            log=books.log(),
            pnl_curve=books.curve(),
            jobs=self.jobs.views(),
            job_counts=self.jobs.counts(),
            capital=[self._capital(venue) for venue in before.monitoring.venues],
            tapes={
                name: market.tape(name, request.prints, now_ns) for name in request.tapes if name in market.instruments
            },
            arming=self._arming,
            consoles=[ConsoleView(console=CONSOLE, who=WHO, since_ns=0, interval_ms=100, behind_s=0.0)],
            accounts=[self._account(venue) for venue in before.monitoring.venues] if request.accounts else [],
            price_alerts=self._price_alerts,
            timelines=self.jobs.timelines(request.timelines) if request.timelines else {},
            away=self._away,
        )

    def _monitoring(self, now_ns: int) -> MonitoringState:
        state, books = self._snapshot.monitoring, self.books
        return msgspec.structs.replace(
            state,
            global_=msgspec.structs.replace(
                state.global_, system_status=self._status, equity_usd=100_000 + books.pnl,
                today_volume_usd=books.volume, today_fees_usd=books.fees, today_pnl_usd=books.pnl,
                daily_loss_limit=Decimal(3000), daily_loss_used=max(Decimal(0), -books.pnl),
                total_trades=books.trades, loop_lag_ms=now_ns // 10**8 % 40 / 10,
            ),
            venues={
                name: msgspec.structs.replace(
                    venue, feed_age_s=now_ns // 10**8 % 9 / 10, api_latency_ms=now_ns // 10**8 % 300 / 7
                )
                for name, venue in state.venues.items()
            },
            jobs=msgspec.structs.replace(
                state.jobs, running_jobs=self.jobs.running(), completed_today=self.jobs.ended_count
            ),
            risk=msgspec.structs.replace(
                state.risk,
                limits=[
                    msgspec.structs.replace(
                        limit, limit=Decimal(3000), used=max(Decimal(0), -books.pnl),
                        left=3000 - max(Decimal(0), -books.pnl), reached_in_s=int(books.pnl) + 9000,
                    )
                    for limit in state.risk.limits
                ],
            ),
            market={
                venue: {symbol: self.market.state(f"{symbol}@{venue}") for symbol in markets}
                for venue, markets in state.market.items()
            },
            strategies=[
                msgspec.structs.replace(each, signals=books.trades, orders=books.trades, last_signal=f"{books.pnl}")
                for each in state.strategies
            ],
            alerts=self.alarms.standing,
            last_update=now_ns,
        )  # fmt: skip

    def _capital(self, venue: str) -> CapitalView:
        pnl = self.books.pnl
        pools = [
            PoolView(pool=name, budget_usd=Decimal(budget) + pnl, reserved_usd=Decimal(3200), committed_usd=abs(pnl),
                     free_usd=Decimal(budget) - 3200)
            for name, budget in (("hedge", 70_000), ("arb", 20_000), ("reserve", 10_000))
        ]  # fmt: skip
        return CapitalView(
            venue=venue, equity_usd=50_000 + pnl, pools=pools, in_flight_usd=abs(pnl),
            in_flight_limit_usd=Decimal(30_000), single_limit_usd=Decimal(10_000), safe_mode=False,
            today_pnl_usd=pnl, today_volume_usd=self.books.volume, today_fees_usd=self.books.fees,
        )  # fmt: skip

    def _account(self, venue: str) -> AccountView:
        pnl = self.books.pnl
        balance = BalanceView(asset="USDT", total=50_000 + pnl, free=40_000 + pnl, used=Decimal(10_000),
                              value_usd=50_000 + pnl, rate_age_s=None)  # fmt: skip
        return AccountView(
            venue=venue, read_age_s=12.0, equity_usd=50_000 + pnl, collateral_usd=50_000 + pnl,
            margin_used_usd=abs(pnl), margin_free_usd=40_000 + pnl, maintenance_usd=Decimal(400),
            leverage=abs(pnl) / 1000, max_leverage=Decimal(3), liquidation_distance_pct=Decimal(78),
            maker_fee_rates=None, taker_fee_rates=None, balances=[balance], contracts=[],
        )  # fmt: skip


def _explained_job(job_id: str) -> dict[str, object]:
    checks = [
        CheckView(rule=rule, is_hard=True, unit="bps", limit="at least 3", observed=f"{len(job_id)}.2", passed=True)
        for rule in ("known_instrument", "edge_after_costs", "fast_market", "min_edge")
    ]
    return {
        "job_id": job_id, "status": "pending", "standing": "edge_after_costs", "rank": 2, "pending_count": 5,
        "safety": 0.953, "volume": 0.527, "final": 0.8039, "safety_weight": 0.65, "checks": checks,
    }  # fmt: skip


def on_two_venues(start: DeskSnapshot) -> DeskSnapshot:
    """Return the same instruments, the second half of them as the first half's twins on another venue."""
    instruments, state = start.instruments, start.monitoring
    half, venue = len(instruments) // 2, instruments[0].venue
    first, markets = instruments[:half], state.market[venue]
    twins = [msgspec.structs.replace(each, venue=SECOND_VENUE) for each in first]
    here = {each.symbol: markets[each.symbol] for each in first}
    return msgspec.structs.replace(
        start,
        instruments=[*first, *twins],
        monitoring=msgspec.structs.replace(
            state,
            market={venue: here, SECOND_VENUE: dict(here)},
            venues={**state.venues, SECOND_VENUE: state.venues[venue]},
        ),
    )
