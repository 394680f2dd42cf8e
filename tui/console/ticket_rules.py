"""What a ticket's fields mean: the order they make, what is wrong with them, and the room it leaves."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

import msgspec

from core.control.commands import PlaceOrder
from core.state.desk import BookView, InstrumentView
from core.state.monitoring import LimitUse
from core.state.rehearsal import OrderRehearsalView
from tui.present import numbers
from tui.present.typed_number import typed_number

_SMALLEST_DIGIT, _LARGEST_DIGIT = -18, 12  # powers of ten between which prices and quantities lie
QUANTITY: Final = "quantity"
TYPED_ABOVE_USD = Decimal(5_000)


class Draft(msgspec.Struct, frozen=True):
    """The ticket as typed; an empty price means a market order."""

    side: str
    quantity: str
    price: str
    post_only: bool = False
    reduce_only: bool = False
    is_ioc: bool = False
    stop: str = ""  # held until the market is there; with a price a stop-limit, or a pair
    profit: str = ""
    loss: str = ""
    is_by_mark: bool = False
    is_pair: bool = False

    @property
    def is_held(self) -> bool:
        """Tell whether the order itself is held until its stop price."""
        return bool(self.stop.strip())

    @property
    def is_bracket(self) -> bool:
        return bool(self.profit.strip() or self.loss.strip())


class Room(msgspec.Struct, frozen=True):
    """One limit that this order uses up."""

    name: str
    left_now: Decimal | None  # None while it is not known
    left_after: Decimal | None


class Judgement(msgspec.Struct):
    """What the console can say before the risk gate has its say."""

    order: PlaceOrder | None = None
    notional: Decimal | None = None  # in the quote currency
    errors: list[str] = msgspec.field(default_factory=list[str])
    rooms: list[Room] = msgspec.field(default_factory=list[Room])
    told: OrderRehearsalView | None = None  # what the engine said of this order, where that is fresh


def is_large(notional: Decimal, quote_usd: Decimal | None) -> bool:
    """Tell whether an order is one whose amount is typed; so is one whose dollars nobody knows."""
    return quote_usd is None or notional * quote_usd > TYPED_ABOVE_USD


def amount_text(notional: Decimal) -> str:
    """Write the value of an order as it is typed to confirm it: in whole units, a small one with its digits."""
    return str(int(notional)) if notional >= 1 else numbers.exact(notional)


def judge(
    draft: Draft,
    instrument: InstrumentView,
    book: BookView | None,
    limits: list[LimitUse],
) -> Judgement:
    """Read the fields; an order comes back only where nothing is wrong with them."""
    judged = Judgement()
    quantity, wrong = read_quantity(draft.quantity, instrument)
    judged.errors += wrong
    is_market = not draft.price.strip()
    price = None if is_market else _positive("price", draft.price, judged.errors)
    _check_tick("price", price, instrument, judged.errors)
    held = {name: _held_price(name, text, instrument, judged.errors) for name, text in _held_fields(draft)}
    _check_held(draft, judged.errors)
    reference = touch_price(draft.side, book) if is_market else price
    reference = reference if price is not None or held["stop price"] is None else held["stop price"]
    _check_market(draft, book, judged.errors, is_market=is_market)
    if quantity is not None and reference is not None:
        _check_value(quantity * reference * instrument.contract_size, draft, instrument, limits, judged)
    if quantity is not None and not judged.errors:
        judged.order = _order(draft, instrument, quantity, price, held)
    return judged


def read_quantity(text: str, instrument: InstrumentView) -> tuple[Decimal | None, list[str]]:
    """Return a quantity as typed, None where it is none, and what is wrong with it."""
    errors: list[str] = []
    quantity = _positive(QUANTITY, text, errors)
    if quantity is not None:
        _check_quantity(quantity, instrument, errors)
    return quantity, errors


def stepped(text: str, step: Decimal, direction: int) -> str:
    """Return the next number on a grid above or below what is typed; what is no number stays as it is."""
    number = _positive("", text, [])
    if number is None:
        return text
    count = number / step
    whole = count.to_integral_value(ROUND_FLOOR if direction > 0 else ROUND_CEILING)
    return f"{max(whole + direction, Decimal(1)) * step:f}"


def _held_fields(draft: Draft) -> tuple[tuple[str, str], ...]:
    return (("stop price", draft.stop), ("take profit", draft.profit), ("stop loss", draft.loss))


def _held_price(name: str, text: str, instrument: InstrumentView, errors: list[str]) -> Decimal | None:
    """Read a price that may be left empty."""
    if not text.strip():
        return None
    price = _positive(name, text, errors)
    _check_tick(name, price, instrument, errors)
    return price


def _check_tick(name: str, price: Decimal | None, instrument: InstrumentView, errors: list[str]) -> None:
    tick = instrument.order_tick
    if price is not None and price % tick:
        below = price // tick * tick
        errors.append(f"{name} {price} is not a multiple of the tick {tick}; nearest {below} or {below + tick}")


def _check_held(draft: Draft, errors: list[str]) -> None:
    if draft.is_held and draft.is_bracket:
        errors.append("a take profit and a stop loss protect an order that is sent now, not one with a stop")
    if draft.is_held and (draft.post_only or draft.is_ioc):
        errors.append("post-only and immediate-or-cancel do not go with a stop")
    if draft.is_bracket and draft.reduce_only:
        errors.append("a bracket protects what its order opens: reduce-only does not fit")
    if draft.is_pair and not (draft.is_held and draft.price.strip()):
        errors.append("a pair has two prices: the price it rests at and its stop")


def touch_price(side: str, book: BookView | None) -> Decimal | None:
    """Return the price a market order would meet first; None where the book must not be read."""
    if book is None or book.validity != "valid":
        return None
    ticks = book.ask_ticks if side == "buy" else book.bid_ticks
    return ticks[0] * book.tick_size if ticks else None


def _positive(name: str, text: str, errors: list[str]) -> Decimal | None:
    if not text.strip():
        errors.append(f"{name} is missing")
        return None
    value, problem = typed_number(text, is_price=name != QUANTITY)
    if value is None:
        errors.append(f"{name} {problem}")
        return None
    if value <= 0:
        errors.append(f"{name} {text.strip()!r} is not a number above zero")
        return None
    if not _SMALLEST_DIGIT <= value.adjusted() <= _LARGEST_DIGIT:
        errors.append(f"{name} {text.strip()!r} is not a size any market has")
        return None
    return value


def _check_quantity(quantity: Decimal, instrument: InstrumentView, errors: list[str]) -> None:
    lot = instrument.order_lot
    if quantity % lot:
        errors.append(f"quantity {quantity} is not a multiple of the lot {lot}; below it {quantity // lot * lot}")
    if quantity < instrument.min_quantity:
        errors.append(f"quantity {quantity} is below the least {instrument.min_quantity}")


def _check_market(draft: Draft, book: BookView | None, errors: list[str], *, is_market: bool) -> None:
    if is_market and draft.post_only:
        errors.append("post-only needs a price")
    if is_market and not draft.is_held and touch_price(draft.side, book) is None:
        state = "missing" if book is None else book.validity if book.validity != "valid" else "one-sided"
        errors.append(f"the book is {state}: a market order has no reference price; type a price for a limit order")
    if draft.post_only and draft.is_ioc:
        errors.append("post-only and immediate-or-cancel exclude each other")


def _check_value(
    notional: Decimal, draft: Draft, instrument: InstrumentView, limits: list[LimitUse], judged: Judgement
) -> None:
    judged.notional = notional
    if notional < instrument.min_notional:
        judged.errors.append(f"value {numbers.exact(notional)} is below the least {instrument.min_notional}")
    if draft.reduce_only:
        return
    for limit in limits:
        if _is_used_by_orders(limit):
            after = None if limit.left is None else limit.left - notional
            judged.rooms.append(Room(limit.name, limit.left, after))


def _is_used_by_orders(limit: LimitUse) -> bool:
    return limit.unit.upper() == "USD" and any(word in limit.name for word in ("position", "order", "directional"))


def _order(
    draft: Draft, instrument: InstrumentView, quantity: Decimal, price: Decimal | None, held: dict[str, Decimal | None]
) -> PlaceOrder:
    return PlaceOrder(
        venue=instrument.venue,
        symbol=instrument.symbol,
        side=draft.side,
        quantity=quantity,
        order_type=_order_type(draft, price),
        limit_price=price,
        time_in_force="ioc" if draft.is_ioc else "gtc",
        post_only=draft.post_only,
        reduce_only=draft.reduce_only,
        stop_price=held["stop price"],
        trigger="mark" if draft.is_by_mark else "last",
        take_profit=held["take profit"],
        stop_loss=held["stop loss"],
    )


def _order_type(draft: Draft, price: Decimal | None) -> str:
    if not draft.is_held:
        return "market" if price is None else "limit"
    if draft.is_pair:
        return "oco"
    return "stop" if price is None else "stop_limit"


def describe(order: PlaceOrder) -> str:
    """Say an order in one line."""
    price = "market" if order.limit_price is None else f"@ {numbers.exact(order.limit_price)}"
    if order.stop_price is not None:
        joined = " or" if order.order_type == "oco" else ""
        limit = "" if order.limit_price is None else f" {price}{joined}"
        price = f"{limit} stop {numbers.exact(order.stop_price)} ({order.trigger})".strip()
    for name, value in (("take profit", order.take_profit), ("stop loss", order.stop_loss)):
        price += "" if value is None else f", {name} {numbers.exact(value)}"
    flags = "".join(
        f" {name}"
        for name, is_set in (
            ("ioc", order.time_in_force == "ioc"),
            ("post-only", order.post_only),
            ("reduce-only", order.reduce_only),
        )
        if is_set
    )
    return f"{order.side.upper()} {numbers.exact(order.quantity)} {order.symbol} {order.venue} {price}{flags}"
