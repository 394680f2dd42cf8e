"""What the venue lets through in a minute: who may use it up, and who does not wait for it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from adapters.hyperliquid.account_reader import AccountReader
from adapters.hyperliquid.account_wire import decode_fills
from adapters.hyperliquid.info import Info, weight_of
from adapters.hyperliquid.instruments import Universe
from adapters.hyperliquid.order_names import OrderNames
from adapters.hyperliquid.venue import new_budget
from adapters.network.request_budget import Purpose
from adapters.network.transport import Reply
from core.io.system_clock import SystemClock
from core.io.virtual_loop import VirtualLoop
from core.ports.randomness import NoRandomness
from core.ports.transport import HttpRequest
from core.ports.venue import SendOutcome
from tests.adapters.hyperliquid.rig import OWNER, Rig
from tests.venues.hyperliquid.server import LoopbackHyperliquid

DEXS = ("", "xyz")
FILL = {"coin": "BTC", "px": "1", "sz": "1", "side": "B", "time": 1, "oid": 1, "tid": 1, "fee": "0", "crossed": True}
STATE = {"assetPositions": [], "marginSummary": {"accountValue": "0"}, "withdrawable": "0", "time": 1}
ANSWERS = {"clearinghouseState": STATE, "userAbstraction": "disabled"}


class Wire:
    """Knows an account that has nothing, and adds up what it is asked."""

    def __init__(self) -> None:
        self.weight = 0
        self.rows = 0  # of fills

    async def request(self, request: HttpRequest, timeout_s: float) -> Reply:
        kind = json.loads(request.body)["type"]
        self.weight += weight_of(kind)
        return Reply(200, {}, json.dumps(ANSWERS.get(kind, [FILL] * self.rows)).encode())

    async def get(self, url: str, params: object, timeout_s: float) -> Reply:
        raise NotImplementedError

    async def connect(self, url: str, on_message: Callable[[bytes], None], timeout_s: float):
        raise NotImplementedError


def virtually(scenario: Callable[[], Awaitable[None]]) -> None:
    loop = VirtualLoop()
    try:
        loop.run_until_complete(scenario())
    finally:
        loop.close()


async def reading_without_end(execution, wire: Wire) -> None:
    universe = Universe((), DEXS)
    reader = AccountReader(execution._account_info, OWNER, universe, DEXS, OrderNames(), SystemClock())
    execution._reader, execution._universe = reader, universe
    with suppress(TimeoutError):
        async with asyncio.timeout(60):
            while True:
                await reader.report(0)


def test_a_minute_of_reading_accounts_is_less_than_the_venue_takes_and_a_kill_does_not_wait_behind_it() -> None:
    async def scenario() -> None:
        wire, loop = Wire(), asyncio.get_running_loop()
        execution = Rig(LoopbackHyperliquid(), Path("unused"), wire).execution
        await reading_without_end(execution, wire)
        assert 1000 < wire.weight < 1200
        began_s = loop.time()
        assert (await execution.cancel_all()).outcome is SendOutcome.ACCEPTED
        assert loop.time() == began_s

    virtually(scenario)


def test_rows_of_an_answer_count_though_the_allowance_is_used_up() -> None:
    async def scenario() -> None:
        wire, budget, loop = Wire(), new_budget(NoRandomness()), asyncio.get_running_loop()
        wire.rows = 400
        info = Info(wire, (budget,), "http://x", timeout_s=1)
        budget.told_used(1200 - 20)
        question = {"type": "userFills", "user": OWNER}
        await info.ask(question, decode_fills, Purpose.RECONCILE)
        assert loop.time() == 0
        await info.ask(question, decode_fills, Purpose.RECONCILE)
        assert loop.time() == pytest.approx(2, abs=0.01)  # 20 weights for the rows and 20 for the question, 20 a s

    virtually(scenario)
