"""A person at the console who does anything at any time."""

from collections.abc import Callable
from decimal import Decimal

from core.control import commands
from core.control.commands import AnyCommand
from core.types.order import OrderStatus
from strategies.simulation.faults import Fault
from strategies.simulation.life import Life
from strategies.simulation.world import World

WHO = "person"


class Actor:
    """Give a random command now and then, until told to rest."""

    def __init__(self, world: World, life: Callable[[], Life | None]) -> None:
        self._world = world
        self._life = life
        self._dice = world.dice("actor")
        self.is_resting = False
        self._choices: list[tuple[float, Callable[[Life], AnyCommand | None]]] = [
            (0.50, self._place),
            (0.16, self._cancel),
            (0.12, self._amend),
            (0.03, self._cancel_many),
            (0.04, lambda _: commands.Pause(who=WHO, reason="a rest")),
            (0.14, lambda _: commands.Resume(who=WHO, reason="looked", word="resume")),
            (0.03, lambda _: commands.SetRiskMode(who=WHO, mode=self._dice.pick(("balanced", "aggressive")))),
            (0.02, self._kill),
            (0.04, self._strategy),
            (0.03, self._halt),
            (0.02, self._override),
            (0.02, self._end_override),
            (0.02, self._safe_mode),
            (0.03, self._cancel_job),
        ]

    def begin(self) -> None:
        self._later()

    def _later(self) -> None:
        self._world.timeline.after(self._dice.between(0.2, 2.0), self._act)

    def _act(self) -> None:
        if self.is_resting:
            return
        self._later()
        life = self._life()
        if life is None or life.is_dead or not life.is_started:
            return
        drawn = self._dice.between(0, sum(weight for weight, _ in self._choices))
        for weight, choice in self._choices:
            drawn -= weight
            if drawn <= 0:
                command = choice(life)
                if command is not None:
                    life.command(command)
                return

    def _place(self, life: Life) -> AnyCommand | None:
        dice = self._dice
        instrument_id = dice.pick(self._world.instrument_ids)
        exchange = self._world.exchanges[instrument_id.venue]
        instrument, book = exchange.instruments[instrument_id.symbol], exchange.books[instrument_id.symbol]
        held = exchange.account.quantity(instrument_id.symbol)
        is_closing = bool(held) and dice.chance(0.35)
        side = ("sell" if held > 0 else "buy") if is_closing else dice.pick(("buy", "sell"))
        quantity = Decimal(dice.whole(1, 1_500)) / 100
        if is_closing:
            quantity = abs(held) if dice.chance(0.6) else max(instrument.order_lot, abs(held) / 2)
        is_market = dice.chance(0.35)
        sign = 1 if side == "buy" else -1
        ticks = book.mid_ticks - sign * dice.whole(-3, 12)
        price = instrument.floor_price(instrument.ticks_to_price(ticks))
        command = commands.PlaceOrder(
            who=WHO,
            venue=instrument_id.venue,
            symbol=instrument_id.symbol,
            side=side,
            quantity=instrument.floor_quantity(quantity),
            order_type="market" if is_market else "limit",
            limit_price=None if is_market else price,
            time_in_force="ioc" if not is_market and dice.chance(0.2) else "gtc",
            post_only=False,
            reduce_only=is_closing and dice.chance(0.7),
        )
        self._halt_in_flight(life)
        return command

    def _halt_in_flight(self, life: Life) -> None:
        """Halt a moment after the order was given, while it may still wait for its commit."""
        if not self._world.plan.strikes(Fault.HALT_IN_FLIGHT, 0.05):
            return
        dice = self._dice
        halt = commands.Pause(who=WHO, reason="at once")
        if dice.chance(0.4):
            halt = commands.Kill(who=WHO, reason="at once", flatten=dice.chance(0.5))
        self._world.timeline.after(dice.between(0, 0.006), lambda: life.command(halt))

    def _cancel(self, life: Life) -> AnyCommand | None:
        orders = [order for order in life.engine.parts.fold.orders.live() if order.status is not OrderStatus.FILLED]
        if not orders:
            return None
        return commands.CancelOrder(who=WHO, client_order_id=self._dice.pick(orders).intent.client_order_id)

    def _amend(self, life: Life) -> AnyCommand | None:
        """Move a resting order by some ticks, or change its size; some of these are nobody's to amend."""
        orders = [order for order in life.engine.parts.fold.orders.live() if order.intent.limit_price is not None]
        if not orders:
            return None
        dice, intent = self._dice, self._dice.pick(orders).intent
        price, rules = intent.limit_price, self._world.instrument(intent.instrument_id)
        share = Decimal(dice.whole(3, 20)) / 10
        is_moved = price is not None and dice.chance(0.7)
        return commands.AmendOrder(
            who=WHO,
            client_order_id=intent.client_order_id,
            limit_price=price + dice.whole(-4, 4) * rules.order_tick if price is not None and is_moved else None,
            quantity=rules.floor_quantity(intent.quantity * share) if not is_moved or dice.chance(0.4) else None,
        )

    def _cancel_many(self, _: Life) -> AnyCommand:
        venue = self._dice.pick([*self._world.exchanges])
        return commands.CancelOrders(who=WHO, venue=venue if self._dice.chance(0.5) else None)

    def _kill(self, _: Life) -> AnyCommand:
        return commands.Kill(who=WHO, reason="to be safe", flatten=self._dice.chance(0.5))

    def _halt(self, _: Life) -> AnyCommand:
        scope = self._dice.pick(["global", "strategy:wisher-buy", *(f"venue:{name}" for name in self._world.exchanges)])
        levels = ("reduce_only", "reduce_only", "cancel_only", "halted")
        level = self._dice.pick((*levels, "flatten") if scope.startswith("strategy:") else levels)
        return commands.Halt(who=WHO, scope=scope, level=level, reason="a doubt")

    def _override(self, _: Life) -> AnyCommand:
        return commands.ManualOverride(who=WHO, seconds=self._dice.between(5, 60), reason="looked at it")

    def _end_override(self, _: Life) -> AnyCommand:
        return commands.EndOverride(who=WHO, reason="enough")

    def _safe_mode(self, _: Life) -> AnyCommand:
        venue = self._dice.pick([*self._world.exchanges])
        return commands.SetSafeMode(who=WHO, venue=venue, is_on=self._dice.chance(0.3), reason="a doubt")

    def _cancel_job(self, life: Life) -> AnyCommand | None:
        book = life.engine.parts.fold.scheduler.book
        jobs = [*book.pending, *book.running]
        return commands.CancelJob(who=WHO, job_id=self._dice.pick(jobs), reason="no more") if jobs else None

    def _strategy(self, life: Life) -> AnyCommand:
        name = self._dice.pick([state.name for state in life.engine.parts.strategies.states()] or ["nobody"])
        if self._dice.chance(0.4):
            return commands.StopStrategy(who=WHO, name=name)
        return commands.StartStrategy(who=WHO, name=name)
