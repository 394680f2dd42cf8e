"""A desk that a test can change, behind the interface of the engine."""

from decimal import Decimal

from core.control.commands import AnyCommand, CommandResult, Outcome
from core.control.consoles import ConsoleHello, Presence
from core.state.away import AwayReport
from core.state.desk import BarView, BookView, ChartView, DeskRequest, DeskSnapshot, LogLine
from core.state.monitoring import GlobalState, JobsState, MarketState, MonitoringState, RiskState, VenueCapital
from tests.away import away_report


def book(symbol: str, sequence: int, levels: int = 3) -> BookView:
    return BookView(
        venue="sim-a",
        symbol=symbol,
        validity="valid",
        reason="",
        age_s=0.25,
        sequence=sequence,
        tick_size=Decimal("0.10"),
        lot_size=Decimal("0.00001"),
        bid_ticks=[600_000 - level for level in range(levels)],
        bid_lots=[sequence + level for level in range(levels)],
        ask_ticks=[600_001 + level for level in range(levels)],
        ask_lots=[7 + level for level in range(levels)],
        own=[],
        last_ticks=600_000,
        last_side="buy",
    )


def market(bid: Decimal | None) -> MarketState:
    return MarketState(
        last=bid,
        bid=bid,
        ask=None,
        spread=None,
        short_term_volatility=0.1,
        timestamp=1_700_000_000_000_000_001,
        age_s=None,
        validity="valid",
        sequence=1,
    )


def monitoring(equity: Decimal = Decimal("100000.10"), bid: Decimal | None = Decimal("60000.1")) -> MonitoringState:
    return MonitoringState(
        global_=GlobalState(
            system_status="running",
            trading_mode="paper",
            risk_mode="balanced",
            halt_level="normal",
            equity_usd=equity,
            today_volume_usd=Decimal(0),
            today_fees_usd=Decimal(0),
            today_pnl_usd=Decimal("-12.345678901234567890"),
            daily_loss_limit=Decimal(500),
            daily_loss_used=Decimal(0),
            active_strategies=0,
            total_trades=0,
            started_ns=1,
            loop_lag_ms=0.5,
        ),
        capital={
            "sim-a": VenueCapital(
                equity=equity,
                hedge_used=Decimal(0),
                hedge_budget=Decimal(70),
                arb_used=Decimal(0),
                arb_budget=Decimal(20),
                reserve_size=Decimal(10),
                total_in_flight=Decimal(0),
            )
        },
        venues={},
        jobs=JobsState(),
        risk=RiskState(
            fast_markets=[],
            delayed_venues=[],
            consecutive_failures=0,
            auto_halt=False,
            manual_override=False,
            blockers=[],
            limits=[],
        ),
        market={"sim-a": {"BTC/USDT": market(bid)}},
        strategies=[],
        alerts=[],
        last_update=1_700_000_000_000_000_002,
    )


def desk(sequence: int = 1) -> DeskSnapshot:
    return DeskSnapshot(
        sequence=sequence,
        engine_ns=1_700_000_000_000_000_000 + sequence,
        engine_id="engine-1",
        version="0.1.0",
        monitoring=monitoring(),
        instruments=[],
        books={"BTC/USDT@sim-a": book("BTC/USDT", 1)},
        chart=ChartView(
            venue="sim-a",
            symbol="BTC/USDT",
            timeframe="1m",
            bars=[BarView(0, 1.5, 2.5, 0.5, 1.0, 10.0)],
            price_decimals=1,
            fills=[(1, "buy", 60_000.1)],
        ),
        positions=[],
        net_positions=[],
        orders=[],
        fills=[],
        log=[LogLine(sequence=n, at_ns=n, level="info", topic="engine", text=f"line {n}") for n in (1, 2, 3)],
        pnl_curve=[],
    )


class FakeEngine:
    """An EngineAccess that shows `state` and answers every command with `answer`."""

    def __init__(self) -> None:
        self.state = desk()
        self.answer = CommandResult(outcome=Outcome.DONE, message="done", data={"client_order_id": "s0001-1"})
        self.commands: list[AnyCommand] = []
        self.requests: list[DeskRequest] = []
        self.present: list[Presence] = []

    def monitoring(self) -> MonitoringState:
        return self.state.monitoring

    def desk(self, request: DeskRequest) -> DeskSnapshot:
        self.requests.append(request)
        return self.state

    def away(self, who: str) -> AwayReport:
        return away_report(who=who)

    def attach(self, console: ConsoleHello) -> Presence:
        presence = Presence(console, 0, self.present.remove)
        self.present.append(presence)
        return presence

    async def execute(self, command: AnyCommand) -> CommandResult:
        self.commands.append(command)
        return self.answer
