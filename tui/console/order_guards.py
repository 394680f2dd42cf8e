"""What makes an order worth a second look before it leaves: a twin, a slip of the finger, an own order in the way.

Pure: the console asks, the risk gate of the engine judges on its own whatever was answered here.
"""

from collections import deque
from collections.abc import Iterable
from decimal import Decimal
from enum import Enum, auto
from statistics import median
from typing import Final, NamedTuple

from core.control.commands import PlaceOrder
from core.state.desk import BookView, OrderView
from tui.present import numbers
from tui.present.orders import is_final, is_held

TWIN_WITHIN_S: Final = 5.0
SAME_KEY_WITHIN_S: Final = 0.7  # a held key repeats no sooner; then another price is no other order
FAR_PCT: Final = Decimal(2)
MOVED_PCT: Final = Decimal("0.5")
TIMES_THE_USUAL: Final = 10
LEAST_TO_KNOW_THE_USUAL: Final = 3
_REMEMBERED: Final = 50
_NS: Final = 1_000_000_000


class Weight(Enum):
    ASKS = auto()
    TYPED = auto()  # the amount must be typed


class Kind(Enum):
    """What a concern is about: its text has numbers that go on changing."""

    TWIN = auto()
    UNREADABLE = auto()
    FAR_ABOVE = auto()  # trades at once where it buys, and rests where it sells
    FAR_BELOW = auto()
    ABOVE_THE_USUAL = auto()
    ABOVE_THE_BOOK = auto()
    MOVED = auto()


class Concern(NamedTuple):
    kind: Kind
    text: str
    weight: Weight = Weight.TYPED


class SentOrder(NamedTuple):
    order: PlaceOrder
    at_ns: int  # by the engine's clock, as it is read between two pictures


class SentOrders:
    """The orders that this console sent lately, newest first."""

    def __init__(self) -> None:
        self._sent: deque[SentOrder] = deque(maxlen=_REMEMBERED)

    def note(self, order: PlaceOrder, at_ns: int) -> None:
        self._sent.appendleft(SentOrder(order, at_ns))

    def forget(self, order: PlaceOrder) -> None:
        """Take the newest note of an order back: it never left."""
        found = next((sent for sent in self._sent if sent.order == order), None)
        if found is not None:
            self._sent.remove(found)

    def twin_of(self, order: PlaceOrder, now_ns: int) -> float | None:
        """Return how many seconds ago the same order was sent, None where it was not lately."""
        for sent in self._sent:
            age_s = (now_ns - sent.at_ns) / _NS
            if age_s > TWIN_WITHIN_S:
                return None
            if _same(sent.order, order, at_any_price=age_s <= SAME_KEY_WITHIN_S):
                return max(0.0, age_s)
        return None

    def sizes(self, order: PlaceOrder) -> list[Decimal]:
        """Return the quantities that this console sent of the same instrument."""
        return [sent.order.quantity for sent in self._sent if _place(sent.order) == _place(order)]


class Sight(NamedTuple):
    """What the guards may look at. `book` is None where the prices on the screen must not be believed."""

    book: BookView | None
    orders: Iterable[OrderView]
    now_ns: int  # by the engine's clock


def concerns(order: PlaceOrder, sight: Sight, sent: SentOrders) -> list[Concern]:
    """Return what to ask about before the order is sent; an empty list where nothing stands out."""
    orders = [each for each in sight.orders if (each.venue, each.symbol) == _place(order)]
    found: list[Concern] = []
    twin = _twin(order, orders, sight, sent)
    if twin is not None:
        found.append(Concern(Kind.TWIN, f"the same order was sent {twin:.1f} s ago", Weight.ASKS))
    texts: list[tuple[Kind, str | None]] = []
    if sight.book is None:
        texts.append((Kind.UNREADABLE, "its book cannot be read: neither price nor size can be checked"))
    else:
        far = _far_price(order, sight.book)
        texts += [] if far is None else [far]
    if not order.reduce_only:  # that is no larger than the position, which the engine holds it to
        texts.append((Kind.ABOVE_THE_USUAL, _above_the_usual(order, orders, sent)))
        texts.append((Kind.ABOVE_THE_BOOK, None if sight.book is None else _above_the_book(order, sight.book)))
    return [*found, *(Concern(kind, text) for kind, text in texts if text)]


def moved(order: PlaceOrder, asked_touch: Decimal | None, touch: Decimal | None) -> list[Concern]:
    """Return what to say of a market order whose market has gone against it since it was asked about."""
    if order.limit_price is not None or order.stop_price is not None or not asked_touch or touch is None:
        return []
    higher_pct = (touch - asked_touch) * 100 / abs(asked_touch)
    if (higher_pct if order.side == "buy" else -higher_pct) < MOVED_PCT:
        return []
    where = "higher" if higher_pct > 0 else "lower"
    text = f"the market is {abs(higher_pct):.1f} % {where} than when this was asked"
    return [Concern(Kind.MOVED, text, Weight.ASKS)]


def crossed(order: PlaceOrder, orders: Iterable[OrderView]) -> str | None:
    """Say which own order would be traded with, None where none is in the way; the engine refuses that in any case."""
    price = order.limit_price
    if order.order_type not in {"limit", "market"}:
        return None
    if price is None and order.reduce_only:
        return None  # the engine prices it clear of own orders
    for own in orders:
        if (own.venue, own.symbol) != _place(order) or own.side == order.side or is_final(own):
            continue
        if is_held(own):  # nothing of it rests in the book: what it sent there is an order of its own
            continue
        for own_price in (own.limit_price, own.new_price):
            if own_price is None:
                continue
            if price is None or (price >= own_price if order.side == "buy" else price <= own_price):
                size = numbers.exact(own.quantity - own.filled_quantity)
                return f"own {own.side.upper()} {size} @ {numbers.exact(own_price)} is in the way: cancel it first"
    return None


def _twin(order: PlaceOrder, orders: list[OrderView], sight: Sight, sent: SentOrders) -> float | None:
    """Return how long ago the same order was sent, here or by another hand of the same account."""
    own = sent.twin_of(order, sight.now_ns)
    if own is not None:
        return own
    for other in orders:
        age_s = (sight.now_ns - other.created_ns) / _NS
        is_lately = 0 <= age_s <= TWIN_WITHIN_S
        same = (other.side, other.quantity, other.limit_price, other.order_type) == (
            order.side, order.quantity, order.limit_price, order.order_type,
        )  # fmt: skip
        if is_lately and same and other.source == "manual" and other.status != "rejected":
            return age_s
    return None


def _far_price(order: PlaceOrder, book: BookView) -> tuple[Kind, str] | None:
    """Judge a limit price by the touch of either side: beyond both by a part of the price it is no price but a slip."""
    price = order.limit_price
    if price is None or order.stop_price is not None:
        return None
    touches = [ticks[0] * book.tick_size for ticks in (book.bid_ticks, book.ask_ticks) if ticks]
    if not touches:
        return Kind.UNREADABLE, "its book is empty: the price cannot be checked"
    if not all(touches):
        return Kind.UNREADABLE, "its touch is at zero: the price cannot be checked"
    away_pct = min(abs((price - touch) * 100 / touch) for touch in touches)
    if away_pct <= FAR_PCT:
        return None
    nearest = min(touches, key=lambda touch: abs(price - touch))
    kind, where = (Kind.FAR_ABOVE, "above") if price > nearest else (Kind.FAR_BELOW, "below")
    return kind, f"the price is {away_pct:.1f} % {where} the touch at {numbers.exact(nearest)}"


def _above_the_usual(order: PlaceOrder, orders: list[OrderView], sent: SentOrders) -> str | None:
    sizes = [*(each.quantity for each in orders if each.source == "manual"), *sent.sizes(order)]
    if len(sizes) < LEAST_TO_KNOW_THE_USUAL:
        return None
    usual = median(sizes)
    if order.quantity <= TIMES_THE_USUAL * usual:
        return None
    return f"the size is {order.quantity / usual:.0f} times the usual {numbers.exact(usual)}"


def _above_the_book(order: PlaceOrder, book: BookView) -> str | None:
    """Judge the size by all that the shown levels of the side it trades with hold."""
    lots = sum(book.ask_lots if order.side == "buy" else book.bid_lots)
    shown = lots * book.lot_size
    if order.quantity <= shown:
        return None
    return f"the size is above the {numbers.exact(shown)} that the book shows"


def _same(one: PlaceOrder, other: PlaceOrder, *, at_any_price: bool) -> bool:
    if (_place(one), one.side, one.quantity) != (_place(other), other.side, other.quantity):
        return False
    if at_any_price:
        return True
    return (one.order_type, one.limit_price, one.stop_price) == (other.order_type, other.limit_price, other.stop_price)


def _place(order: PlaceOrder) -> tuple[str, str]:
    return order.venue, order.symbol
