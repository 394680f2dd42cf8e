"""Orders: every id once, every word about an order after its intent, never more filled than was wanted."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from data.journal_audit.amends import Terms
from data.journal_audit.amount import ZERO, add, amount, decimal_of, plain
from data.journal_audit.finding import Body, Finding, Row
from data.journal_audit.money import Money
from data.journal_audit.symbols import Book, named

INTENTS: Final = "intents"
NOT_SENT: Final = "not sent:"  # what the engine writes when it withdraws an order before it left
FLATTEN: Final = "flatten"
FINAL: Final = frozenset({"filled", "cancelled", "expired", "rejected"})


@dataclass(slots=True)
class Life:
    """One order and what is known of it."""

    sequence: int
    client_order_id: str
    book: Book
    is_buy: bool
    terms: Terms
    reduce_only: bool
    source: str
    strategy: str | None  # behind the order or its job
    job: tuple[str, int, str] | None  # job id, leg, role
    is_own: bool
    filled: Decimal = ZERO
    is_acknowledged: bool = False
    may_live: bool = True
    was_withdrawn: bool = False

    @property
    def is_flattening(self) -> bool:
        """Tell whether it calls itself one of the kill switch's closing orders."""
        return self.reduce_only and self.source.partition(":")[0] == FLATTEN

    @property
    def prices(self) -> tuple[Decimal | None, ...]:
        """Return every limit price that may hold, None among them for a market order."""
        return self.terms.prices

    @property
    def quantity(self) -> Decimal:
        """Return the most that may be filled in all."""
        return self.terms.most


class Orders:
    """A `Check`, and the order lives that other checks look at."""

    def __init__(self, money: Money) -> None:
        self._money = money
        self._lives: dict[str, Life] = {}
        self._live: dict[Book, dict[str, Life]] = {}
        self._strays: dict[str, list[tuple[int, str, str]]] = {}  # what was said of orders not known yet
        self.external = 0

    def get(self, client_order_id: str) -> Life | None:
        return self._lives.get(client_order_id)

    def live(self, book: Book) -> Iterator[Life]:
        """Yield orders that may rest or be under way on a book."""
        yield from self._live.get(book, {}).values()

    def all_live(self) -> Iterator[Life]:
        for lives in self._live.values():
            yield from lives.values()

    def take(self, row: Row) -> Iterator[Finding]:
        match row.kind:
            case "OrderIntended":
                yield from self._intended(row.sequence, row.body["intent"])
            case "OrderAdopted":
                self._adopted(row.sequence, row.body["intent"])
            case "OrderStatusChanged":
                self._status(row.sequence, row.body)
            case "OrderAmendAsked":
                yield from self._amend_asked(row)
            case "OrderAmended" | "OrderAmendRefused":
                self._amend_settled(row)
            case "OrderFilled":
                yield from self._filled(row.sequence, row.body["fill"])
            case _:
                pass

    def finish(self) -> Iterator[Finding]:
        for client_order_id, said in self._strays.items():
            for sequence, what, _ in said:
                yield Finding(sequence, INTENTS, f"{what} of order {client_order_id}, which nobody intended or adopted")

    def summary(self) -> dict[str, object]:
        return {
            "orders": len(self._lives) - self.external,
            "orders_of_others": self.external,
            "orders_live": sum(1 for _ in self.all_live()),
        }

    def _intended(self, sequence: int, intent: Body) -> Iterator[Finding]:
        life = _life(sequence, intent, is_own=True)
        known = self._lives.get(life.client_order_id)
        if known is not None:
            text = f"order id {life.client_order_id} was used before, in row {known.sequence}"
            yield Finding(sequence, INTENTS, text)
            return
        for said_at, what, _ in self._strays.pop(life.client_order_id, []):
            text = f"{what} of order {life.client_order_id} came before its intent in row {sequence}"
            yield Finding(said_at, INTENTS, text)
        self._enter(life)

    def _adopted(self, sequence: int, intent: Body) -> None:
        client_order_id = str(intent["client_order_id"])
        life = self._lives.get(client_order_id)
        if life is None:
            life = _life(sequence, intent, is_own=False)
            self.external += 1
            self._strays.pop(client_order_id, None)  # its fills may come before reconciliation finds it
        life.is_acknowledged = life.may_live = True
        self._enter(life)

    def _status(self, sequence: int, body: Body) -> None:
        client_order_id, status = str(body["client_order_id"]), str(body["status"])
        life = self._lives.get(client_order_id)
        if life is None:
            self._strays.setdefault(client_order_id, []).append((sequence, f"status {status}", status))
            return
        if status == "rejected" and str(body.get("reason") or "").startswith(NOT_SENT):
            life.was_withdrawn = True
        venue_order_id = body.get("venue_order_id")
        is_end = status not in {"cancelled", "expired"} or life.terms.is_an_end(venue_order_id)
        if is_end and status != "rejected":
            life.terms.follow(venue_order_id)
        life.may_live = _may_live_after(life, status) if is_end else life.may_live
        # Who says how an order ended has had it: an answer that comes behind does not bring it back.
        life.is_acknowledged = life.is_acknowledged or status in {"open", "partially_filled", "cancelled", "expired"}
        self._file(life)

    def _amend_asked(self, row: Row) -> Iterator[Finding]:
        client_order_id = str(row.body["client_order_id"])
        life = self._lives.get(client_order_id)
        if life is None or not life.is_own or life.job is not None:
            text = f"amend of order {client_order_id}, which is not there to be amended"
            yield Finding(row.sequence, INTENTS, text)
            return
        for flaw in life.terms.ask(row.body, life.filled):
            yield Finding(row.sequence, INTENTS, f"order {client_order_id}: {flaw}")

    def _amend_settled(self, row: Row) -> None:
        life = self._lives.get(str(row.body["client_order_id"]))
        if life is None:
            return
        has_ended = life.terms.settle({**row.body, "kind": row.kind})
        if has_ended or life.filled >= life.quantity:
            life.may_live = False
        self._file(life)

    def _filled(self, sequence: int, fill: Body) -> Iterator[Finding]:
        """Count a fill; `Money` counts it after this, so that one told again is known as such."""
        if self._money.is_known_fill(fill):
            return
        client_order_id, fill_id = str(fill["client_order_id"]), str(fill["fill_id"])
        life = self._lives.get(client_order_id)
        if life is None:
            self._strays.setdefault(client_order_id, []).append((sequence, f"fill {fill_id}", "filled"))
            return
        book, is_buy = (str(fill["venue"]), str(fill["symbol"])), fill["side"] == "buy"
        if (book, is_buy) != (life.book, life.is_buy):
            text = f"fill {fill_id} is {fill['side']} {named(book)}, its order {client_order_id} {_wanted(life)}"
            yield Finding(sequence, INTENTS, text)
            return
        life.filled = add(life.filled, amount(fill, "quantity"))
        life.is_acknowledged = True
        if life.is_own and life.filled > life.quantity:
            text = f"order {client_order_id} is filled {plain(life.filled)} of {plain(life.quantity)}"
            yield Finding(sequence, INTENTS, text)
        if life.filled >= life.quantity:
            life.may_live = False
        self._file(life)

    def _enter(self, life: Life) -> None:
        self._lives[life.client_order_id] = life
        self._file(life)

    def _file(self, life: Life) -> None:
        lives = self._live.setdefault(life.book, {})
        if life.may_live:
            lives[life.client_order_id] = life
        else:
            lives.pop(life.client_order_id, None)


def _may_live_after(life: Life, status: str) -> bool:
    if status in {"filled", "cancelled", "expired"}:
        return False
    if status == "rejected":  # of an order that the venue has had it refuses something else, e.g. the same id twice
        return life.may_live and life.is_acknowledged
    if life.may_live:
        return True
    # Ended by a refusal or "not found", and there it is after all; any other end stands until it is adopted.
    return not life.is_acknowledged and status in {"open", "partially_filled"}


def _wanted(life: Life) -> str:
    return f"{'buy' if life.is_buy else 'sell'} {named(life.book)}"


def _life(sequence: int, intent: Body, *, is_own: bool) -> Life:
    tag: Any = intent.get("job")
    price = intent.get("limit_price")
    return Life(
        sequence=sequence,
        client_order_id=str(intent["client_order_id"]),
        book=(str(intent["venue"]), str(intent["symbol"])),
        is_buy=_is_buy(intent),
        terms=Terms(
            price=None if price is None or intent["order_type"] == "market" else decimal_of(price, "limit_price"),
            quantity=amount(intent, "quantity"),
        ),
        reduce_only=bool(intent["reduce_only"]),
        source=str(intent["source"]),
        strategy=_strategy(str(intent["source"]), tag),
        job=None if tag is None else (str(tag["job_id"]), int(tag["leg"]), str(tag["role"])),
        is_own=is_own,
    )


def _strategy(source: str, tag: Any) -> str | None:
    kind, _, name = source.partition(":")
    if tag is not None:
        return None if tag["strategy"] == "manual" else str(tag["strategy"])
    return name if kind == "strategy" else None


def _is_buy(intent: Body) -> bool:
    side = intent["side"]
    if side not in {"buy", "sell"}:
        raise ValueError(f"side is {side!r}")
    return side == "buy"
