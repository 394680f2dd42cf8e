"""`order … --what-if` says what would become of an order; it sends none, whatever its size and the mode."""

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from core.state.rehearsal import OrderRehearsalView
from tests.cli.fake_engine import FakeEngine, done, not_done
from tests.cli.rehearsals import fees, rehearsal, room, unknown_fill
from tui.cli.app import run
from tui.present.rehearsal import bps

CapturedText = pytest.CaptureFixture[str]
ORDER = ["order", "buy", "0.01", "BTC/USDT:USDT@sim-a", "--what-if"]


def told(engine: FakeEngine, view: OrderRehearsalView) -> None:
    encoded = msgspec.json.Encoder(decimal_format="number").encode(view)
    data: dict[str, Any] = json.loads(encoded)
    engine.answer("POST", "/api/orders/what_if", done("would be SENT", **data))


def test_it_prints_verdict_fill_fees_margin_and_room_and_sends_nothing(engine: FakeEngine, capsys: CapturedText):
    told(engine, rehearsal())
    assert run(ORDER) == 0
    text = capsys.readouterr().out
    assert "approved: it would be sent" in text
    assert "0.01 at 64,013.00 over 1 level, slippage 0.00 bps, 0.04 bps from the middle" in text
    assert "0.3201 USDT as taker (0.05 %)" in text
    assert "213.37 USD needed, 99,786 left of 100,000" in text
    assert "nothing is sent" in text
    (pool,) = (line for line in text.splitlines() if "arb pool" in line)
    assert pool.split()[-4:] == ["20,000", "20,000", "19,360", "USD"]
    assert [(request.method, request.path) for request in engine.requests] == [("POST", "/api/orders/what_if")]
    assert engine.last.body is not None
    assert (engine.last.body["quantity"], engine.last.body["order_type"]) == ("0.01", "market")


def test_an_order_that_would_be_refused_is_printed_and_exits_4(engine: FakeEngine, capsys: CapturedText):
    told(engine, rehearsal(verdict="refused", reason="order_value: 6401 USD, allowed at most 2000"))
    assert run(ORDER) == 4
    captured = capsys.readouterr()
    assert "REFUSED: order_value: 6401 USD, allowed at most 2000" in captured.out
    assert "would be refused" in captured.err


def test_json_is_the_engines_answer(engine: FakeEngine, capsys: CapturedText):
    told(engine, rehearsal())
    assert run([*ORDER, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out, parse_float=Decimal)
    view = msgspec.convert(answer["data"], OrderRehearsalView)
    assert view == rehearsal()


def test_what_is_unknown_is_said_to_be_unknown(engine: FakeEngine, capsys: CapturedText):
    why = "what the order costs at once is not known"
    nothing = fees(taken=None, resting=None)
    told(engine, rehearsal(fill=unknown_fill(), fees=nothing, value=None, value_usd=None, funding=None,
                           rooms=[room(left_after=None, note=why)]))  # fmt: skip
    assert run(ORDER) == 0
    text = capsys.readouterr().out
    assert "unknown: the book is stale, 3.2 s old" in text
    assert f"unknown: {why}" in text
    assert "value      unknown" in text
    assert " 0.00" not in text


def test_neither_size_nor_live_money_asks_for_a_confirmation(engine: FakeEngine):
    told(engine, rehearsal())
    assert run(["order", "buy", "100", "BTC/USDT:USDT@sim-a", "--limit", "64000", "--what-if"]) == 0


def test_an_order_that_makes_no_sense_exits_2(engine: FakeEngine):
    answer = not_done("invalid", "no venue has NOPE@sim-a")
    engine.answer("POST", "/api/orders/what_if", answer, 400)
    assert run(["order", "buy", "1", "NOPE@sim-a", "--what-if"]) == 2


def test_an_answer_of_another_version_is_no_verdict(engine: FakeEngine, capsys: CapturedText):
    engine.answer("POST", "/api/orders/what_if", done("done"))
    assert run(ORDER) == 1
    assert "cannot be read" in capsys.readouterr().err


def test_a_slippage_that_rounds_to_nothing_has_no_sign() -> None:
    assert bps(Decimal("-0.0001")) == "0.00 bps"
    assert bps(Decimal("-0.31")) == "-0.31 bps"
    assert bps(None) == "unknown"
