"""The private channel: nothing it may hold ends it, and what cannot be read is caught up on over REST."""

import asyncio
import json
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.coinbase.answers import UserOrder
from adapters.coinbase.endpoints import TradingSettings
from adapters.coinbase.user_stream import UserStream
from core.ports.randomness import NoRandomness
from tests.adapters.coinbase.rig import WallClock
from tests.adapters.coinbase.test_market_data import documents


class OpenConnection:
    def __init__(self) -> None:
        self.sent: list[dict] = []
        self._closed: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def send(self, payload: bytes) -> None:
        self.sent.append(json.loads(payload))

    async def closed(self) -> str:
        return await asyncio.shield(self._closed)

    async def close(self) -> None: ...


class Wire:
    """Hands a test the way into the stream."""

    def __init__(self) -> None:
        self.connections: list[OpenConnection] = []
        self.deliver: Callable[[bytes], None] = lambda _: None
        self.again = asyncio.Event()

    async def connect(self, url: str, on_message: Callable[[bytes], None], timeout_s: float) -> OpenConnection:
        self.deliver = on_message
        self.connections.append(OpenConnection())
        if len(self.connections) > 1:
            self.again.set()
        return self.connections[-1]

    async def get(self, url, params, timeout_s):
        raise NotImplementedError

    async def request(self, request, timeout_s):
        raise NotImplementedError


class Rig:
    def __init__(self) -> None:
        self.wire = Wire()
        self.orders: list[UserOrder] = []
        self.caught_up = 0
        self.tokens = 0
        # a long pause between looks: what is seen at once is seen because it was told
        settings = TradingSettings(symbols=(), check_interval_s=60.0, first_backoff_s=0.001, backoff_cap_s=0.001)
        self.stream = UserStream(
            settings, self.wire, WallClock(), NoRandomness(),
            token=self._token, on_order=lambda order, _: self.orders.append(order), catch_up=self._catch_up,
        )  # fmt: skip

    def _token(self) -> str:
        self.tokens += 1
        return f"token-{self.tokens}"

    async def _catch_up(self) -> None:
        self.caught_up += 1

    def send(self, sequence: int, channel: str = "user", events: object = ()) -> None:
        text = {"channel": channel, "sequence_num": sequence, "timestamp": "2026-04-07T14:30:06Z", "events": events}
        self.wire.deliver(json.dumps(text).encode())

    async def turns(self, count: int = 20) -> None:
        for _ in range(count):
            await asyncio.sleep(0)


def play(scenario) -> Rig:
    async def run() -> Rig:
        rig = Rig()
        task = asyncio.get_running_loop().create_task(rig.stream.run())
        await rig.turns()
        try:
            await scenario(rig)
            assert not task.done()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        return rig

    return asyncio.run(run())


SNAPSHOT = [{"type": "snapshot", "orders": []}]
UPDATE = [{"type": "update", "orders": [{"order_id": "1", "status": "OPEN", "client_order_id": "o1"}]}]


def test_the_stream_is_up_once_it_has_caught_up_after_its_first_snapshot() -> None:
    async def scenario(rig: Rig) -> None:
        assert not rig.stream.is_up
        rig.send(0, events=SNAPSHOT)
        await rig.turns()
        assert (rig.stream.is_up, rig.caught_up) == (True, 1)
        rig.send(1, events=UPDATE)
        assert [order.client_order_id for order in rig.orders] == ["o1"]

    rig = play(scenario)
    sent = [(message["type"], message["channel"], message["jwt"]) for message in rig.wire.connections[0].sent]
    assert sent == [("subscribe", "heartbeats", "token-1"), ("subscribe", "user", "token-2")]


def test_an_account_without_a_snapshot_is_up_once_its_subscription_is_confirmed() -> None:
    async def scenario(rig: Rig) -> None:
        rig.send(0, "subscriptions", [{"subscriptions": {"heartbeats": ["heartbeats"]}}])
        await rig.turns()
        assert not rig.stream.is_up
        told = [{"subscriptions": {"heartbeats": ["heartbeats"], "user": ["3e625b74-1c4e-5967-ad38-4d26f30d4439"]}}]
        rig.send(1, "subscriptions", told)
        await rig.turns()
        assert (rig.stream.is_up, rig.caught_up) == (True, 1)
        rig.send(2, "subscriptions", told)
        assert rig.stream.is_up

    play(scenario)


def test_a_gap_or_a_message_that_cannot_be_read_takes_the_stream_down_until_it_has_caught_up() -> None:
    async def scenario(rig: Rig) -> None:
        rig.send(0, events=SNAPSHOT)
        await rig.turns()
        for n, disturb in enumerate(
            (
                lambda: rig.send(5, "heartbeats"),
                lambda: rig.wire.deliver(b'{"channel":"user"'),
                lambda: rig.send(6, events=[{"type": "update", "orders": [{"status": 7}]}]),
            )
        ):
            disturb()
            assert not rig.stream.is_up
            await rig.turns()
            assert (rig.stream.is_up, rig.caught_up) == (True, n + 2)

    assert len(play(scenario).wire.connections) == 1


def test_a_refused_subscription_is_a_reason_to_connect_anew() -> None:
    async def scenario(rig: Rig) -> None:
        rig.wire.deliver(b'{"type":"error","message":"authentication failure"}')
        async with asyncio.timeout(10):
            await rig.wire.again.wait()
        assert "authentication failure" in rig.stream.trouble

    play(scenario)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(max_size=40) | documents.map(lambda value: json.dumps(value).encode()), max_size=6))
def test_no_message_ends_the_stream(messages: list[bytes]) -> None:
    async def scenario(rig: Rig) -> None:
        for message in messages:
            rig.wire.deliver(message)
        await rig.turns(3)

    play(scenario)


@settings(max_examples=50, deadline=None)
@given(st.lists(documents, max_size=3))
def test_no_event_of_the_private_channel_raises(events: list) -> None:
    async def scenario(rig: Rig) -> None:
        rig.send(0, events=events)
        await rig.turns(3)

    play(scenario)
