"""A venue's 429 stops everything that this process sends to that host, and a share of its limit is kept to."""

import asyncio
from collections.abc import Mapping

import pytest

from adapters.network.backoff import Backoff
from adapters.network.closing import Closing, Closings
from adapters.network.limited_transport import LimitedTransport
from adapters.network.rate_gate import RateGate
from adapters.network.request_budget import Purpose, RequestBudget
from adapters.network.rest import PatientRest
from adapters.network.transport import Reply
from adapters.network.venue_rest import NotSentError, VenueRest
from core.ports.transport import HttpRequest
from tests.adapters.network.test_patience import Chance
from tests.adapters.network.test_venue_rest import budget, play

HOST = "http://venue"
ORDER = HttpRequest(method="POST", url=f"{HOST}/order")


class Venue:
    """Answers in order, then 200, whoever asks; notes who asked when."""

    def __init__(self, *answers: Reply) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, float]] = []

    async def get(self, url: str, params: Mapping[str, str], timeout_s: float) -> Reply:
        return self._answer(url)

    async def request(self, request: HttpRequest, timeout_s: float) -> Reply:
        return self._answer(request.url)

    async def connect(self, url, on_message, timeout_s):
        return url

    def _answer(self, url: str) -> Reply:
        self.asked.append((url, round(asyncio.get_running_loop().time(), 2)))
        return self._answers.pop(0) if self._answers else Reply(200, {}, b"ok")


def feed_and_trading(venue: Venue) -> tuple[PatientRest, VenueRest, LimitedTransport]:
    """Return two sides that know nothing of each other but the process they are in."""
    closings, chance = Closings(), Chance(0.0)
    feed = PatientRest(
        LimitedTransport(venue, closings), RateGate(chance, burst=10, per_s=1.0), lambda: Backoff(chance),
        timeout_s=5, on_trouble=lambda _: None,
    )  # fmt: skip
    transport = LimitedTransport(venue, closings)
    return feed, VenueRest(transport, (budget(),), timeout_s=5), transport


@pytest.mark.parametrize(("status", "headers", "wait_s"), [(429, {"Retry-After": "7"}, 7), (418, {}, 120)])
def test_what_the_feed_meets_stops_trading_too(status: int, headers: dict[str, str], wait_s: int) -> None:
    async def scenario() -> None:
        venue = Venue(Reply(status, headers, b""))
        feed, trading, _ = feed_and_trading(venue)
        reading = asyncio.ensure_future(feed.get(f"{HOST}/depth", {}))
        await asyncio.sleep(0.1)
        with pytest.raises(NotSentError, match="asked for a pause"):
            await trading.send(ORDER, (1,), Purpose.ORDER)
        await trading.send(ORDER, (1,), Purpose.CANCEL)  # a cancel waits for its moment
        await reading
        assert sorted(at_s for _, at_s in venue.asked) == [0, wait_s, wait_s]

    play(scenario)


def test_what_trading_meets_stops_the_feed_too() -> None:
    async def scenario() -> None:
        venue = Venue(Reply(429, {"Retry-After": "7"}, b""))
        feed, trading, _ = feed_and_trading(venue)
        with pytest.raises(NotSentError, match="429"):
            await trading.send(ORDER, (1,), Purpose.ORDER)
        await feed.get(f"{HOST}/depth", {})
        assert venue.asked == [(f"{HOST}/order", 0), (f"{HOST}/depth", 7)]

    play(scenario)


def test_other_hosts_and_streams_are_not_stopped() -> None:
    async def scenario() -> None:
        venue = Venue(Reply(429, {"Retry-After": "7"}, b""))
        feed, trading, transport = feed_and_trading(venue)
        with pytest.raises(NotSentError):
            await trading.send(ORDER, (1,), Purpose.ORDER)
        await feed.get("http://other/depth", {})
        assert await transport.connect(f"{HOST}/stream", lambda _: None, 1) == f"{HOST}/stream"
        assert asyncio.get_running_loop().time() == 0

    play(scenario)


def test_a_request_that_waited_is_made_when_it_leaves() -> None:
    async def scenario() -> None:
        venue = Venue(Reply(429, {"Retry-After": "7"}, b""))
        _, trading, _ = feed_and_trading(venue)
        loop = asyncio.get_running_loop()
        with pytest.raises(NotSentError):
            await trading.send(ORDER, (1,), Purpose.ORDER)

        def signed() -> HttpRequest:
            return HttpRequest(method="GET", url=f"{HOST}/{loop.time():.0f}")

        await trading.send(signed, (1,), Purpose.RECONCILE)
        assert venue.asked[-1] == (f"{HOST}/7", 7)

    play(scenario)


def test_a_feed_takes_from_the_allowance_it_shares_with_trading_and_leaves_the_reserve() -> None:
    async def scenario() -> None:
        shared, venue, chance = budget(), Venue(), Chance(0.0)
        gate = RateGate(chance, burst=10, per_s=1.0)
        feed = PatientRest(
            venue, gate, lambda: Backoff(chance), timeout_s=5, on_trouble=lambda _: None, budget=shared
        )  # fmt: skip
        await feed.get(f"{HOST}/depth", {}, 6)
        assert shared.use.left == 4
        assert not shared.try_take(3, Purpose.ORDER)
        assert shared.try_take(3, Purpose.CANCEL)

    play(scenario)


def test_orders_keep_to_the_share_in_the_long_run_and_cancels_may_go_beyond_it() -> None:
    async def scenario() -> None:
        loop, one = asyncio.get_running_loop(), RequestBudget(Chance(0.0), allowance=10, interval_s=10, share=0.5)
        while loop.time() < 99.5:
            await one.take(1, Purpose.READ)
        taken = 4 + round(loop.time() * 0.5)  # half of the allowance without its reserve, and what came back since
        assert loop.time() == pytest.approx((taken - 4) / 0.5, abs=0.1)
        assert not one.try_take(1, Purpose.ORDER)
        assert [one.try_take(1, Purpose.CANCEL) for _ in range(9)] == [True] * 9

    play(scenario)


def test_what_made_things_safer_counts_for_the_share_as_well() -> None:
    async def scenario() -> None:
        one = RequestBudget(Chance(0.0), allowance=10, interval_s=10, share=0.5)
        assert one.try_take(4, Purpose.RECONCILE)
        assert not one.try_take(1, Purpose.ORDER)
        assert one.use.left == 6

    play(scenario)


def test_what_an_answer_turned_out_to_weigh_counts_for_the_share_too() -> None:
    async def scenario() -> None:
        one = RequestBudget(Chance(0.0), allowance=10, interval_s=10, share=0.5, reserved_share=0.0)
        assert one.try_take(1, Purpose.READ)
        one.spend(4)
        assert not one.try_take(1, Purpose.READ)  # five of ten are there, and none of them is for reads
        assert one.try_take(1, Purpose.CANCEL)

    play(scenario)


def test_allowances_with_one_closing_are_shut_together() -> None:
    async def scenario() -> None:
        closing = Closing()
        first, second = (RequestBudget(Chance(0.0), allowance=10, interval_s=10, closing=closing) for _ in range(2))
        first.shut(7)
        assert (second.try_take(1, Purpose.CANCEL), second.use.shut_s) == (False, 7)

    play(scenario)
