"""A scripted engine whose names, numbers and lengths are what nobody expects; venues have sent all of them."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

import msgspec

from core.state.desk import BookView, DeskRequest, DeskSnapshot
from tests.console.fake_alarms import alarm
from tests.console.whole_link import WholeLink

PLAIN_NAME = "BTC/USDT:USDT"


def walked(value: Any, change: Callable[[str, Any], Any], name: str = "") -> Any:
    """Return a state with `change` put over every value in it; it gets the name of the field that the value is in."""
    if isinstance(value, msgspec.Struct):
        fields = {each: walked(getattr(value, each), change, each) for each in value.__struct_fields__}
        return msgspec.structs.replace(value, **fields)
    if isinstance(value, dict):
        return {key: walked(each, change, name) for key, each in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [walked(each, change, name) for each in cast("list[Any]", value)]
    if isinstance(value, tuple):
        return tuple(walked(each, change, name) for each in cast("tuple[Any, ...]", value))
    return change(name, value)


def times(factor: str) -> Callable[[DeskSnapshot], DeskSnapshot]:
    """Return what multiplies every amount; steps of grids, which are the venue's rules, stay."""

    def change(name: str, value: Any) -> Any:
        is_rule = name in {"tick_size", "lot_size", "order_tick", "order_lot", "contract_size", "min_quantity"}
        if isinstance(value, Decimal) and not is_rule:
            return value * Decimal(factor)
        if isinstance(value, float) and not name.endswith(("_s", "_ms")):
            return value * float(factor)
        return value

    return lambda snapshot: walked(snapshot, change)


def floats(number: float) -> Callable[[DeskSnapshot], DeskSnapshot]:
    return lambda snapshot: walked(snapshot, lambda _, value: number if isinstance(value, float) else value)


def some_floats(number: float, every: int) -> Callable[[DeskSnapshot], DeskSnapshot]:
    """Return what puts a number in the place of one float in `every`."""

    def change(snapshot: DeskSnapshot) -> DeskSnapshot:
        count = itertools.count()
        return walked(
            snapshot, lambda _, value: number if isinstance(value, float) and not next(count) % every else value
        )

    return change


def called(name: str) -> Callable[[DeskSnapshot], DeskSnapshot]:
    """Return what gives the first instrument another name."""

    def renamed(snapshot: DeskSnapshot) -> DeskSnapshot:
        there = msgspec.json.encode(snapshot).decode()
        quoted = msgspec.json.encode(name).decode()[1:-1]
        return msgspec.json.decode(there.replace(PLAIN_NAME, quoted), type=DeskSnapshot)

    return renamed


def with_books(change: Callable[[BookView], BookView]) -> Callable[[DeskSnapshot], DeskSnapshot]:
    return lambda snapshot: msgspec.structs.replace(
        snapshot, books={name: change(book) for name, book in snapshot.books.items()}
    )


def crossed(book: BookView) -> BookView:
    return msgspec.structs.replace(book, bid_ticks=[tick + 9 for tick in book.bid_ticks])


def below_zero(book: BookView) -> BookView:
    down = (book.ask_ticks or [0])[0] + 5
    return msgspec.structs.replace(
        book,
        bid_ticks=[tick - down for tick in book.bid_ticks],
        ask_ticks=[tick - down for tick in book.ask_ticks],
        last_ticks=-5,
    )


def one_sided(book: BookView) -> BookView:
    return msgspec.structs.replace(book, bid_ticks=[], bid_lots=[], last_ticks=None)


def enormous(book: BookView) -> BookView:
    return msgspec.structs.replace(
        book, bid_lots=[lots * 10**15 for lots in book.bid_lots], ask_lots=[lots * 10**15 for lots in book.ask_lots]
    )


def crowded(snapshot: DeskSnapshot) -> DeskSnapshot:
    """Return the state with 500 orders and 200 alarms."""
    orders = [
        msgspec.structs.replace(order, client_order_id=f"{order.client_order_id}-{number}")
        for number in range(100)
        for order in snapshot.orders
    ]
    severities = ("critical", "severe", "warning", "info")
    alarms = [alarm(f"feed venue-{number}", severities[number % 4]) for number in range(200)]
    monitoring = msgspec.structs.replace(snapshot.monitoring, alerts=alarms)
    return msgspec.structs.replace(snapshot, orders=orders, monitoring=monitoring)


@dataclass
class HostileLink(WholeLink):
    distort: Callable[[DeskSnapshot], DeskSnapshot] = lambda snapshot: snapshot
    name: str = PLAIN_NAME

    def want(self, request: DeskRequest) -> None:
        asked = msgspec.json.encode(request).decode().replace(msgspec.json.encode(self.name).decode()[1:-1], PLAIN_NAME)
        super().want(msgspec.json.decode(asked, type=DeskRequest))

    def snapshot(self) -> DeskSnapshot:
        return self.distort(super().snapshot())


def named(name: str) -> HostileLink:
    return HostileLink(distort=called(name), name=name)


HOSTILE: dict[str, Callable[[], HostileLink]] = {
    "a name in wide letters": lambda: named("币安人生/USDT"),
    "a name with a picture": lambda: named("🐕‍🦺DOGE/USDT"),
    "a name that reads as markup": lambda: named("[red]X[/]/USDT[link"),
    "a name that moves the terminal's cursor": lambda: named("A\x1b[2J\x07\tB\nC/USDT"),
    "a name with a letter above another": lambda: named("e\u0301\u200b\u202eU/USDT"),
    "a name as long as a sentence": lambda: named("1000000000000MOGWAIINU2027Q4PERPETUAL/USDT:USDT-271231-C"),
    "huge numbers": lambda: HostileLink(distort=times("1e13")),
    "numbers below zero": lambda: HostileLink(distort=times("-1")),
    "numbers that are zero": lambda: HostileLink(distort=times("0")),
    "tiny numbers": lambda: HostileLink(distort=times("1e-17")),
    "a crossed book": lambda: HostileLink(distort=with_books(crossed)),
    "prices below zero": lambda: HostileLink(distort=with_books(below_zero)),
    "a book with one side": lambda: HostileLink(distort=with_books(one_sided)),
    "an enormous book": lambda: HostileLink(distort=with_books(enormous)),
    "500 orders and 200 alarms": lambda: HostileLink(distort=crowded),
}
