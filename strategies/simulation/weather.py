"""Faults that come by themselves: silent feeds, dead streams, clocks, foreign hands, liquidations, full disks."""

from collections.abc import Callable
from decimal import Decimal

from core.control import commands
from core.types.instrument import AssetType, InstrumentId
from core.types.market import FeedState
from core.types.order import Side
from strategies.simulation.faults import Fault
from strategies.simulation.life import Life
from strategies.simulation.timeline import NS_PER_S
from strategies.simulation.world import World

F = Fault


class Weather:
    """Let one of the run's own faults strike every few seconds."""

    def __init__(self, world: World, life: Callable[[], Life | None]) -> None:
        self._world = world
        self._life = life
        self._dice = world.dice("weather")
        self._payments = 0
        every: dict[Fault, Callable[[Life, InstrumentId], bool]] = {
            F.ACCOUNT_UNREACHABLE: self._account_unreachable,
            F.NEW_VENUE_ID: self._new_venue_id,
            F.DUST_LEFT: self._dust,
            F.BAD_BOOK: self._bad_book,
            F.SEQUENCE_GAP: self._gap,
            F.OLD_SNAPSHOT: self._old_snapshot,
            F.GHOST_LEVELS: self._ghosts,
            F.SILENT_SOCKET: self._silence,
            F.PRIVATE_STREAM_DEAD: self._deaf,
            F.CLOCK_STEP: self._clock_step,
            F.EARLIER_CLOCK_AT_START: self._restart,
            F.KILLED: self._kill,
            F.DISK: self._disk,
            F.FOREIGN: self._foreign,
            F.OVERRIDE_AT_LIMIT: self._override_at_limit,
            F.LOSS_JUMP: self._loss_jump,
            F.LIQUIDATION: self._liquidation,
            F.FUNDING_EDGE: self._funding,
            F.RULES_CHANGED: self._rules,
            F.BURST: self._burst,
            F.MALFORMED: self._malformed_mark,
            F.SNAPSHOT_OR_REPLAY: self._replay,
        }
        self._happens = [(fault, happen) for fault, happen in every.items() if world.plan.is_on(fault)]

    def begin(self) -> None:
        if self._happens:
            self._later()

    def _later(self) -> None:
        self._world.timeline.after(self._dice.between(1.0, 7.0), self._strike)

    def _strike(self) -> None:
        if self._world.plan.are_over:
            return
        self._later()
        life = self._life()
        if life is None or life.is_dead:
            return
        fault, happen = self._dice.pick(self._happens)
        if happen(life, self._dice.pick(self._world.instrument_ids)):
            self._world.plan.note(fault)

    def _until_ns(self, low_s: float, high_s: float) -> int:
        return self._world.timeline.now_ns + int(self._dice.between(low_s, high_s) * NS_PER_S)

    # the venue's interfaces ------------------------------------------------------------------------------

    def _account_unreachable(self, life: Life, key: InstrumentId) -> bool:
        life.connections[key.venue].unreachable_until_ns = self._until_ns(5, 60)
        return True

    def _deaf(self, life: Life, key: InstrumentId) -> bool:
        life.connections[key.venue].deaf_until_ns = self._until_ns(2, 20)
        return True

    def _new_venue_id(self, _: Life, key: InstrumentId) -> bool:
        exchange = self._world.exchanges[key.venue]
        orders = [order for order in exchange.live.values() if not order.is_foreign]
        if not orders:
            return False
        exchange.renumber(self._dice.pick(orders))
        return True

    def _dust(self, _: Life, key: InstrumentId) -> bool:
        """Fill a resting order but for less than the venue's least quantity."""
        exchange = self._world.exchanges[key.venue]
        for order in list(exchange.live.values()):
            price = order.intent.limit_price
            lot = exchange.instruments[order.intent.symbol].order_lot
            if price is not None and not order.intent.reduce_only and order.left > lot:
                exchange.fill_but_for(order, price, lot)
                return True
        return False

    # books -----------------------------------------------------------------------------------------------

    def _bad_book(self, life: Life, key: InstrumentId) -> bool:
        feed, book = life.feeds[key.venue], self._world.exchanges[key.venue].books[key.symbol]
        kind = self._dice.pick(("crossed", "empty", "wide"))
        bids, asks = [list(level) for level in book.bids], [list(level) for level in book.asks]
        if kind == "crossed":
            asks = [[bids[0][0] - 1, 100], *asks]
        elif kind == "empty":
            bids, asks = [], []
        else:
            asks = [[level[0] + level[0] // 20, level[1]] for level in asks]
        feed.write(key.symbol, bids, asks)
        if kind != "wide":
            feed.shown_ns[key.symbol] = 0
        return True

    def _gap(self, life: Life, key: InstrumentId) -> bool:
        life.feeds[key.venue].invalidate(key.symbol, "sequence gap", self._dice.between(0.1, 3.0))
        return True

    def _old_snapshot(self, life: Life, key: InstrumentId) -> bool:
        life.feeds[key.venue].invalidate(key.symbol, "snapshot too old, asked again", self._dice.between(1.0, 6.0))
        return True

    def _ghosts(self, life: Life, key: InstrumentId) -> bool:
        """Reconnect with levels left over in the book, which the snapshot that follows must clear away."""
        feed = life.feeds[key.venue]
        feed.add_ghosts(key.symbol)
        feed.tell_state(FeedState.DOWN, "connection lost")
        self._world.timeline.after(self._dice.between(0.2, 4.0), feed.come_back)
        return True

    def _silence(self, life: Life, key: InstrumentId) -> bool:
        life.feeds[key.venue].silence(key.symbol, self._dice.between(3.0, 12.0))
        return True

    def _burst(self, life: Life, key: InstrumentId) -> bool:
        """Stop the engine's pulse for half a second and let thousands of messages wait for it."""
        life.stalled_s = 0.5
        feed = life.feeds[key.venue]
        for _ in range(50_000 if self._dice.chance(0.1) else 2_000):
            feed.tell_trade(key.symbol)
        feed.show(key.symbol)
        return True

    def _malformed_mark(self, life: Life, key: InstrumentId) -> bool:
        true = float(self._world.exchanges[key.venue].books[key.symbol].mid_ticks) / 100
        mark = self._dice.pick((float("nan"), -1.0, float("inf"), true * 1_000))
        life.feeds[key.venue].tell_mark(key.symbol, mark)
        return True

    # money and rules -------------------------------------------------------------------------------------

    def _foreign(self, _: Life, key: InstrumentId) -> bool:
        exchange, dice = self._world.exchanges[key.venue], self._dice
        instrument, book = exchange.instruments[key.symbol], exchange.books[key.symbol]
        side = dice.pick((Side.BUY, Side.SELL))
        quantity = instrument.floor_quantity(Decimal(dice.whole(5, 300)) / 100)
        price = None
        if dice.chance(0.6):
            price = instrument.floor_price(instrument.ticks_to_price(book.mid_ticks - side.sign * dice.whole(3, 30)))
        exchange.place_foreign(key.symbol, side, quantity, price)
        return True

    def _liquidation(self, _: Life, key: InstrumentId) -> bool:
        exchange = self._world.exchanges[key.venue]
        if exchange.instruments[key.symbol].asset_type is not AssetType.PERPETUAL:
            return False
        return exchange.force_close(key.symbol, Decimal(self._dice.whole(3, 10)) / 10) is not None

    def _funding(self, life: Life, key: InstrumentId) -> bool:
        exchange = self._world.exchanges[key.venue]
        if exchange.instruments[key.symbol].funding_interval_s is None:
            return False
        self._payments += 1
        life.feeds[key.venue].tell_funding(key.symbol, 3_600, 0.0005, self._dice.between(10, 400))
        payment = exchange.pay_funding(key.symbol, self._dice.between(-0.001, 0.001), f"p{self._payments}")
        if payment is None:
            return False
        life.connections[key.venue].tell_funding(payment, self._dice.whole(0, 3))
        return True

    def _loss_jump(self, _: Life, __: InstrumentId) -> bool:
        """Move a price against the greatest position until the day's loss is beyond its limit."""
        found = [
            (abs(held), each)
            for each in self._world.instrument_ids
            if (held := self._world.exchanges[each.venue].account.quantity(each.symbol))
        ]
        if not found:
            return False
        size, key = max(found)
        exchange = self._world.exchanges[key.venue]
        book, sign = exchange.books[key.symbol], 1 if exchange.account.quantity(key.symbol) > 0 else -1
        ticks = int(Decimal(self._dice.whole(500, 1_500)) / size / exchange.instruments[key.symbol].tick_size)
        self._world.step_market(book, -sign * min(ticks, book.mid_ticks * 4 // 5))
        return True

    def _override_at_limit(self, life: Life, key: InstrumentId) -> bool:
        """Have soft rules lifted a moment before the day's loss goes beyond its limit."""
        life.command(commands.ManualOverride(who="person", seconds=120.0, reason="it will be fine"))
        return self._loss_jump(life, key)

    def _rules(self, life: Life, key: InstrumentId) -> bool:
        """Coarsen tick and lot of one instrument, or make them fine again."""
        exchange = self._world.exchanges[key.venue]
        instrument = exchange.instruments[key.symbol]
        is_fine = instrument.order_tick == instrument.tick_size
        step = Decimal("0.05") if is_fine else Decimal("0.01")
        changed = exchange.change_rules(key.symbol, order_tick_size=step, order_lot_size=step)
        delay_s = self._dice.between(0.0, 2.0)
        self._world.timeline.after(delay_s, lambda: life.feeds[key.venue].tell_rules(changed))
        return True

    # the machine -----------------------------------------------------------------------------------------

    def _clock_step(self, life: Life, _: InstrumentId) -> bool:
        step_ns = self._dice.pick((-5, 5)) * NS_PER_S
        life.clock.offset_ns = 0 if life.clock.offset_ns else step_ns
        return True

    def _kill(self, life: Life, _: InstrumentId) -> bool:
        life.kill()
        return True

    def _restart(self, life: Life, _: InstrumentId) -> bool:
        """End an engine, so that another one starts: the fault strikes there."""
        life.kill()
        return False

    def _disk(self, life: Life, _: InstrumentId) -> bool:
        """Let the disk be full, or slow."""
        if self._dice.chance(0.4):
            self._world.disk.is_full = True
            self._world.timeline.after(
                self._dice.between(1.0, 10.0), life.kill_among_faults
            )  # and a person restarts it
            return True
        life.journal.stall_s = self._dice.between(0.05, 1.0)
        self._world.timeline.after(2.0, life.journal.run_freely)
        return True

    def _replay(self, life: Life, _: InstrumentId) -> bool:
        life.check_replay()
        return True
