"""Amends: other terms for orders that rest; until they are settled both count, and an end may be another's."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from data.journal_audit.amount import amount, plain
from data.journal_audit.finding import Body

NOT_SENT = "not sent:"  # what the engine writes when it takes an amend back before it left


@dataclass(slots=True)
class Terms:
    """Price and total quantity of one order, those asked for beside those that hold."""

    price: Decimal | None  # None: a market order
    quantity: Decimal
    asked: tuple[int, Decimal, Decimal] | None = None  # number, price, quantity
    unsent: dict[int, None] = field(default_factory=dict[int, None])
    venue_id: str | None = None
    former_ids: dict[str, None] = field(default_factory=dict[str, None])
    said_end: str | None = None  # the venue's id of an end that was reported while an amend was open
    has_said_end: bool = False

    @property
    def most(self) -> Decimal:
        return self.quantity if self.asked is None else max(self.quantity, self.asked[2])

    @property
    def prices(self) -> tuple[Decimal | None, ...]:
        return (self.price,) if self.asked is None else (self.price, self.asked[1])

    def ask(self, body: Body, filled: Decimal) -> Iterator[str]:
        """Take an amend that was asked for; yield what is wrong with it."""
        number, price, quantity = int(body["number"]), amount(body, "limit_price"), amount(body, "quantity")
        if self.asked is not None:
            yield f"amend {number} was asked for while amend {self.asked[0]} was open"
        if self.price is None:
            yield f"amend {number} is of a market order"
        if quantity <= filled:
            yield f"amend {number} is to {plain(quantity)}, of which {plain(filled)} were filled"
        self.asked = (number, price, quantity)

    def settle(self, body: Body) -> bool:
        """Take how an amend ended; return whether an end that was reported meanwhile was the order's own."""
        number, is_amended = int(body["number"]), body["kind"] == "OrderAmended"
        if is_amended:
            self.price, self.quantity = amount(body, "limit_price"), amount(body, "quantity")
            self.follow(body.get("venue_order_id"))
        elif str(body.get("reason") or "").startswith(NOT_SENT):
            self.unsent[number] = None
        if self.asked is None or number < self.asked[0] or (not is_amended and number != self.asked[0]):
            return False
        has_ended = self.has_said_end and (not is_amended or self.said_end == body.get("venue_order_id") is not None)
        self.asked, self.said_end, self.has_said_end = None, None, False
        return has_ended

    def is_an_end(self, venue_id: object) -> bool:
        """Tell whether a cancel or expiry under this id of the venue's ends the order."""
        if venue_id in self.former_ids:
            return False
        if self.asked is not None:
            self.said_end, self.has_said_end = None if venue_id is None else str(venue_id), True
            return False
        return venue_id is None or self.venue_id in {None, venue_id}

    def follow(self, venue_id: object) -> None:
        if venue_id is None or venue_id == self.venue_id or venue_id in self.former_ids:
            return
        if self.venue_id is not None:
            self.former_ids[self.venue_id] = None
        self.venue_id = str(venue_id)
