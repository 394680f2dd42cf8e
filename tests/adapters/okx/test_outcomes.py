"""What OKX's answers prove, over recorded ones, and the names of orders."""

import json
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.okx.answers import ConfigRow, decode_acknowledgements, decode_fills, decode_orders, server_ns
from adapters.okx.client_ids import UnsendableOrderError, is_ours, order_key, to_engine, to_venue
from adapters.okx.key_rights import rights_of
from adapters.okx.outcomes import CATALOGUE, Meaning, judge
from core.io.order_ids import OrderIds
from core.ports.keys import KeyRight
from tests.recordings import needs_recordings, recording


class Reply:
    def __init__(self, body: str, status: int = 200) -> None:
        self.status = status
        self.headers: dict[str, str] = {}
        self.body = body.encode()


def judged(body: object, status: int = 200) -> Meaning:
    return judge(Reply(json.dumps(body), status)).meaning


@needs_recordings
def test_recorded_error_bodies_are_told_apart() -> None:
    bodies = json.loads(recording("errors/inline_bodies_okx.json").read_text())
    found = {str(body["line"]): judged(body["body"]) for body in bodies}
    assert found == {
        "771": Meaning.REJECTED,  # identity to be verified again
        "905": Meaning.REJECTED,  # local restrictions
        "1181": Meaning.IN_DOUBT,  # internal server error
        "1182": Meaning.IN_DOUBT,
        "2039": Meaning.REJECTED,  # a header is missing
        "3344": Meaning.REJECTED,  # wrong trade mode
        "3744": Meaning.DONE,
    }


@needs_recordings
@pytest.mark.parametrize("name", ["CancelOrder", "CancelMultipleOrders", "AmendOrder", "PlaceMultipleOrders"])
def test_recorded_successes_are_successes(name: str) -> None:
    body = recorded_body(f"Endpoints__UnifiedApi__Trading__{name}")
    assert judged(json.loads(body)) is Meaning.DONE
    assert all(row.s_code == "0" and row.ord_id for row in decode_acknowledgements(body.encode()).data)


@needs_recordings
def test_recorded_rows_of_an_account_can_be_read() -> None:
    (pending,) = decode_orders(recorded_body("Endpoints__UnifiedApi__Trading__GetOrders").encode()).data
    (order,) = decode_orders(recorded_body("Endpoints__UnifiedApi__Trading__GetOrderDetails").encode()).data
    (fill,) = decode_fills(recorded_body("Endpoints__UnifiedApi__Trading__GetUserTrades").encode()).data
    assert (pending.state, pending.px, order.state, order.acc_fill_sz) == ("live", "59200", "filled", "0.00192834")
    assert (fill.trade_id, fill.fee, fill.fee_ccy) == ("744876980", "-0.00000192834", "BTC")
    config = json.loads(recorded_body("Endpoints__UnifiedApi__Account__GetAccountConfiguration"))["data"][0]
    assert rights_of(msgspec.convert(config, ConfigRow)).rights == set(KeyRight)
    frames = Path(recording("okx/nautechsystems+nautilus_trader")).glob("okx__ws_orders_[ao]*[cl].json")
    rows = [row for frame in frames if "algo" not in frame.name for row in json.loads(frame.read_text())["data"]]
    assert len(rows) == 2
    assert [row.state for row in decode_orders(json.dumps({"code": "0", "data": rows}).encode()).data] == ["filled"] * 2


def recorded_body(name: str) -> str:
    """Return the body of a recorded answer: it stands behind method, path and whether it is signed."""
    return recording(f"okx/JKorf+OKX.Net/{name}.txt").read_text().split("\n", 3)[3]


@needs_recordings
def test_codes_that_others_take_for_an_outage_are_no_refusals_here() -> None:
    others = json.loads(recording("errors/ccxt_exceptions_okx.json").read_text())["exact"]
    outages = {"OnMaintenance", "RequestTimeout", "ExchangeNotAvailable"}
    told = {code for code, name in others.items() if name in outages}
    assert {code: CATALOGUE.get(code, Meaning.IN_DOUBT) for code in told} == dict.fromkeys(told, Meaning.IN_DOUBT)
    gone = {code for code, name in others.items() if name == "OrderNotFound"}
    assert {CATALOGUE[code] for code in gone} == {Meaning.GONE}
    short = {code for code, name in others.items() if name == "InsufficientFunds" and code.startswith("51")}
    assert {CATALOGUE.get(code) for code in short & set(CATALOGUE)} == {Meaning.REJECTED}


@pytest.mark.parametrize(
    ("code", "meaning"),
    [("51008", Meaning.REJECTED), ("51020", Meaning.REJECTED), ("50004", Meaning.IN_DOUBT), ("50001", Meaning.IN_DOUBT),
     ("50026", Meaning.IN_DOUBT), ("51603", Meaning.GONE), ("51400", Meaning.GONE), ("51401", Meaning.GONE),
     ("51402", Meaning.GONE), ("50011", Meaning.TOO_MANY), ("50102", Meaning.CLOCK), ("51016", Meaning.DUPLICATE),
     ("12345", Meaning.IN_DOUBT)],
)  # fmt: skip
def test_the_code_decides_for_the_request_and_for_its_order_and_never_above_a_server_fault(
    code: str, meaning: Meaning
) -> None:
    assert judged({"code": code, "msg": "x", "data": []}) is meaning
    assert judged({"code": "1", "msg": "", "data": [{"sCode": code, "sMsg": "x"}]}) is meaning
    assert judged({"code": code, "msg": "x", "data": []}, 400) is meaning
    assert judged({"code": code, "msg": "x", "data": []}, 503) is Meaning.IN_DOUBT


@given(
    body=st.text(max_size=40)
    | st.dictionaries(st.sampled_from(["code", "data", "msg"]), st.none() | st.lists(st.text()) | st.text()).map(
        json.dumps
    )
)
def test_a_body_that_is_none_proves_nothing(body: str) -> None:
    found = judge(Reply(body, 200))
    if found.meaning is not Meaning.IN_DOUBT:
        assert json.loads(body)["code"] in {"0", *CATALOGUE}


@given(run=st.integers(0, 0xFFFFFF), tag=st.from_regex(r"\A[a-z0-9]{0,8}\Z"), count=st.integers(1, 50))
def test_our_ids_come_back_from_the_venue(run: int, tag: str, count: int) -> None:
    ids = OrderIds(run, tag)
    name = [ids.next_order_id() for _ in range(count)][-1]
    there = to_venue(name)
    assert re.fullmatch(r"[A-Za-z0-9]{1,32}", there)
    assert (to_engine(there, "1"), is_ours(name), order_key(name)) == (name, True, ("clOrdId", there))


@given(foreign=st.from_regex(r"\A[A-Za-z0-9]{1,32}\Z"))
def test_ids_of_others_go_back_as_they_came(foreign: str) -> None:
    assert to_venue(to_engine(foreign, "1")) == foreign


def test_orders_without_a_client_id_are_named_after_the_venues() -> None:
    assert to_engine("", "301835739059335168") == "okx-301835739059335168"
    assert order_key("okx-301835739059335168") == ("ordId", "301835739059335168")
    for name in ("a-b", "", "x" * 33, "ü"):
        with pytest.raises(UnsendableOrderError):
            to_venue(name)


def test_a_right_that_is_not_known_is_not_taken_for_harmless() -> None:
    config = ConfigRow(acct_lv="2", pos_mode="net_mode", perm="read_only,teleport")
    assert rights_of(config).rights is None
    assert "teleport" in rights_of(config).detail


def test_an_answer_without_a_time_cannot_be_read() -> None:
    assert server_ns(b'{"code":"0","msg":"","data":[{"ts":"1700000000123"}]}') == 1_700_000_000_123_000_000
    with pytest.raises(ValueError, match="no time"):
        server_ns(b'{"code":"50001","msg":"busy","data":[]}')
