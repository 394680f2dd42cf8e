"""One run from one seed: engines live and die in a world of faults, then all is quiet and must be in order."""

import asyncio
import gc
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec

from core.control import commands
from core.control.commands import Outcome
from core.engine.assembly import restore
from core.engine.fold import EngineFold
from core.io.inline_journal import InlineJournal
from core.io.instance_lock import InstanceHeldError, InstanceLock
from core.io.journal_store import JournalStore, Synchronous
from core.io.virtual_loop import VirtualLoop
from core.ports.journal import JournalError
from core.types.control import RiskMode
from core.types.instrument import InstrumentId
from core.types.market import FeedState
from core.types.order import Side
from strategies.simulation.actor import Actor
from strategies.simulation.beliefs import RULES
from strategies.simulation.faults import Fault
from strategies.simulation.holder import Holder
from strategies.simulation.life import Life
from strategies.simulation.oracle import Oracle
from strategies.simulation.proposals import basket, pair
from strategies.simulation.timeline import NS_PER_S, START_NS
from strategies.simulation.violation import Violation
from strategies.simulation.weather import Weather
from strategies.simulation.wisher import Wisher
from strategies.simulation.world import BTC, COIN, ETH, TICK_S, World

WARM_UP_S: Final = 8.0
FAULTS_S: Final = 90.0
SETTLE_S: Final = 140.0
"""How soon after the last fault all must be quiet and agreed with the venues: jobs run out, then two comparisons."""
MOST_LIVES: Final = 12
CLOSED_BY: Final = ("halt_level", "reconciled", "auto_halt", "breaker", "fresh_book", "in_doubt", "unknown")
PROBE_USD: Final = Decimal(10)
MANY_JOBS: Final = 50
JOB_CHANCE: Final = 0.03  # that a strategy proposes one when a book of its own changes
SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder for one run, made by tempfile
BASKETS_EVERY: Final = 5  # one run of so many has jobs of a coin, and of three legs
MIDNIGHT_EVERY: Final = 7  # one run of so many crosses midnight
BEFORE_MIDNIGHT_NS: Final = 9 * 3_600 * NS_PER_S - 60 * NS_PER_S


class EpisodeResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one seed came to."""

    seed: int
    violations: tuple[Violation, ...]
    faults: dict[str, int]
    virtual_seconds: float
    steps: int  # moments of virtual time at which something happened
    orders: int
    fills: int
    lives: int
    facts: int
    digest: str


def run_episode(seed: int, only: Fault | None = None) -> EpisodeResult:
    """Run one seed to its end, or to its first violation."""
    folder = SHARED_MEMORY if SHARED_MEMORY.is_dir() else None
    start_ns = START_NS + (BEFORE_MIDNIGHT_NS if seed % MIDNIGHT_EVERY == 3 else 0)
    gc.disable()
    loop = VirtualLoop(start_ns)
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix="seraphim-simulate-") as made:
            return loop.run_until_complete(_Episode(seed, loop, Path(made), only).run())
    finally:
        loop.close()
        gc.enable()
        gc.collect()


class _Episode:
    def __init__(self, seed: int, loop: VirtualLoop, folder: Path, only: Fault | None) -> None:
        self._loop = loop
        self._world = World(seed, loop, folder, only)
        self._oracle = Oracle(self._world)
        self._life: Life | None = None
        self._lives = 0
        self._actor = Actor(self._world, lambda: self._life)
        self._holder = Holder(self._world, lambda: self._life)
        self._weather = Weather(self._world, lambda: self._life)
        self._dice = self._world.dice("episode")
        self._is_still = False  # prices stand still while the end is judged: nothing fills in between

    async def run(self) -> EpisodeResult:
        self._begin_market()
        life = self._begin_life()
        await self._loop.elapse(WARM_UP_S)
        self._actor.begin()
        self._holder.begin()
        self._weather.begin()
        self._look()
        ends_ns = self._world.timeline.now_ns + int(FAULTS_S * NS_PER_S)
        if self._world.plan.only is Fault.EARLIER_CLOCK_AT_START:  # alone it needs a start that comes after another
            await self._until(self._world.timeline.now_ns + int(FAULTS_S * NS_PER_S / 2))
            life.kill_among_faults()
        await self._until(ends_ns)
        life = await self._calm()
        await self._loop.elapse(SETTLE_S)
        # Jobs that were running when the faults ended may have failed since, and too many of them pause trading.
        life.command(_resume())
        self._is_still = True
        await self._loop.elapse(5.0)
        if not self._oracle.violations:
            await self._judge_the_end(life)
        life.kill()
        await self._bury()
        return self._result()

    # faults ----------------------------------------------------------------------------------------------

    async def _until(self, end_ns: int) -> None:
        """Let time pass; begin a new life whenever one has ended."""
        while not self._oracle.violations and self._world.timeline.now_ns < end_ns:
            life = self._life
            assert life is not None, "a life is begun before the next is waited for"
            left_s = (end_ns - self._world.timeline.now_ns) / NS_PER_S
            await asyncio.wait((life.died,), timeout=min(left_s, 5.0))
            if life.died.done():
                await self._bury()
                if self._lives >= MOST_LIVES:
                    self._world.plan.are_over = True
                self._begin_life()

    async def _bury(self) -> None:
        """Wait until no code of a dead engine is left."""
        me = asyncio.current_task()
        for task in sorted(asyncio.all_tasks(), key=lambda task: task.get_name()):
            if task is not me:
                task.cancel()
        await self._loop.elapse(0.001)
        self._life = None
        await self._loop.elapse(self._dice.between(0.5, 5.0) if not self._world.plan.are_over else 0.5)
        self._spoil_the_disk()

    def _spoil_the_disk(self) -> None:
        """Do to the journal's file what a crash may do, and demand that a flipped bit is seen."""
        disk, plan = self._world.disk, self._world.plan
        disk.is_full = False
        if plan.strikes(Fault.DISK, 0.5):
            disk.tear_tail(plan.dice(Fault.DISK))
        if plan.strikes(Fault.DISK, 0.3):
            undo = disk.flip_bit(plan.dice(Fault.DISK))
            if undo is not None:
                self._look_for_damage()
                undo()

    def _look_for_damage(self) -> None:
        journal = InlineJournal(self._world.disk.path)
        try:
            restore(EngineFold(lambda _: None, RiskMode.BALANCED, RULES), journal)
            self._oracle.blame("F25", "an engine would start on a journal with a flipped bit")
        except JournalError:
            pass
        finally:
            self._loop.create_task(journal.close())

    def _begin_life(self) -> Life:
        self._lives += 1
        self._try_second_instance()
        strategies = [self._wisher(side) for side in (Side.BUY, Side.SELL)]
        life = Life(self._world, self._oracle, self._lives, strategies)
        if self._lives > 1 and self._world.plan.strikes(Fault.EARLIER_CLOCK_AT_START, 0.5):
            life.clock.offset_ns = -int(self._dice.between(1, 30) * NS_PER_S)
        self._life = life
        life.begin()
        return life

    def _wisher(self, side: Side) -> Wisher:
        """Make a strategy; with opposing ones on, both want the same book on different sides."""
        opposes = side is Side.SELL and self._world.plan.strikes(Fault.OPPOSING_STRATEGIES, 1.0)
        if side is Side.BUY:
            books = [InstrumentId("alpha", BTC), InstrumentId("beta", BTC), InstrumentId("beta", ETH)]
        else:
            first = InstrumentId("alpha" if opposes else "gamma", BTC)
            books = [first, InstrumentId("gamma", COIN), InstrumentId("alpha", ETH)]
        return Wisher(
            f"wisher-{side.value}",
            tuple(books),
            side,
            self._world.dice(f"{side} {self._lives}"),
            self._oracle.wished,
            self._oracle.wanted,
            self._jobs_wanted,
            basket if self._world.seed % BASKETS_EVERY == 2 else pair,
        )

    def _jobs_wanted(self) -> int | None:
        """Return how many jobs a strategy shall propose at once, None where it shall do nothing any more."""
        if self._world.plan.are_over:
            return None
        if self._world.plan.strikes(Fault.MANY_RESERVATIONS, 0.004):
            life = self._life
            if life is not None and self._dice.chance(0.5):
                self._world.timeline.after(self._dice.between(0.0, 4.0), life.kill_among_faults)
            return MANY_JOBS
        return 1 if self._dice.chance(JOB_CHANCE) else 0

    def _try_second_instance(self) -> None:
        """Let another engine try to take the account while one has it."""
        if not self._world.plan.strikes(Fault.SECOND_INSTANCE, 1.0):
            return
        path = self._world.folder / "instance.lock"
        first, second = InstanceLock(path), InstanceLock(path)
        first.acquire(0)
        try:
            second.acquire(0)
            self._oracle.blame("F26", "a second instance took the lock")
            second.release()
        except InstanceHeldError:
            pass
        finally:
            first.release()

    # the market --------------------------------------------------------------------------------------------

    def _begin_market(self) -> None:
        self._world.timeline.after(TICK_S, self._tick)

    def _tick(self) -> None:
        self._world.timeline.after(TICK_S, self._tick)
        life = self._life
        for book in self._world.books.values():
            if not self._is_still:
                self._world.step_market(book)
            for exchange, symbol in self._world.sharing(book):
                if life is not None and not life.is_dead:
                    life.feeds[exchange.name].show(symbol)
                    if self._dice.chance(0.2):
                        life.feeds[exchange.name].tell_trade(symbol)

    def _look(self) -> None:
        if not self._oracle.violations:
            self._world.timeline.after(5.0, self._look)
            if self._life is not None and not self._life.is_dead:
                self._oracle.beliefs.alerts()
                self._oracle.alerts.look()

    # the end -----------------------------------------------------------------------------------------------

    async def _calm(self) -> Life:
        """End all faults: the network heals, the clock is right, a person restarts what has failed and resumes."""
        world = self._world
        world.plan.are_over = self._actor.is_resting = True
        life = self._life
        assert life is not None, "a life is begun before faults end"
        world.disk.is_full = False
        if life.is_dead or life.journal.failed_reason is not None:
            life.kill()
            await self._bury()
            life = self._begin_life()
            await self._loop.elapse(WARM_UP_S)
        life.clock.offset_ns = 0
        for connection in life.connections.values():
            connection.heal()
        for feed in life.feeds.values():
            feed.silent_until_ns.clear()
            feed.invalid_until_ns.clear()
            feed.tell_state(FeedState.UP)
        life.command(_resume())
        return life

    async def _judge_the_end(self, life: Life) -> None:
        if life.is_dead:
            self._oracle.blame("G10", "the engine ended though all faults were over")
            return
        self._oracle.look()
        self._oracle.beliefs.against_truth()
        self._oracle.beliefs.alerts()
        held = life.engine.parts.conditions.blockers()
        for blocker in held:
            self._oracle.blame("G10", f"{blocker.scope} is still blocked by {blocker.cause}: {blocker.reason}")
        await self._probe(life)
        await life.execute(commands.CancelOrders(who="person"))
        await self._loop.elapse(5.0)
        self._oracle.beliefs.against_truth()
        self._oracle.look_at_rest()
        life.check_replay()

    async def _probe(self, life: Life) -> None:
        """Send one small order: an engine that says it trades must trade."""
        losses = {"daily_loss", "drawdown"}
        if any(cause in losses for _, cause in self._oracle.evidence.shadow.halts):
            return
        exchange = self._world.exchanges["beta"]
        rules = exchange.instruments[ETH]
        price = rules.floor_price(rules.ticks_to_price(exchange.books[ETH].mid_ticks) * Decimal("0.99"))
        result = await life.execute(
            commands.PlaceOrder(
                venue="beta",
                symbol=ETH,
                side="buy",
                quantity=rules.floor_quantity(PROBE_USD / price),
                order_type="limit",
                limit_price=price,
            )
        )
        if result.outcome is not Outcome.DONE and any(rule in result.message for rule in CLOSED_BY):
            self._oracle.blame("G10", f"trading does not go on: {result.message}")

    def _result(self) -> EpisodeResult:
        store = JournalStore(self._world.disk.path, Synchronous.OFF)
        result = EpisodeResult(
            seed=self._world.seed,
            violations=tuple(self._oracle.violations),
            faults={fault.value: count for fault, count in sorted(self._world.plan.counts.items())},
            virtual_seconds=self._world.elapsed_s,
            steps=self._loop.steps,
            orders=len(self._oracle.evidence.on_wire),
            fills=sum(len(exchange.account.fills) for exchange in self._world.exchanges.values()),
            lives=self._lives,
            facts=store.last_sequence,
            digest=store.chain.hex(),
        )
        store.close()
        return result


def _resume() -> commands.Resume:
    return commands.Resume(who="person", reason="all is well again", word="resume")
