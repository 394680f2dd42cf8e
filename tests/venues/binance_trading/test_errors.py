"""What an answer proves: the catalogue against recorded bodies of the venue."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.binance.errors import CATALOGUE, Meaning, judge
from adapters.binance.market import BinanceMarket
from adapters.network.transport import Reply
from core.ports.venue import SendOutcome
from tests.recordings import needs_recordings, recording
from tests.venues.binance_trading.rig import SPOT, USDM, Rig, play
from tests.venues.binance_trading.small_binance import Answer, error, instead

DOUBT = (-1000, -1001, -1004, -1006, -1007, -1008, -1010)
REFUSED_BY_BOTH = (-1002, -1003, -1013, -1014, -1015, -1022, -1100, -1102, -1111, -1116, -1121, -2010, -2014, -2015)
REFUSED_BY_USDM = (-2018, -2019, -2020, -2021, -2022, -2025, -2027, -4003, -4014, -4131, -4164, -5021, -5022)


def bodies() -> list[dict[str, object]]:
    path = recording("errors/inline_bodies_binance.json")
    return [row["body"] for row in json.loads(path.read_bytes())] if path.is_file() else []


def meaning(market: BinanceMarket, status: int, body: object) -> Meaning:
    return judge(market, Reply(status, {}, body if isinstance(body, bytes) else json.dumps(body).encode())).meaning


@needs_recordings
@pytest.mark.parametrize("market", BinanceMarket)
def test_recorded_bodies_mean_what_the_catalogue_says_and_the_rest_is_doubt(market) -> None:
    assert len(bodies()) > 150
    seen: set[Meaning] = set()
    for body in bodies():
        found = meaning(market, 400, body)
        code = body.get("code")
        expected = CATALOGUE[market].get(code, Meaning.IN_DOUBT) if isinstance(code, int) else Meaning.IN_DOUBT
        assert found is expected, body
        seen.add(found)
        assert meaning(market, 503, body) is Meaning.IN_DOUBT
    assert {Meaning.REJECTED, Meaning.IN_DOUBT, Meaning.CLOCK, Meaning.UNKNOWN_ORDER} <= seen


@needs_recordings
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        *((code, Meaning.IN_DOUBT) for code in (-1000, -1001, -1006, -1007, -1010)),
        *((code, Meaning.REJECTED) for code in (-1013, -1014, -1015, -1022, -1100, -1121, -2010, -2015, -2019, -2022)),
        *((code, Meaning.UNKNOWN_ORDER) for code in (-2011, -2013)),
        (-1021, Meaning.CLOCK),
        *((code, Meaning.IN_DOUBT) for code in (-3000, -5047 - 1, 1)),
    ],
)  # fmt: skip
def test_a_recorded_code_is_told_apart_at_usdm(code, expected) -> None:
    found = [body for body in bodies() if body.get("code") == code] or [{"code": code, "msg": "?"}]
    assert {meaning(USDM, 400, body) for body in found} == {expected}


@pytest.mark.parametrize("code", DOUBT)
@pytest.mark.parametrize("market", BinanceMarket)
def test_a_fate_that_the_venue_does_not_know_is_doubt_whatever_the_status(market, code) -> None:
    assert {meaning(market, status, {"code": code, "msg": "x"}) for status in (400, 408, 500, 503)} == {
        Meaning.IN_DOUBT
    }


@pytest.mark.parametrize("code", [*REFUSED_BY_BOTH, *REFUSED_BY_USDM])
def test_refusals_are_refusals_and_futures_codes_mean_nothing_at_spot(code) -> None:
    body = {"code": code, "msg": "x"}
    assert meaning(USDM, 400, body) is Meaning.REJECTED
    assert meaning(SPOT, 400, body) is (Meaning.REJECTED if code in REFUSED_BY_BOTH else Meaning.IN_DOUBT)


@pytest.mark.parametrize("code", [-2010, -1013, -1010])
def test_a_duplicate_is_known_by_its_text_where_the_code_says_only_refused(code) -> None:
    assert meaning(SPOT, 400, {"code": code, "msg": "Duplicate order sent."}) is Meaning.DUPLICATE


@pytest.mark.parametrize(
    "body", [b"", b"<html>403</html>", b"[]", b"null", b"1", b'{"code":"x"}', b"{}", b'{"code":-2010', b"\xff\xfe"]
)
def test_a_body_that_is_no_error_proves_nothing(body) -> None:
    assert meaning(SPOT, 400, body) is Meaning.IN_DOUBT
    assert meaning(USDM, 403, body) is Meaning.IN_DOUBT


@given(status=st.integers(201, 599), body=st.binary(max_size=200), market=st.sampled_from(BinanceMarket))
def test_no_answer_makes_the_judge_stumble(status, body, market) -> None:
    assert isinstance(judge(market, Reply(status, {}, body)).meaning, Meaning)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (error(-2010, "Account has insufficient balance for requested action."), SendOutcome.REJECTED),
        (error(-1013, "Filter failure: NOTIONAL"), SendOutcome.REJECTED),
        (error(-1007, "Timeout waiting for response from backend server.", 408), SendOutcome.IN_DOUBT),
        (error(-1006, "An unexpected response was received from the message bus."), SendOutcome.IN_DOUBT),
        (error(-1001, "Internal error; unable to process your request."), SendOutcome.IN_DOUBT),
        (error(-2010, "refused", 500), SendOutcome.IN_DOUBT),
        (error(-77777, "a code of tomorrow"), SendOutcome.IN_DOUBT),
        (Answer(502, b"<html>bad gateway</html>"), SendOutcome.IN_DOUBT),
        (Answer(400, b""), SendOutcome.IN_DOUBT),
        (Answer(302, b"", {"Location": "http://elsewhere"}), SendOutcome.IN_DOUBT),
    ],
)
@pytest.mark.parametrize("market", BinanceMarket)
def test_an_order_ends_as_its_answer_proves(market, answer, outcome) -> None:
    async def scenario(rig: Rig) -> None:
        rig.venue.faults["POST", "order"].append(instead(answer))
        result = await rig.submit()
        assert result.outcome is outcome
        assert result.reason
        assert len(rig.venue.asked("POST", "order")) == 1

    play(market, scenario)
