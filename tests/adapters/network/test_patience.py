"""Reads are repeated without harming the venue: rate limits are obeyed, delays grow and stay below their cap."""

import asyncio
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.network.backoff import Backoff
from adapters.network.rate_gate import RateGate
from adapters.network.rest import PatientRest, RequestRefusedError
from adapters.network.transport import Reply
from core.io.virtual_loop import VirtualLoop
from core.ports.transport import TransportError


class Chance:
    def __init__(self, value: float) -> None:
        self._value = value

    def uniform(self) -> float:
        return self._value


class ScriptedTransport:
    """Answers in order, then 200; notes when it was asked."""

    def __init__(self, *answers: Reply | TransportError) -> None:
        self._answers = list(answers)
        self.asked_s: list[float] = []

    async def get(self, url: str, params: Mapping[str, str], timeout_s: float) -> Reply:
        self.asked_s.append(round(asyncio.get_running_loop().time(), 3))
        answer = self._answers.pop(0) if self._answers else Reply(200, {}, b"ok")
        if isinstance(answer, TransportError):
            raise answer
        return answer

    async def connect(self, url, on_message, timeout_s):
        raise TransportError("no websocket here")


def read(transport: ScriptedTransport, *, readers: int = 1, burst: int = 10, chance: float = 0.0) -> list[str]:
    troubles: list[str] = []

    async def scenario() -> None:
        randomness = Chance(chance)
        gate = RateGate(randomness, burst=burst, per_s=1.0)
        rest = PatientRest(transport, gate, lambda: Backoff(randomness), timeout_s=5, on_trouble=troubles.append)
        bodies = await asyncio.gather(*(rest.get("http://v/x", {}) for _ in range(readers)))
        assert bodies == [b"ok"] * readers

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(scenario())
    return troubles


@pytest.mark.parametrize(
    ("reply", "wait_s"),
    [
        (Reply(429, {"Retry-After": "7"}, b""), 7),
        (Reply(418, {"retry-after": "300"}, b""), 300),
        (Reply(429, {"Retry-After": "0"}, b""), 1),
        (Reply(429, {}, b""), 10),
        (Reply(418, {"Retry-After": "soon"}, b""), 120),
    ],
)
def test_nothing_is_asked_before_the_venue_allows_it(reply: Reply, wait_s: float) -> None:
    transport = ScriptedTransport(reply)
    troubles = read(transport)
    assert transport.asked_s == [0, wait_s]
    assert str(reply.status) in troubles[0]


def test_a_rate_limit_stops_every_reader_and_they_do_not_come_back_at_once_forever() -> None:
    transport = ScriptedTransport(Reply(429, {"Retry-After": "5"}, b""))
    read(transport, readers=3, burst=1)
    assert transport.asked_s[0] == 0
    assert all(asked_s >= 5 for asked_s in transport.asked_s[1:])
    assert len(transport.asked_s) == 4


def test_requests_beyond_the_burst_are_spread() -> None:
    transport = ScriptedTransport()
    read(transport, readers=5, burst=2)
    assert transport.asked_s == [0, 0, 1, 2, 3]


def test_network_and_server_faults_are_repeated_with_growing_delays() -> None:
    fault = TransportError("connection refused")
    transport = ScriptedTransport(fault, Reply(502, {}, b""), fault, fault)
    troubles = read(transport, chance=1.0)
    assert transport.asked_s == [0, 0.5, 1.5, 3.5, 7.5]
    assert "connection refused" in troubles[0]
    assert "502" in troubles[1]


def test_a_request_the_venue_refuses_is_not_repeated() -> None:
    transport = ScriptedTransport(Reply(400, {}, b'{"code":-1121}'))
    with pytest.raises(RequestRefusedError, match=r"refused with 400: .*-1121"):
        read(transport)
    assert transport.asked_s == [0]


@given(st.floats(0, 0.999), st.integers(1, 60))
def test_delays_stay_between_half_and_the_whole_of_their_step(chance: float, attempts: int) -> None:
    backoff = Backoff(Chance(chance))
    delays = [backoff.next_s() for _ in range(attempts)]
    assert all(min(20, 0.5 * 2**n) / 2 <= delay <= min(20, 0.5 * 2**n) for n, delay in enumerate(delays))
    backoff.reset()
    assert backoff.next_s() == delays[0]
