"""SQLite file with the own truth of the simulated and paper venues, apart from the engine's journal.

Whatever changes together is written in one transaction, so a process killed at any point leaves a
consistent truth: a fill, its order, its cash and its position are all there or none is. WAL with
synchronous=NORMAL survives a killed process; a power cut may lose the last commits, never mix them.
"""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec

from core.io.journal_store import with_cure
from core.types.account import FundingPayment
from core.types.order import Fill, Order

SCHEMA_VERSION: Final = 1
MEMORY: Final = ":memory:"
_MEND: Final = "restore it from a backup, or move the state folder away to begin with fresh accounts"

_SCHEMA: Final = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
CREATE TABLE cash (venue TEXT NOT NULL, asset TEXT NOT NULL, amount TEXT NOT NULL, PRIMARY KEY (venue, asset)) STRICT;
CREATE TABLE positions (
    venue TEXT NOT NULL, symbol TEXT NOT NULL, quantity TEXT NOT NULL, cost TEXT NOT NULL, PRIMARY KEY (venue, symbol)
) STRICT;
CREATE TABLE orders (
    venue TEXT NOT NULL, client_order_id TEXT NOT NULL, is_live INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (venue, client_order_id)
) STRICT;
CREATE INDEX live_orders ON orders (venue) WHERE is_live;
CREATE TABLE fills (
    venue TEXT NOT NULL, fill_id TEXT NOT NULL, venue_ns INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (venue, fill_id)
) STRICT;
CREATE INDEX fills_by_time ON fills (venue, venue_ns);
CREATE TABLE funding (
    venue TEXT NOT NULL, payment_id TEXT NOT NULL, venue_ns INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (venue, payment_id)
) STRICT;
CREATE TABLE anchors (name TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT;
"""


class VenueStoreError(Exception):
    """The venue store cannot be read or written; the text names the file and the cause."""


class VenueStore:
    """Keep accounts, orders, fills, funding and price anchors of all sim and paper venues."""

    def __init__(self, path: Path | str) -> None:
        """Open the store, making it where it is missing; `MEMORY` keeps nothing.

        Raises
        ------
        VenueStoreError
            Where the file cannot be made, read or written, is damaged or of another version.
        """
        self.path = str(path)
        self._depth = 0
        with self._explained():
            self._connection = sqlite3.connect(self.path, isolation_level=None, timeout=2.0)
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    def _prepare(self) -> None:
        if self.path != MEMORY:
            self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            script = f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version={SCHEMA_VERSION}; COMMIT;"
            self._connection.executescript(script)
        elif version != SCHEMA_VERSION:
            raise VenueStoreError(
                f"venue store {self.path}: written by version {version}, this program reads version {SCHEMA_VERSION}: "
                "install the version that wrote it or choose another state folder"
            )
        damage = self._connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if damage != "ok":
            raise VenueStoreError(f"venue store {self.path}: damaged: {damage}; {_MEND}")

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _explained(self) -> Generator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise VenueStoreError(f"venue store {self.path}: {with_cure(error)}") from error
        except OSError as error:
            raise VenueStoreError(f"venue store {self.path}: {error}") from error

    @contextmanager
    def _readable(self) -> Generator[None]:
        try:
            yield
        except (msgspec.MsgspecError, ArithmeticError) as error:
            raise VenueStoreError(f"venue store {self.path}: a row cannot be read; {_MEND} [{error}]") from error

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Commit everything written inside together, or nothing; an inner one joins the outer one."""
        if self._depth:
            yield
            return
        with self._explained():
            self._connection.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            finally:
                self._depth = 0

    def _write(self, statement: str, *values: object) -> int:
        with self._explained():
            return self._connection.execute(statement, values).rowcount

    def _rows(self, statement: str, *values: object) -> list[Any]:
        with self._explained():
            return self._connection.execute(statement, values).fetchall()

    # runs and price anchors ----------------------------------------------------------------------

    def begin_run(self) -> int:
        """Count this run of the market and return its number, 0 for the first."""
        with self.transaction():
            rows = self._rows("SELECT value FROM meta WHERE key = 'runs'")
            run = int(rows[0][0]) if rows else 0
            self._write("INSERT OR REPLACE INTO meta VALUES ('runs', ?)", run + 1)
        return run

    def save_anchors(self, name: str, anchors: dict[str, float]) -> None:
        self._write("INSERT OR REPLACE INTO anchors VALUES (?, ?)", name, msgspec.json.encode(anchors))

    def anchors(self, name: str) -> dict[str, float]:
        rows = self._rows("SELECT body FROM anchors WHERE name = ?", name)
        with self._readable():
            return msgspec.json.decode(rows[0][0], type=dict[str, float]) if rows else {}

    # accounts --------------------------------------------------------------------------------------

    def cash(self, venue: str) -> dict[str, Decimal]:
        rows = self._rows("SELECT asset, amount FROM cash WHERE venue = ? ORDER BY asset", venue)
        with self._readable():
            return {asset: Decimal(amount) for asset, amount in rows}

    def save_cash(self, venue: str, asset: str, amount: Decimal) -> None:
        self._write("INSERT OR REPLACE INTO cash VALUES (?, ?, ?)", venue, asset, str(amount))

    def positions(self, venue: str) -> dict[str, tuple[Decimal, Decimal]]:
        """Return quantity and signed cost by symbol."""
        rows = self._rows("SELECT symbol, quantity, cost FROM positions WHERE venue = ? ORDER BY symbol", venue)
        with self._readable():
            return {symbol: (Decimal(quantity), Decimal(cost)) for symbol, quantity, cost in rows}

    def save_position(self, venue: str, symbol: str, quantity: Decimal, cost: Decimal) -> None:
        if quantity:
            self._write("INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?)", venue, symbol, str(quantity), str(cost))
        else:
            self._write("DELETE FROM positions WHERE venue = ? AND symbol = ?", venue, symbol)

    # orders, fills, funding --------------------------------------------------------------------------

    def save_order(self, order: Order) -> None:
        self._write(
            "INSERT INTO orders VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET is_live = excluded.is_live, "
            "body = excluded.body",
            order.intent.venue,
            order.intent.client_order_id,
            int(order.status.may_live),
            msgspec.json.encode(order),
        )

    def live_orders(self, venue: str) -> list[Order]:
        """Return resting orders, oldest first."""
        rows = self._rows("SELECT body FROM orders WHERE venue = ? AND is_live ORDER BY rowid", venue)
        with self._readable():
            return [msgspec.json.decode(body, type=Order) for (body,) in rows]

    def order(self, venue: str, client_order_id: str) -> Order | None:
        """Return an order of any age, None where this id was never accepted."""
        rows = self._rows("SELECT body FROM orders WHERE venue = ? AND client_order_id = ?", venue, client_order_id)
        with self._readable():
            return msgspec.json.decode(rows[0][0], type=Order) if rows else None

    def order_count(self, venue: str) -> int:
        return self._rows("SELECT count(*) FROM orders WHERE venue = ?", venue)[0][0]

    def add_fill(self, fill: Fill) -> None:
        """Add a fill; raise VenueStoreError where its id was booked before."""
        body = msgspec.json.encode(fill)
        self._write("INSERT INTO fills VALUES (?, ?, ?, ?)", fill.venue, fill.fill_id, fill.venue_ns, body)

    def fills(self, venue: str, since_ns: int = 0) -> list[Fill]:
        rows = self._rows("SELECT body FROM fills WHERE venue = ? AND venue_ns >= ? ORDER BY rowid", venue, since_ns)
        with self._readable():
            return [msgspec.json.decode(body, type=Fill) for (body,) in rows]

    def fill_count(self, venue: str) -> int:
        return self._rows("SELECT count(*) FROM fills WHERE venue = ?", venue)[0][0]

    def add_funding(self, payment: FundingPayment) -> bool:
        """Add a funding payment; False where it was booked before and nothing is changed."""
        return bool(
            self._write(
                "INSERT OR IGNORE INTO funding VALUES (?, ?, ?, ?)",
                payment.instrument_id.venue,
                payment.payment_id,
                payment.venue_ns,
                msgspec.json.encode(payment),
            )
        )

    def funding(self, venue: str, since_ns: int = 0) -> list[FundingPayment]:
        rows = self._rows("SELECT body FROM funding WHERE venue = ? AND venue_ns >= ? ORDER BY rowid", venue, since_ns)
        with self._readable():
            return [msgspec.json.decode(body, type=FundingPayment) for (body,) in rows]
