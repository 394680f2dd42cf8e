"""A scripted engine for the console: deterministic, alive, and it remembers every command it got."""

import math
from dataclasses import dataclass, field
from decimal import Decimal

from core.control.commands import (
    AnyCommand,
    CommandResult,
    EndOverride,
    ExplainJob,
    Kill,
    ManualOverride,
    Outcome,
    Pause,
    RehearseOrder,
    Resume,
    SetRiskMode,
    SetSafeMode,
)
from core.state.away import AwayReport
from core.state.desk import (
    ArmingView,
    BarView,
    BookView,
    ChartView,
    DeskRequest,
    DeskSnapshot,
    FillView,
    InstrumentView,
    JobView,
    LogLine,
    NetPositionView,
    OrderView,
    OwnLevel,
    PnlPoint,
    PositionView,
    PrintView,
)
from core.state.monitoring import (
    Alert,
    GlobalState,
    JobsState,
    LeftPosition,
    LimitUse,
    MonitoringState,
    RiskState,
    StrategyProfit,
    StrategyState,
    VenueCapital,
    VenueState,
)
from core.types.control import Blocker, HaltLevel
from tests.console.fake_alarms import some_alarms
from tests.console.fake_halt import kill_state
from tests.console.fake_jobs import START_NS, explained, some_capital, some_jobs
from tests.console.fake_market import LISTINGS, Listing, market_states, name_of, noise, prints
from tests.console.fake_profits import profit
from tests.console.fake_studies import some_studies

MINUTE_NS = 60_000_000_000
_D = Decimal


@dataclass
class FakeLink:
    """An EngineLink whose engine is a formula of its step number."""

    is_hosted: bool = True
    console_id: str = "this"
    arming: ArmingView | None = None
    away: AwayReport | None = None
    lost_reason: str | None = None
    step: int = 0
    status: str = "running"
    trading_mode: str = "paper"
    risk_mode: str = "balanced"
    halt_level: str = "normal"
    override_until_ns: int | None = None
    safe_venues: dict[str, bool] = field(default_factory=dict)
    scoped_blockers: list[Blocker] = field(default_factory=list)
    jobs: list[JobView] = field(default_factory=some_jobs)
    alarms: list[Alert] = field(default_factory=some_alarms)
    venues_of_unknown_equity: tuple[str, ...] = ()
    answer: CommandResult | None = None
    commands: list[AnyCommand] = field(default_factory=list)
    requests: list[DeskRequest] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    stale: set[str] = field(default_factory=set)
    unconfirmed: set[str] = field(default_factory=set)  # venues that have not confirmed the halt
    left: dict[str, list[LeftPosition]] = field(default_factory=dict)  # positions that a flattening has not closed
    is_silent: bool = False  # the engine hangs: the same snapshot again and again
    reversed_orders: bool = False
    is_empty: bool = False  # a first run before anything happened
    moved_ticks: int = 0  # of every market, at once
    advances: bool = False  # every look is a new step
    profit: StrategyProfit = field(default_factory=profit)
    late_ns: int = 0
    _frozen: DeskSnapshot | None = None

    @property
    def place(self) -> str:
        return "hosted" if self.is_hosted else "attached"

    def take_notices(self) -> list[str]:
        taken, self.notices = self.notices, []
        return taken

    def want(self, request: DeskRequest) -> None:
        self.requests.append(request)

    def latest(self) -> DeskSnapshot | None:
        if self.is_silent and self._frozen is not None:
            return self._frozen
        if self.advances:
            self.step += 1
        self._frozen = self.snapshot()
        return self._frozen

    async def execute(self, command: AnyCommand) -> CommandResult:
        if isinstance(command, RehearseOrder):  # asked, not told: `RehearsingLink` answers
            return CommandResult(outcome=Outcome.FAILED, message="not rehearsed here")
        self.commands.append(command)
        if self.answer is not None:
            return self.answer
        if isinstance(command, Pause):
            self.status = "paused"
        elif isinstance(command, Resume):
            self.status, self.halt_level = "running", "normal"
        elif isinstance(command, Kill):
            self.status, self.halt_level = "halted", "flatten" if command.flatten else "halted"
        elif isinstance(command, SetRiskMode):
            self.risk_mode = command.mode
        elif isinstance(command, ManualOverride):
            self.status = "manual_override"
            self.override_until_ns = self.engine_ns + int(command.seconds * 1e9)
        elif isinstance(command, EndOverride):
            self.status, self.override_until_ns = "running", None
        elif isinstance(command, SetSafeMode):
            self.safe_venues[command.venue] = command.is_on
        elif isinstance(command, ExplainJob):
            return explained(command.job_id)
        return CommandResult(outcome=Outcome.DONE, message="done")

    @property
    def request(self) -> DeskRequest:
        return self.requests[-1] if self.requests else DeskRequest()

    @property
    def engine_ns(self) -> int:
        return START_NS + self.step * 100_000_000

    def snapshot(self) -> DeskSnapshot:
        books = {name: self._book(listing) for listing in LISTINGS if (name := name_of(listing)) in self.request.books}
        orders = [] if self.is_empty or self.status == "halted" else self._orders()
        if self.reversed_orders:
            orders.reverse()
        return DeskSnapshot(
            sequence=self.step,
            engine_ns=self.engine_ns,
            engine_id="fake",
            version="0.1.0",
            monitoring=self._monitoring(len(orders)),
            instruments=[
                InstrumentView(
                    venue=listing.venue,
                    symbol=listing.symbol,
                    asset_type=listing.asset_type,
                    tick_size=listing.tick,
                    lot_size=listing.lot,
                    min_quantity=listing.lot,
                    min_notional=_D(5),
                )
                for listing in LISTINGS
            ],
            books=books,
            chart=self._chart(),
            positions=[] if self.is_empty else self._positions(),
            net_positions=[]
            if self.is_empty
            else [
                NetPositionView(base="BTC", quantity=_D("0.000"), notional_usd=_D("0.00"), pnl_usd=_D("4.92")),
                NetPositionView(base="ETH", quantity=_D("-1.20"), notional_usd=_D("-3743.88"), pnl_usd=_D("-6.31")),
            ],
            orders=orders,
            fills=[] if self.is_empty else self._fills(),
            log=self._log(),
            pnl_curve=[] if self.is_empty else self._pnl(),
            jobs=[] if self.is_empty else list(self.jobs),
            capital=[] if self.is_empty else some_capital(self.safe_venues, self.venues_of_unknown_equity),
            tapes=self._tapes(),
            arming=self.arming,
            away=self.away,
        )

    def _tapes(self) -> dict[str, list[PrintView]]:
        wanted = [listing for listing in LISTINGS if name_of(listing) in self.request.tapes]
        limit = 0 if self.is_empty else self.request.prints
        return {name_of(listing): prints(listing, self.step, limit) for listing in wanted}

    def _middle(self, listing: Listing, step: int) -> int:
        base = int(listing.mid / listing.tick)
        wave = 9 * math.sin(step / 37) + 5 * math.sin(step / 11 + base % 7)
        return base + round(wave) + self.moved_ticks

    def _book(self, listing: Listing) -> BookView:
        name = name_of(listing)
        middle = self._middle(listing, self.step)
        is_closed = listing.asset_type == "stock"
        scale = 4000 if listing.lot < 1 else 900
        lots = [max(1, noise(self.step // 3, level, middle) * scale // 1000) for level in range(80)]
        own = []
        if name == "BTC/USDT:USDT@sim-a" and not self.is_empty and self.status != "halted":
            own = [
                OwnLevel(
                    client_order_id="o-1",
                    side="buy",
                    price_ticks=int(listing.mid / listing.tick) - 14,
                    quantity_lots=250,
                    ahead_lots=600,
                ),
                OwnLevel(
                    client_order_id="o-2",
                    side="sell",
                    price_ticks=int(listing.mid / listing.tick) + 15,
                    quantity_lots=250,
                ),
            ]
        return BookView(
            venue=listing.venue,
            symbol=listing.symbol,
            validity="closed" if is_closed else "stale" if name in self.stale else "valid",
            reason="no message for 2.4 s" if name in self.stale else "",
            age_s=2.4 if name in self.stale else 0.1,
            sequence=self.step,
            tick_size=listing.tick,
            lot_size=listing.lot,
            bid_ticks=[] if is_closed else [middle - 1 - level for level in range(40) if level % 5 != 3],
            bid_lots=[] if is_closed else [lots[level] for level in range(40) if level % 5 != 3],
            ask_ticks=[] if is_closed else [middle + 1 + level for level in range(40) if level % 7 != 4],
            ask_lots=[] if is_closed else [lots[40 + level] for level in range(40) if level % 7 != 4],
            own=own,
            last_ticks=middle - 1 if self.step % 2 else middle + 1,
            last_side="sell" if self.step % 2 else "buy",
            next_open_ns=START_NS + 2 * 3600 * 1_000_000_000 if is_closed else None,
        )

    def _chart(self) -> ChartView | None:
        listing = next((listing for listing in LISTINGS if name_of(listing) == self.request.chart), None)
        if listing is None:
            return None
        tick = float(listing.tick)
        bars = []
        close = float(listing.mid)
        for index in range(120):
            opened = close
            drift = (noise(index, 1) - 497) / 1000 * 24 + 6 * math.sin(index / 9)
            close = opened + round(drift) * tick
            if index == 119:
                close = self._middle(listing, self.step) * tick
            high = max(opened, close) + noise(index, 2) % 9 * tick
            low = min(opened, close) - noise(index, 3) % 9 * tick
            open_ns = (START_NS // MINUTE_NS - 119 + index) * MINUTE_NS
            bars.append(BarView(open_ns, opened, high, low, close, float(noise(index, 4))))
        fills = [(bars[-20].open_ns, "buy", bars[-20].low), (bars[-8].open_ns, "sell", bars[-8].high)]
        return ChartView(
            venue=listing.venue,
            symbol=listing.symbol,
            timeframe=self.request.timeframe,
            bars=bars[-self.request.bars :],
            price_decimals=max(0, -int(listing.tick.as_tuple().exponent)),
            fills=[] if self.is_empty else fills,
            studies=some_studies(self.request.studies, bars[-self.request.bars :]),
        )

    def _positions(self) -> list[PositionView]:
        def position(*facts: str) -> PositionView:
            venue, symbol, quantity, average, mark, pnl = facts
            return PositionView(
                venue=venue,
                symbol=symbol,
                quantity=_D(quantity),
                average_price=_D(average),
                mark_price=_D(mark),
                mark_age_s=0.1,
                notional_usd=(_D(quantity) * _D(mark)).quantize(_D("0.01")),
                unrealised_pnl_usd=_D(pnl),
                realised_pnl_usd=_D("12.40"),
                fees_usd=_D("6.40"),
                funding_usd=_D("-0.12"),
            )

        return [
            position("sim-a", "BTC/USDT:USDT", "0.250", "63990.333333", "64010.5", "5.12"),
            position("sim-b", "BTC/USDT:USDT", "-0.250", "64012.0", "64012.5", "-0.20"),
            position("sim-b", "ETH/USDT:USDT", "-1.20", "3114.64", "3119.90", "-6.31"),
        ]

    def _orders(self) -> list[OrderView]:
        def order(number: int, side: str, price: str | None, status: str, **more: object) -> OrderView:
            facts: dict[str, object] = {
                "client_order_id": f"o-{number}",
                "venue": "sim-a",
                "symbol": "BTC/USDT:USDT",
                "side": side,
                "order_type": "limit" if price else "market",
                "quantity": _D("0.250"),
                "filled_quantity": _D(0),
                "limit_price": _D(price) if price else None,
                "average_price": None,
                "status": status,
                "source": "manual",
                "reason": None,
                "is_external": False,
                "created_ns": START_NS - number * 7_000_000_000,
                "updated_ns": START_NS - number * 6_000_000_000,
            }
            return OrderView(**{**facts, **more})

        return [
            order(1, "buy", "64004.0", "open"),
            order(2, "sell", "64018.5", "open", source="strategy:ma_cross"),
            order(3, "buy", "3110.00", "in_doubt", venue="sim-b", symbol="ETH/USDT:USDT"),
            order(4, "buy", None, "filled", filled_quantity=_D("0.250"), average_price=_D("63990.333333")),
            order(5, "sell", "64900.0", "rejected", reason="order value: 16,225 USD, allowed 2,000"),
        ]

    def _fills(self) -> list[FillView]:
        return [
            FillView(
                fill_id=f"f-{number}",
                client_order_id="o-4",
                venue="sim-a" if number % 2 else "sim-b",
                symbol="BTC/USDT:USDT" if number % 3 else "ETH/USDT:USDT",
                side="buy" if number % 2 else "sell",
                price=_D(64000) + _D(number) / 2,
                quantity=_D("0.050"),
                fee=_D("1.280125"),
                liquidity="maker" if number % 4 else "taker",
                source="strategy:ma_cross" if number % 2 else "manual",
                at_ns=self.engine_ns - number * 11_000_000_000,
            )
            for number in range(1, 25)
        ]

    def _log(self) -> list[LogLine]:
        texts = [
            ("info", "engine", "started 0.1.0, run 12, paper"),
            ("info", "feed", "sim-a up, 6 books synchronised"),
            ("info", "strategy", "ma_cross: BTC/USDT:USDT crossed up, buys 0.25"),
            ("info", "order", "o-1 BUY 0.25 BTC/USDT:USDT sim-a @ 64,004.0 open"),
            ("info", "fill", "BUY 0.05 BTC/USDT:USDT sim-a @ 63,990.0 fee 1.28"),
            ("warning", "risk", "o-5 refused: order value 16,225 USD, allowed 2,000"),
            ("error", "feed", "sim-b: book of SOL/USDT has a gap, resynchronising"),
        ]
        count = 7 if self.is_empty else 40
        return [
            LogLine(
                sequence=index,
                at_ns=START_NS - (count - index) * 3_000_000_000,
                level=texts[index % 7][0],
                topic=texts[index % 7][1],
                text=texts[index % 7][2],
            )
            for index in range(count)
        ]

    def _pnl(self) -> list[PnlPoint]:
        return [
            PnlPoint(
                START_NS - (600 - index) * 1_000_000_000, 260 * math.sin(index / 90) + index * 0.35 + noise(index) / 40
            )
            for index in range(600)
        ]

    def _monitoring(self, open_orders: int) -> MonitoringState:
        pnl = _D(0) if self.is_empty else _D("412.18") + _D(self.step % 200) / 10
        return MonitoringState(
            global_=GlobalState(
                system_status=self.status,
                trading_mode=self.trading_mode,
                risk_mode=self.risk_mode,
                halt_level=self.halt_level,
                equity_usd=_D("100000.00") + pnl,
                today_volume_usd=_D("182340.50"),
                today_fees_usd=_D("61.20"),
                today_pnl_usd=pnl,
                daily_loss_limit=_D(500),
                daily_loss_used=_D("84.40"),
                active_strategies=1,
                total_trades=24,
                started_ns=START_NS - 3600 * 1_000_000_000,
                loop_lag_ms=1.4,
            ),
            capital={
                venue: VenueCapital(
                    equity=_D(equity),
                    hedge_used=_D(4200),
                    hedge_budget=_D(equity) * _D("0.7"),
                    arb_used=_D(1600),
                    arb_budget=_D(equity) * _D("0.2"),
                    reserve_size=_D(equity) * _D("0.1"),
                    total_in_flight=_D(640),
                )
                for venue, equity in (("sim-a", "40000"), ("sim-b", "40000"), ("sim-x", "20412.18"))
            },
            venues={
                "sim-a": self._venue("up", 0.1, 1, max(0, open_orders - 3)),
                "sim-b": self._venue("up", 0.2, 2, 1 if open_orders else 0),
                "sim-x": self._venue("closed", None, 0, 0),
            },
            jobs=JobsState()
            if self.is_empty
            else JobsState(
                running_jobs=[job.job_id for job in self.jobs if job.status == "running"],
                pending_jobs_count=sum(job.status == "pending" for job in self.jobs),
                completed_today=41,
                failed_today=0,
            ),
            risk=RiskState(
                fast_markets=[],
                delayed_venues=[],
                consecutive_failures=0,
                auto_halt=False,
                manual_override=self.override_until_ns is not None,
                override_until_ns=self.override_until_ns,
                blockers=[*self._blockers(), *self.scoped_blockers],
                limits=[
                    LimitUse(name="day loss", unit="USD", limit=_D(500), used=_D("84.40"), left=_D("415.60")),
                    LimitUse(name="drawdown", unit="%", limit=_D(10), used=_D("0.8"), left=_D("9.2")),
                    LimitUse(
                        name="max_position_size", unit="USD", limit=_D(10000), used=_D("3743.88"), left=_D("6256.12")
                    ),
                    LimitUse(name="max_position_per_trade", unit="USD", limit=_D(2000), used=_D(0), left=_D(2000)),
                    LimitUse(name="invested", unit="%", limit=_D(70), used=_D("58.4"), left=_D("11.6")),
                    LimitUse(name="orders_per_minute", unit="", limit=_D(60), used=_D(4), left=_D(56)),
                ],
            ),
            market=market_states(),
            strategies=[
                StrategyState(
                    name="ma_cross",
                    status="running",
                    detail="",
                    instruments=["BTC/USDT:USDT@sim-a"],
                    parameters={"fast": "10", "slow": "30"},
                    signals=12,
                    orders=9,
                    last_signal="long 0.71, 12:30:58",
                    profit=self.profit,
                ),
                StrategyState(
                    name="bollinger_rsi",
                    status="stopped",
                    detail="stopped by console:trader",
                    instruments=["ETH/USDT:USDT@sim-b"],
                    parameters={"period": "20", "deviations": "2.0"},
                    signals=0,
                    orders=0,
                ),
            ],
            alerts=[] if self.is_empty else list(self.alarms),
            kill=kill_state(self.halt_level, open_orders, self.unconfirmed, self.left, START_NS)
            if self.status == "halted"
            else None,
            last_update=self.engine_ns,
        )

    def _venue(self, state: str, age_s: float | None, positions: int, orders: int) -> VenueState:
        return VenueState(
            feed_state=state,
            feed_detail="opens Mon 14:30 UTC" if state == "closed" else "6 books",
            feed_age_s=age_s,
            api_latency_ms=None if state == "closed" else 12.5,
            open_positions_count=0 if self.is_empty else positions,
            open_orders_count=orders,
            funding_rates={"BTC/USDT:USDT": 0.0001},
            concurrent_jobs_count=0,
            safe_mode=False,
            reconciled=True,
        )

    def _blockers(self) -> list[Blocker]:
        if self.status == "halted":
            return [self._blocker("kill", HaltLevel.HALTED, "kill key in the console")]
        return [self._blocker("pause", HaltLevel.REDUCE_ONLY, "lunch")] if self.status == "paused" else []

    def _blocker(self, cause: str, level: HaltLevel, reason: str) -> Blocker:
        return Blocker(
            scope="global",
            cause=cause,
            level=level,
            since_ns=START_NS - 5_000_000_000,
            who="console:trader",
            reason=reason,
        )
