"""The venue store: consistent after a kill at any moment, clear when it cannot be used."""

import os
import signal
import sqlite3
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.venue_store.store import MEMORY, VenueStore, VenueStoreError
from core.types.order import Liquidity, Side
from tests.adapters.test_venue_desk import CASH, SPOT, desk, intent

ROOT = Path(__file__).parents[2]

# Buys one lot at a time for ever and prints each fill after its commit.
TRADER = """
import sys
from decimal import Decimal
from adapters.venue_store.store import VenueStore
from tests.adapters.test_venue_desk import SPOT, desk, intent
from core.types.order import Liquidity, Side
venue_desk = desk(store=VenueStore(sys.argv[1]))
start = len(venue_desk.report(0, 0).fills)
for number in range(start, 1_000_000):
    order = venue_desk.open(intent(f"o{number}", SPOT, Side.BUY, "0.002", "100"), number)
    venue_desk.fill(order, Decimal(100), Decimal("0.001"), Liquidity.MAKER, number)
    print(number + 1, flush=True)
"""


@pytest.mark.parametrize("fills_before_the_kill", [1, 40, 150])
def test_a_killed_process_leaves_fills_orders_cash_and_positions_that_agree(
    tmp_path: Path, fills_before_the_kill: int
) -> None:
    path = tmp_path / "venues.sqlite"
    booked = 0
    for round_number in (1, 2):
        command = [sys.executable, "-c", TRADER, str(path)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            while booked < fills_before_the_kill * round_number:
                booked = int(process.stdout.readline())
            os.kill(process.pid, signal.SIGKILL)
            booked = max([booked, *(int(line) for line in process.stdout.read().splitlines(keepends=False) if line)])
        venue_desk = desk(store=VenueStore(path))
        report = venue_desk.report(0, 0)
        count = len(report.fills)
        # One more than heard of may be committed: the process died between commit and print.
        assert booked <= count <= booked + 1
        assert len({fill.fill_id for fill in report.fills}) == count
        assert venue_desk.position(SPOT).quantity == Decimal("0.001") * count
        assert venue_desk.cash["USDT"] == CASH - sum(f.price * f.quantity + f.fee for f in report.fills)
        assert sum(order.filled_quantity for order in report.open_orders) == Decimal("0.001") * count
        booked = count


def test_a_transaction_that_fails_leaves_nothing() -> None:
    store = VenueStore(MEMORY)

    def half_done() -> None:
        with store.transaction():
            store.save_cash("v", "USDT", Decimal(1))
            raise RuntimeError("interrupted")

    with pytest.raises(RuntimeError, match="interrupted"):
        half_done()
    assert store.cash("v") == {}


def test_a_fill_id_is_booked_once() -> None:
    venue_desk = desk(store=(store := VenueStore(MEMORY)))
    order = venue_desk.open(intent("a", SPOT, Side.BUY, "0.002", "60000"), 1)
    fill = venue_desk.fill(order, Decimal(60_000), Decimal("0.001"), Liquidity.MAKER, 1)
    with pytest.raises(VenueStoreError, match="UNIQUE"):
        store.add_fill(fill)


def test_a_full_disk_stops_the_desk_and_leaves_the_last_truth(tmp_path: Path) -> None:
    path = tmp_path / "venues.sqlite"
    store = VenueStore(path)
    venue_desk = desk(store=store)
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]  # a limit stands in for the disk
    store._connection.execute(f"PRAGMA max_page_count={pages + 2}")
    booked = 0

    def trade_on() -> None:
        nonlocal booked
        for number in range(1_000):
            order = venue_desk.open(intent(f"o{number}", SPOT, Side.BUY, "0.001", "1000"), number)
            venue_desk.fill(order, Decimal(1_000), Decimal("0.001"), Liquidity.TAKER, number)
            booked += 1

    with pytest.raises(VenueStoreError, match=r"venues\.sqlite.*full"):
        trade_on()
    assert "full" in str(venue_desk.refusal(intent("next", SPOT, Side.BUY, "0.001", "1000"), None, 1))
    with pytest.raises(VenueStoreError, match="full"):
        venue_desk.report(0, 0)
    store.close()
    again = desk(store=VenueStore(path))
    assert len(again.report(0, 0).fills) == booked
    assert again.position(SPOT).quantity == Decimal("0.001") * booked


def test_what_is_no_venue_store_is_named_with_its_cause(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("this is no database, and long enough to be looked at " * 20)
    with pytest.raises(VenueStoreError, match=r"notes\.txt: .*restore it from a backup .*file is not a database"):
        VenueStore(text)
    with pytest.raises(VenueStoreError, match=r"check that the folder exists .*unable to open database file"):
        VenueStore(tmp_path / "missing" / "venues.sqlite")
    with pytest.raises(VenueStoreError, match=str(tmp_path)):
        VenueStore(tmp_path)


def test_a_store_of_a_later_version_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "venues.sqlite"
    VenueStore(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(VenueStoreError, match="version 99, this program reads version 1: install"):
        VenueStore(path)


def test_a_damaged_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "venues.sqlite"
    store = VenueStore(path)
    venue_desk = desk(store=store)
    for number in range(300):
        venue_desk.open(intent(f"o{number}", SPOT, Side.BUY, "0.001", "1000"), number)
    store.close()
    content = bytearray(path.read_bytes())
    for at in range(3 * 4096, len(content), 4096):
        content[at : at + 64] = b"\xff" * 64
    path.write_bytes(content)
    with pytest.raises(VenueStoreError, match=r"venues\.sqlite"):
        VenueStore(path)


def test_runs_are_counted_and_anchors_kept(tmp_path: Path) -> None:
    path = tmp_path / "venues.sqlite"
    first = VenueStore(path)
    assert first.begin_run() == 0
    first.save_anchors("sim", {"BTC": 64_001.5})
    first.close()
    second = VenueStore(path)
    assert second.begin_run() == 1
    assert second.anchors("sim") == {"BTC": 64_001.5}
    assert second.anchors("other") == {}
