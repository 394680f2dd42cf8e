"""Tables for people: nothing cut, nothing invented."""

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.fake_engine import FakeEngine
from tui.cli.json_text import json_text
from tui.cli.tables import cell

ORDER = {
    "client_order_id": "s0001-0000000000000007",
    "venue": "sim-a",
    "symbol": "BTC/USDT:USDT",
    "side": "buy",
    "order_type": "limit",
    "quantity": 0.123456789,
    "limit_price": 64012.5,
    "status": "partially_filled",
    "source": "strategy:ma_cross",
    "reason": "a reason that is long enough to make every terminal too narrow for the table",
}


@pytest.mark.parametrize("columns", ["40", "80", "400"])
def test_no_value_is_cut_on_a_narrow_terminal(engine: FakeEngine, columns: str, tmp_path: Path):
    engine.answer("GET", "/api/orders", {"orders": [ORDER]})
    person, terminal = os.openpty()
    environment = {**os.environ, "COLUMNS": columns, "LINES": "24", "TERM": "xterm"}
    shown = b""
    with subprocess.Popen([sys.executable, "-m", "tui.cli", "orders"], stdout=terminal, env=environment) as printing:
        os.close(terminal)
        while chunk := _read(person):
            shown += chunk
        assert printing.wait(30) == 0
    os.close(person)
    text = shown.decode()
    assert "…" not in text
    for fact in ("s0001-0000000000000007", "BTC/USDT:USDT", "0.123456789", "64,012.5", str(ORDER["reason"])):
        assert fact in text


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65_536)
    except OSError:  # the other side has closed
        return b""


def test_a_missing_number_is_a_dash_and_never_a_zero():
    assert [cell(None, kind) for kind in ("text", "number", "money", "time", "age")] == ["-"] * 5
    assert cell(Decimal(0), "money") == "0.00"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12))
def test_json_keeps_every_digit_of_a_decimal(value: Decimal):
    assert json.loads(json_text({"value": value}), parse_float=Decimal, parse_int=Decimal) == {"value": value}
