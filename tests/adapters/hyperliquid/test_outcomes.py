"""What the venue's answers mean, one by one, and the document's table of them."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.hyperliquid.outcomes import CATALOGUE, Refusal, classify, known_refusal
from core.ports.venue import SendOutcome
from tests.recordings import needs_recordings, recording
from tests.repository.tree import ROOT, table

ACCEPTED, REJECTED, IN_DOUBT = SendOutcome.ACCEPTED, SendOutcome.REJECTED, SendOutcome.IN_DOUBT

# the venue's words as its documentation, its users' traces and recorded traffic have them
WORDS = [
    ("Price must be divisible by tick size. asset=110002", Refusal.PRICE),
    ("Order has invalid price.", Refusal.PRICE),
    ("Order price cannot be more than 80% away from the reference price", Refusal.PRICE),
    ("Order price too far from oracle", Refusal.PRICE),
    ("Invalid TP/SL price. asset=1", Refusal.PRICE),
    ("Order must have minimum value of $10. asset=4", Refusal.SIZE),
    ("Order must have minimum value of 10 USDC. asset=10107", Refusal.SIZE),
    ("Order has invalid size.", Refusal.SIZE),
    ("Order has zero size.", Refusal.SIZE),
    ("Insufficient margin to place order. asset=84", Refusal.MARGIN),
    ("Order would cause position to exceed margin tier limit at current leverage", Refusal.MARGIN),
    ("Must deposit before performing actions. User: 0x5e9ee1089755c3435139848e47e6635505d5a13a", Refusal.MARGIN),
    ("Reduce only order would increase position. asset=5", Refusal.REDUCE_ONLY),
    ("Post only order would have immediately matched, bbo was 1@2. asset=5", Refusal.POST_ONLY),
    ("Order could not immediately match against any resting orders. asset=5", Refusal.NO_MATCH),
    ("No liquidity available for market order.", Refusal.NO_MATCH),
    ("Order would increase open interest while open interest is capped", Refusal.OPEN_INTEREST),
    ("Order would increase open interest too quickly", Refusal.OPEN_INTEREST),
    (
        "Order rejected due to price more aggressive than oracle while at open interest cap",
        Refusal.OPEN_INTEREST,
    ),
    ("Order was never placed, already canceled, or filled. asset=5", Refusal.NOT_THERE),
    ("Cannot modify canceled or filled order", Refusal.NOT_THERE),
    ("Error placing new order during modify: Insufficient margin to place order.", Refusal.REPLACED_BY_NOTHING),
    ("User or API Wallet 0xb8a6f8b26223de27c31938d56e470a5b832703a5 does not exist.", Refusal.KEY),
    (
        "Too many cumulative requests sent (37986 > 10436) for cumulative volume traded $437.92. "
        "Place taker orders to free up 1 request per USDC traded.",
        Refusal.RATE,
    ),
    (
        "Cannot set scheduled cancel time until enough volume traded. Required: $1000000. Traded: $373.47205.",
        Refusal.TOO_LITTLE_TRADED,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "refusal"), WORDS)
def test_a_known_text_is_a_refusal_of_its_kind_in_a_status_and_for_the_whole(text: str, refusal: Refusal) -> None:
    assert known_refusal(text) is refusal
    for body in (batch([{"error": text}]), {"status": "err", "response": text}):
        (result,) = classify(200, json.dumps(body).encode(), 1)
        assert (result.outcome, result.refusal) == (REJECTED, refusal)
        assert text[:40] in result.reason


def batch(statuses: list, kind: str = "order") -> dict:
    return {"status": "ok", "response": {"type": kind, "data": {"statuses": statuses}}}


RESTING, FILLED = {"resting": {"oid": 77738308}}, {"filled": {"totalSz": "0.02", "avgPx": "1891.4", "oid": 77747314}}


@pytest.mark.parametrize(
    ("status", "body", "outcomes"),
    [
        (200, batch([RESTING]), [ACCEPTED]),
        (200, batch([FILLED]), [ACCEPTED]),
        (200, batch(["success"], "cancel"), [ACCEPTED]),
        (200, {"status": "ok", "response": {"type": "default"}}, [ACCEPTED]),
        (200, batch([RESTING, {"error": "Order has zero size."}, {"error": "new"}]), [ACCEPTED, REJECTED, IN_DOUBT]),
        (200, batch([{"error": "Order has zero size."}]), [REJECTED] * 3),
        (200, {"status": "err", "response": "Order has zero size."}, [REJECTED] * 2),
        (200, batch([RESTING]), [IN_DOUBT] * 2),
        (200, batch([RESTING, RESTING]), [IN_DOUBT]),
        (200, batch([]), [IN_DOUBT]),
        (200, batch([{}]), [IN_DOUBT]),
        (200, batch(["perhaps"]), [IN_DOUBT]),
        (200, batch([{"resting": {"oid": "x"}}]), [IN_DOUBT]),
        (200, {"status": "ok", "response": {"type": "order"}}, [IN_DOUBT]),
        (200, {"status": "ok"}, [IN_DOUBT]),
        (200, {"status": "err", "response": "words that nobody has seen"}, [IN_DOUBT]),
        (200, {"status": "err", "response": "Invalid nonce: duplicate nonce 1741107452532"}, [IN_DOUBT]),
        (200, {"status": "later", "response": {"type": "default"}}, [IN_DOUBT]),
        (200, [], [IN_DOUBT]),
        (422, "Failed to deserialize the JSON body into the target type", [REJECTED]),
        (500, batch([RESTING]), [IN_DOUBT]),
        (502, "<html>", [IN_DOUBT]),
        (400, "null", [IN_DOUBT]),
    ],
)  # fmt: skip
def test_an_answer_tells_what_became_of_each_part(status: int, body: object, outcomes: list[SendOutcome]) -> None:
    raw = body if isinstance(body, str) else json.dumps(body)
    results = classify(status, raw.encode(), len(outcomes))
    assert [result.outcome for result in results] == outcomes


def test_an_accepted_order_tells_its_number_and_what_it_got() -> None:
    results = classify(200, json.dumps(batch([RESTING, FILLED])).encode(), 2)
    assert [(each.venue_order_id, each.filled) for each in results] == [(77738308, None), (77747314, "0.02")]
    assert results[0].as_send_result.venue_order_id == "77738308"


@given(status=st.integers(100, 599), body=st.binary(max_size=80), parts=st.integers(1, 5))
def test_no_answer_raises_and_noise_is_never_success(status: int, body: bytes, parts: int) -> None:
    results = classify(status, body, parts)
    assert len(results) == parts
    assert ACCEPTED not in {each.outcome for each in results}


def test_the_documents_table_is_the_catalogue() -> None:
    told = {row[0]: row[1] for row in table(Path(ROOT / "docs" / "venues-hyperliquid.md"), "| words of the venue |")}
    assert told == {words: refusal.value for words, refusal in CATALOGUE}


@needs_recordings
def test_recorded_error_bodies_are_refusals() -> None:
    bodies = [each["body"] for each in json.loads(recording("errors/inline_bodies_hyperliquid.json").read_bytes())]
    answers = [body for body in bodies if body["status"] in ("ok", "err")]
    assert len(answers) == 3
    for body in answers:
        (result,) = classify(200, json.dumps(body).encode(), 1)
        assert result.outcome is REJECTED
    for words in json.loads(recording("errors/ccxt_exceptions_hyperliquid.json").read_bytes())["broad"]:
        is_ours = not words.startswith(("TWAP", "Insufficient spot balance", "Insufficient balance for"))
        assert (known_refusal(words) is not None) is is_ours, words
