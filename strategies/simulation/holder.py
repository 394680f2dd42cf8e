"""A person who places stops, pairs and brackets at any time, and now and then cancels one."""

from collections.abc import Callable
from decimal import Decimal

from core.control import commands
from core.control.commands import AnyCommand
from core.types.instrument import Instrument, InstrumentId
from strategies.simulation.life import Life
from strategies.simulation.matching_book import MatchingBook
from strategies.simulation.world import World

WHO = "holder"


class Holder:
    """Has dice of its own, so that what others do in a run does not change with what is held."""

    def __init__(self, world: World, life: Callable[[], Life | None]) -> None:
        self._world = world
        self._life = life
        self._dice = world.dice("holder")

    def begin(self) -> None:
        self._later()

    def _later(self) -> None:
        self._world.timeline.after(self._dice.between(0.4, 2.0), self._act)

    def _act(self) -> None:
        if self._world.plan.are_over:
            return
        self._later()
        life = self._life()
        if life is None or life.is_dead or not life.is_started:
            return
        if self._dice.chance(0.2):
            self._cancel(life)
            return
        instrument_id = self._dice.pick(self._world.instrument_ids)
        exchange = self._world.exchanges[instrument_id.venue]
        instrument, book = exchange.instruments[instrument_id.symbol], exchange.books[instrument_id.symbol]
        held = exchange.account.quantity(instrument_id.symbol)
        chosen = self._dice.pick((self._bracket, self._bracket, self._stop, self._oco))
        life.command(chosen(instrument, book, held))

    def _cancel(self, life: Life) -> None:
        held = life.engine.parts.fold.held.held()
        if held:
            life.command(commands.CancelOrder(who=WHO, client_order_id=self._dice.pick(held).order.held_id))

    def _bracket(self, instrument: Instrument, book: MatchingBook, held: Decimal) -> AnyCommand:
        dice = self._dice
        sign = -1 if held < 0 else 1 if held > 0 else dice.pick((-1, 1))
        is_market = dice.chance(0.4)
        entry_ticks = book.mid_ticks - sign * dice.whole(-2, 6)
        return self._order(
            instrument.id,
            sign,
            self._quantity(instrument),
            order_type="market" if is_market else "limit",
            limit_price=None if is_market else _price(instrument, entry_ticks),
            time_in_force="ioc" if not is_market and dice.chance(0.2) else "gtc",
            take_profit=_price(instrument, book.mid_ticks + sign * dice.whole(3, 14)) if dice.chance(0.8) else None,
            stop_loss=_price(instrument, book.mid_ticks - sign * dice.whole(4, 14)),
            trigger=dice.pick(("last", "mark")),
        )

    def _stop(self, instrument: Instrument, book: MatchingBook, held: Decimal) -> AnyCommand:
        dice = self._dice
        sign, quantity, reduce_only = self._way(instrument, held)
        stop_ticks = book.mid_ticks + sign * dice.whole(1, 8)
        has_limit = dice.chance(0.3)
        return self._order(
            instrument.id,
            sign,
            quantity,
            order_type="stop_limit" if has_limit else "stop",
            stop_price=_price(instrument, stop_ticks),
            limit_price=_price(instrument, stop_ticks + sign * dice.whole(-2, 10)) if has_limit else None,
            reduce_only=reduce_only,
            trigger=dice.pick(("last", "mark")),
        )

    def _oco(self, instrument: Instrument, book: MatchingBook, held: Decimal) -> AnyCommand:
        dice = self._dice
        sign, quantity, reduce_only = self._way(instrument, held)
        return self._order(
            instrument.id,
            sign,
            quantity,
            order_type="oco",
            stop_price=_price(instrument, book.mid_ticks + sign * dice.whole(1, 8)),
            limit_price=_price(instrument, book.mid_ticks - sign * dice.whole(2, 20)),
            reduce_only=reduce_only,
            trigger=dice.pick(("last", "mark")),
        )

    def _way(self, instrument: Instrument, held: Decimal) -> tuple[int, Decimal, bool]:
        """Return the sign, size and kind of an order: most of them close what is held."""
        if held and self._dice.chance(0.8):
            share = Decimal(self._dice.whole(3, 10)) / 10
            return (-1 if held > 0 else 1), instrument.floor_quantity(abs(held) * share), True
        return self._dice.pick((-1, 1)), self._quantity(instrument), False

    def _quantity(self, instrument: Instrument) -> Decimal:
        return instrument.floor_quantity(Decimal(self._dice.whole(5, 1_200)) / 100)

    def _order(self, instrument_id: InstrumentId, sign: int, quantity: Decimal, **rest: object) -> AnyCommand:
        fields = {key: value for key, value in rest.items() if value is not None}
        return commands.PlaceOrder(
            who=WHO,
            venue=instrument_id.venue,
            symbol=instrument_id.symbol,
            side="buy" if sign > 0 else "sell",
            quantity=quantity,
            **fields,  # pyright: ignore[reportArgumentType] - named above, one by one
        )


def _price(instrument: Instrument, ticks: int) -> Decimal:
    return instrument.floor_price(instrument.ticks_to_price(ticks))
