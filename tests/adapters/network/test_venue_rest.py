"""Signed requests within a venue's allowance, and what is known of one that failed."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.network.request_budget import Purpose, RequestBudget
from adapters.network.transport import Reply
from adapters.network.venue_rest import NoAnswerError, NotSentError, VenueRest
from core.io.virtual_loop import VirtualLoop
from core.ports.transport import HttpRequest, TransportError
from tests.adapters.network.test_patience import Chance

MARK = "s3cret"
ORDER = HttpRequest(
    method="POST", url=f"http://127.0.0.1/order?signature={MARK}", headers={"key": MARK}, body=MARK.encode()
)


class Wire:
    """Answers in order, then 200; notes when it was asked."""

    def __init__(self, *answers: Reply | TransportError) -> None:
        self._answers = list(answers)
        self.asked_s: list[float] = []

    async def request(self, request: HttpRequest, timeout_s: float) -> Reply:
        self.asked_s.append(round(asyncio.get_running_loop().time(), 2))
        answer = self._answers.pop(0) if self._answers else Reply(200, {}, b"ok")
        if isinstance(answer, TransportError):
            raise answer
        return answer

    async def get(self, url, params, timeout_s):
        raise NotImplementedError

    async def connect(self, url, on_message, timeout_s):
        raise NotImplementedError


def play(scenario: Callable[[], Awaitable[None]]) -> None:
    loop = VirtualLoop()
    try:
        loop.run_until_complete(scenario())
    finally:
        loop.close()


def budget(allowance: float = 10, interval_s: float = 10) -> RequestBudget:
    return RequestBudget(Chance(0.0), allowance=allowance, interval_s=interval_s)


def test_a_request_shows_neither_signature_nor_key() -> None:
    assert repr(ORDER) == "POST http://127.0.0.1/order"
    assert MARK not in f"{ORDER} {[ORDER]}"


@pytest.mark.parametrize(("may_have_arrived", "error"), [(True, NoAnswerError), (False, NotSentError)])
def test_what_is_known_of_a_lost_request_is_told_and_it_is_never_repeated(may_have_arrived, error) -> None:
    async def scenario() -> None:
        wire = Wire(TransportError("lost", may_have_arrived=may_have_arrived))
        rest = VenueRest(wire, (budget(),), timeout_s=5)
        with pytest.raises(error, match="lost"):
            await rest.send(ORDER, (1,), Purpose.ORDER)
        assert len(wire.asked_s) == 1

    play(scenario)


@pytest.mark.parametrize(
    ("status", "headers", "wait_s"),
    [(429, {"Retry-After": "7"}, 7), (429, {}, 10), (418, {}, 120), (429, {"retry-after": "0"}, 1)],
)
def test_a_limit_told_by_the_venue_shuts_all_allowances_for_everybody(status, headers, wait_s) -> None:
    async def scenario() -> None:
        wire = Wire(Reply(status, headers, b""))
        first, second = budget(), budget()
        rest, other = VenueRest(wire, (first, second), timeout_s=5), VenueRest(wire, (second,), timeout_s=5)
        with pytest.raises(NotSentError, match=str(status)):
            await rest.send(ORDER, (1, 1), Purpose.CANCEL)
        with pytest.raises(NotSentError, match="used up"):
            await other.send(ORDER, (1,), Purpose.ORDER)
        await other.send(ORDER, (1,), Purpose.CANCEL)
        assert wire.asked_s == [0.0, wait_s]

    play(scenario)


def test_orders_leave_the_reserved_slice_to_cancels_and_comparisons() -> None:
    async def scenario() -> None:
        wire = Wire()
        rest = VenueRest(wire, (budget(),), timeout_s=5)
        for _ in range(8):
            await rest.send(ORDER, (1,), Purpose.ORDER)
        with pytest.raises(NotSentError, match="used up"):
            await rest.send(ORDER, (1,), Purpose.ORDER)
        await rest.send(ORDER, (1,), Purpose.CANCEL)
        await rest.send(ORDER, (1,), Purpose.RECONCILE)
        assert wire.asked_s == [0.0] * 10
        await rest.send(ORDER, (1,), Purpose.READ)  # waits until it would leave the slice alone
        assert wire.asked_s[-1] == pytest.approx(3, abs=0.01)

    play(scenario)


def test_what_others_used_of_the_allowance_counts() -> None:
    async def scenario() -> None:
        one = budget()
        one.told_used(9)
        assert not one.try_take(1, Purpose.ORDER)
        assert one.try_take(1, Purpose.CANCEL)
        assert not one.try_take(0.5, Purpose.CANCEL)
        assert (one.use.left, one.use.allowance, one.use.shut_s) == (0, 10, 0)

    play(scenario)


def test_a_request_heavier_than_the_allowance_passes_when_it_is_whole() -> None:
    async def scenario() -> None:
        one = budget()
        assert one.try_take(50, Purpose.READ)
        await one.take(50, Purpose.READ)
        assert asyncio.get_running_loop().time() >= 49

    play(scenario)


@settings(max_examples=30, deadline=None)
@given(weights=st.lists(st.floats(0.1, 5), min_size=1, max_size=40), purpose=st.sampled_from(Purpose))
def test_no_more_than_the_allowance_and_its_refill_passes(weights: list[float], purpose: Purpose) -> None:
    async def scenario() -> None:
        one = budget()
        taken = 0.0
        for weight in weights:
            await one.take(weight, purpose)
            taken += weight
            assert taken <= 10 + asyncio.get_running_loop().time() + 1e-6

    play(scenario)
