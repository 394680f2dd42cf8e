"""Money: positions and cash counted anew from fills, funding and the venues' own words.

A fill counts with the contract size that was noted last before it. Where none was, it counts with one until the first
is known, and with that one from then on.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from data.journal_audit.amount import ZERO, add, amount, multiply, plain
from data.journal_audit.finding import Body, Finding, Row
from data.journal_audit.position import Position
from data.journal_audit.symbols import ONE, Book, named, read_symbol

MONEY: Final = "money"


@dataclass(slots=True)
class Purse:
    """One asset at one venue: what is fixed, and what moved by each instrument."""

    fixed: Decimal = ZERO
    moved: dict[Book, Decimal] = field(default_factory=dict[Book, Decimal])
    is_reported: bool = False

    def move(self, book: Book, change: Decimal) -> None:
        self.moved[book] = add(self.moved.get(book, ZERO), change)

    @property
    def total(self) -> Decimal:
        return sum(self.moved.values(), self.fixed)


class Money:
    """A `Check`. The same fill or payment told again counts once; told otherwise it is a finding."""

    def __init__(self) -> None:
        self.positions: dict[Book, Position] = {}
        self.purses: dict[tuple[str, str], Purse] = {}
        self.sizes: dict[Book, Decimal] = {}  # the newest contract sizes, as rows or a snapshot show them
        self.sizes_are_one = False  # no snapshot tells: where none is named it is one
        self._fills: dict[tuple[str, str], tuple[str, ...]] = {}
        self._payments: dict[tuple[str, str], tuple[str, ...]] = {}
        self.repeated = 0
        self.corrections = 0

    def quantity(self, book: Book) -> Decimal:
        held = self.positions.get(book)
        return ZERO if held is None else held.quantity

    @property
    def is_flat(self) -> bool:
        return not any(held.quantity for held in self.positions.values())

    def knows_size(self, book: Book) -> bool:
        """Tell whether the contract size of an instrument is known, which the rows do not say."""
        return self.sizes_are_one or book in self.sizes or not read_symbol(book[1]).is_contract

    def learn_size(self, book: Book, size: Decimal) -> None:
        """Count what follows with a contract size; what came before one was known as well."""
        if book not in self.sizes:
            if book in self.positions:
                self.positions[book].resize(size)
            for purse in self.purses.values():
                if book in purse.moved:
                    purse.moved[book] = multiply(purse.moved[book], size)
        self.sizes[book] = size

    def take(self, row: Row) -> Iterator[Finding]:
        match row.kind:
            case "OrderFilled":
                yield from self._filled(row.sequence, row.body["fill"])
            case "FundingBooked":
                yield from self._funded(row.sequence, row.body["payment"])
            case "PositionAdopted":
                self._adopted(row.body)
            case "InstrumentNoted":
                rules = row.body["instrument"]
                book = (str(rules["venue"]), str(rules["symbol"]))
                self.learn_size(book, Decimal(str(rules.get("contract_size", 1))))
            case "BalanceReported":
                self._reported(row.body)
            case _:
                pass

    def is_known_fill(self, fill: Body) -> bool:
        """Tell whether a fill was counted before; its row is judged by this check alone."""
        return (str(fill["venue"]), str(fill["fill_id"])) in self._fills

    def _filled(self, sequence: int, fill: Body) -> Iterator[Finding]:
        key = (str(fill["venue"]), str(fill["fill_id"]))
        said = tuple(str(fill[name]) for name in ("client_order_id", "symbol", "side", "price", "quantity", "fee"))
        known = self._fills.get(key)
        if known is not None:
            self.repeated += 1
            if known != said:
                yield Finding(
                    sequence, MONEY, f"fill {key[1]} of {key[0]} is told again otherwise: {known}, then {said}"
                )
            return
        quantity, price, fee = amount(fill, "quantity"), amount(fill, "price"), amount(fill, "fee")
        if quantity <= 0 or price <= 0:
            yield Finding(sequence, MONEY, f"fill {key[1]} has quantity {quantity} and price {price}")
            return
        self._fills[key] = said
        self._book((key[0], said[1]), quantity if said[2] == "buy" else -quantity, price, fee)

    def _book(self, book: Book, signed: Decimal, price: Decimal, fee: Decimal) -> None:
        symbol, size = read_symbol(book[1]), self.sizes.get(book, ONE)
        realised = self._position(book).trade(signed, multiply(price, size), fee)
        quote = self._purse(book[0], symbol.quote)
        quote.fixed = add(quote.fixed, -fee)
        if symbol.is_contract:
            quote.move(book, realised)
        else:
            quote.move(book, -multiply(signed, multiply(price, size)))
            self._purse(book[0], symbol.base).move(book, multiply(signed, size))

    def _funded(self, sequence: int, payment: Body) -> Iterator[Finding]:
        venue, symbol = (str(part) for part in payment["instrument_id"])
        key = (venue, str(payment["payment_id"]))
        said = (symbol, str(payment["amount"]))
        known = self._payments.get(key)
        if known is not None:
            self.repeated += 1
            if known != said:
                yield Finding(sequence, MONEY, f"funding {key[1]} of {venue} is told again otherwise: {known}, {said}")
            return
        received = amount(payment, "amount")
        self._payments[key] = said
        position, purse = self._position((venue, symbol)), self._purse(venue, read_symbol(symbol).quote)
        position.funding = add(position.funding, received)
        purse.fixed = add(purse.fixed, received)

    def _adopted(self, body: Body) -> None:
        book = (str(body["venue"]), str(body["symbol"]))
        price = None if body.get("price") is None else amount(body, "price")
        position, symbol = self._position(book), read_symbol(book[1])
        before, size = position.quantity, self.sizes.get(book, ONE)
        unit = None if price is None else multiply(price, size)
        position.adopt(amount(body, "quantity"), multiply(amount(body, "average_price"), size), unit)
        self.corrections += 1
        base = None if symbol.is_contract else self._purse(book[0], symbol.base)
        if base is not None and not base.is_reported:
            base.move(book, multiply(position.quantity - before, size))

    def _reported(self, body: Body) -> None:
        purse = self._purse(str(body["venue"]), str(body["asset"]))
        self.corrections += purse.is_reported
        purse.fixed, purse.is_reported = amount(body, "total"), True
        purse.moved.clear()

    def _position(self, book: Book) -> Position:
        return self.positions.setdefault(book, Position())

    def _purse(self, venue: str, asset: str) -> Purse:
        return self.purses.setdefault((venue, asset), Purse())

    def finish(self) -> Iterator[Finding]:
        yield from ()

    def summary(self) -> dict[str, object]:
        return {
            "fills": len(self._fills),
            "fills_and_payments_told_again": self.repeated,
            "taken_over_from_venues": self.corrections,
            "positions": {named(book): plain(held.quantity) for book, held in self.positions.items() if held.quantity},
            "cash": {f"{asset}@{venue}": plain(purse.total) for (venue, asset), purse in self.purses.items()},
            "fees": {named(book): plain(held.fees) for book, held in self.positions.items() if held.fees},
            "contract_sizes": {named(book): plain(size) for book, size in self.sizes.items() if size != 1},
        }
