"""From the configuration to venues: which adapter serves which, and what they share."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

from adapters.network.closing import Closing, Closings
from adapters.network.request_budget import BudgetUse
from adapters.venue_store.store import VenueStore
from core.bars.timeframe import Timeframe
from core.config.config import Config
from core.config.venues import (
    CryptoVenueConfig,
    InteractiveBrokersConfig,
    RealVenue,
    ReplayVenueConfig,
    SimVenueConfig,
    VenueMode,
)
from core.io.system_clock import SystemClock
from core.io.system_randomness import SystemRandomness
from core.paths import Paths
from core.ports.clock import Clock
from core.ports.history import BarHistory, NoHistory, VenueHistories
from core.ports.keys import KeySource, KeyStoreError
from core.ports.venue import ExecutionVenue, Feed
from core.state.monitoring import RateLimitState
from core.types.credentials import Credentials

if TYPE_CHECKING:
    from adapters.sim.market import SimMarket

NS_PER_MS: Final = 1_000_000
NS_PER_S: Final = 1_000_000_000
BPS: Final = Decimal(10_000)


class VenueSet:
    """All venues of one engine, the clock they live by, and the past they remember."""

    def __init__(self, config: Config, store: VenueStore, paths: Paths, keys: KeySource) -> None:
        self.clock: Clock = SystemClock()
        self.history: BarHistory = NoHistory()
        self.feeds: list[Feed] = []
        self.executions: list[ExecutionVenue] = []
        self.warm_ups: list[Callable[[], None]] = [_warm_up_books]
        self._markets: list[SimMarket] = []
        self._config = config
        self._store = store
        self._paths = paths
        self._keys = keys
        self._closings = Closings()
        self._rate_limits: dict[str, Callable[[], RateLimitState]] = {}
        self._add_sim()
        for name, venue in config.venues.items():
            if isinstance(venue, ReplayVenueConfig):
                self._add_replay(venue)
            elif isinstance(venue, InteractiveBrokersConfig) and venue.mode is not VenueMode.OFF:
                self._add_interactive_brokers(name, venue)
            elif isinstance(venue, CryptoVenueConfig) and venue.mode is not VenueMode.OFF:
                self._add_real(name, venue)

    async def stop(self) -> None:
        """End what goes on behind the venues: an embedded market moves and saves its prices without listeners too."""
        for market in self._markets:
            await market.stop()

    def rate_limit(self, venue: str) -> RateLimitState | None:
        """Return how much of a venue's rate limit is used, None where it has none; ask inside the loop."""
        told = self._rate_limits.get(venue)
        return None if told is None else told()

    def _add_sim(self) -> None:
        names = [name for name, venue in self._config.venues.items() if isinstance(venue, SimVenueConfig)]
        if not names:
            return
        from adapters.sim.bar_history import SimHistory  # noqa: PLC0415 - only where a venue needs it
        from adapters.sim.from_config import sim_config  # noqa: PLC0415 - only where a venue needs it
        from adapters.sim.market import SimMarket  # noqa: PLC0415 - only where a venue needs it

        market = SimMarket(sim_config(self._config), self.clock, self._store)
        self._markets.append(market)
        self.history = SimHistory(market)
        self.feeds += [market.feed(name) for name in names]
        self.executions += [market.execution(name) for name in names]

    def _add_real(self, name: str, venue: RealVenue) -> None:
        from adapters.named_execution import NamedExecution  # noqa: PLC0415 - only where a venue needs it
        from adapters.named_feed import NamedFeed  # noqa: PLC0415 - only where a venue needs it
        from adapters.network.limited_transport import LimitedTransport  # noqa: PLC0415 - only where a venue needs it
        from adapters.network.transport import NetworkTransport  # noqa: PLC0415 - only where a venue needs it
        from tui.compose.kinds.registry import venue_kind  # noqa: PLC0415 - only where a venue needs it
        from tui.compose.kinds.venue_kind import TradingAccount, Wire, host_of  # noqa: PLC0415 - only where a venue needs it

        kind = venue_kind(venue.kind)
        self.warm_ups += kind.warm_ups()
        transport = NetworkTransport()
        limited = LimitedTransport(transport, self._closings, kind.closes_host)
        wire = Wire(limited, self.clock, SystemRandomness())
        account = None
        if venue.mode is VenueMode.LIVE:
            account = TradingAccount(self._key_of(name, venue), self._paths.state_dir)
        feed, execution, budget_use = kind.sides(venue, wire, account=account)
        closing = self._closings.of(host_of(kind.addresses(venue).rest_url))
        self._rate_limits[name] = lambda: self._rate_limit(budget_use(), closing)
        feed = feed if feed.venue == name else NamedFeed(feed, name)
        if venue.mode is VenueMode.PAPER:
            self._add_paper(feed, {settled_in(venue.symbols[0]): venue.starting_balance_usdt})
            return
        self.feeds.append(feed)
        if execution is not None:
            self.executions.append(execution if execution.venue == name else NamedExecution(execution, name))

    def _rate_limit(self, use: BudgetUse | None, closing: Closing) -> RateLimitState:
        shut_s = max(closing.shut_s, 0.0 if use is None else use.shut_s)
        return RateLimitState(
            used_share=None if use is None else min(1.0, max(0.0, 1 - use.left / use.allowance)),
            closed_until_ns=self.clock.utc_ns() + int(shut_s * NS_PER_S) if shut_s > 0 else None,
        )

    def _add_interactive_brokers(self, name: str, venue: InteractiveBrokersConfig) -> None:
        from tui.compose.interactive_brokers import interactive_brokers_sides  # noqa: PLC0415 - only where needed

        feed, execution, history = interactive_brokers_sides(
            name, venue, self.clock, SystemRandomness(), configured_timeframes(self._config)
        )
        self.history = VenueHistories(self.history, {name: history})
        if venue.mode is VenueMode.PAPER:
            self._add_paper(feed, {"USD": venue.starting_balance_usdt})
            return
        self.feeds.append(feed)
        if execution is not None:
            self.executions.append(execution)

    def _key_of(self, name: str, venue: RealVenue) -> Credentials:
        from tui.compose.kinds.venue_kind import key_venue  # noqa: PLC0415 - only where a venue needs it

        kept = key_venue(venue)
        key = self._keys.read(kept, venue.account)
        if key is None:
            raise KeyStoreError(
                f"venue {name} is live and there is no key {kept}/{venue.account}: "
                f"add it with `seraphim keys add {kept} --account {venue.account}`, or set its mode to data"
            )
        return key

    def _add_replay(self, venue: ReplayVenueConfig) -> None:
        from adapters.binance.depth import warm_up  # noqa: PLC0415 - only where a venue needs it
        from adapters.replay.clock import ReplayClock  # noqa: PLC0415 - only where a venue needs it
        from adapters.replay.feed import Pace, ReplayFeed, ReplaySettings  # noqa: PLC0415 - only where needed

        self.warm_ups.append(warm_up)
        clock = ReplayClock()
        self.clock = clock
        flat_out = venue.speed == "max"
        settings = ReplaySettings(
            path=Path(venue.path).expanduser(),
            venue=venue.venue,
            pace=Pace.FLAT_OUT if flat_out else Pace.TIMED,
            speed=1.0 if venue.speed == "max" else float(venue.speed),
        )
        self._add_paper(ReplayFeed(settings, clock), {"USDT": venue.starting_balance_usdt})

    def _add_paper(self, feed: Feed, starting_cash: dict[str, Decimal]) -> None:
        from adapters.paper.config import PaperConfig  # noqa: PLC0415 - only where a venue needs it
        from adapters.paper.execution import PaperExecution  # noqa: PLC0415 - only where a venue needs it
        from adapters.paper.paper_feed import PaperFeed, PaperFees  # noqa: PLC0415 - only where a venue needs it
        from adapters.venue_desk.settings import Latency  # noqa: PLC0415 - only where a venue needs it

        paper = self._config.paper
        jitter_ns = int(paper.latency_jitter_ms * NS_PER_MS)
        latency = Latency(
            feed_ns=0,
            feed_jitter_ns=0,
            entry_ns=int(paper.entry_latency_ms * NS_PER_MS),
            entry_jitter_ns=jitter_ns,
            response_ns=int(paper.response_latency_ms * NS_PER_MS),
            response_jitter_ns=jitter_ns,
        )
        settings = PaperConfig(
            starting_cash=starting_cash,
            seed=paper.seed,
            latency=latency,
            stale_after_ns=int(self._config.risk.stale_after_s * 1_000 * NS_PER_MS),
        )
        execution = PaperExecution(feed.venue, self._store, self.clock, settings)
        fees = PaperFees(
            spot_maker=paper.spot_maker_bps / BPS,
            spot_taker=paper.spot_taker_bps / BPS,
            perpetual_maker=paper.perpetual_maker_bps / BPS,
            perpetual_taker=paper.perpetual_taker_bps / BPS,
        )
        self.feeds.append(PaperFeed(feed, execution, fees))
        self.executions.append(execution)


def configured_timeframes(config: Config) -> list[Timeframe]:
    """Return what somebody looks at from the start on; bars of seconds are too dear at IB to be waited for."""
    texts = [config.console.timeframe, config.risk.stop_loss_timeframe]
    texts += [str(each.parameters.get("timeframe", "")) for each in config.strategies.values() if each.enabled]
    known = {each.value for each in Timeframe}
    found = dict.fromkeys(Timeframe(text) for text in texts if text in known)
    return [timeframe for timeframe in found if timeframe.ns >= Timeframe.M1.ns]


def settled_in(symbol: str) -> str:
    """Return the asset that a unified symbol is paid in: USDT of ``BTC/USDT`` and of ``BTC/USDT:USDT``.

    Symbols without a pair are those of builder dexs, such as ``xyz:NVDA``, which settle in USDC.
    """
    pair, _, settlement = symbol.partition(":")
    quote = pair.partition("/")[2]
    return (settlement or quote) if quote else "USDC"


def _warm_up_books() -> None:
    from core.book.warm_up import warm_up  # noqa: PLC0415 - brings the compiler in, off the loop

    warm_up()
