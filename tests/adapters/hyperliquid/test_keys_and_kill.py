"""What a key may do, that it shows itself nowhere, and a kill from a process that has nothing but the key."""

import logging
import subprocess
import sys
from collections import deque
from decimal import Decimal

import pytest
from aiohttp import web

from adapters.hyperliquid.info import InfoError
from adapters.hyperliquid.key_rights import KEY_FIELDS, KeyRightsError, account_address
from adapters.hyperliquid.network import HyperliquidNetwork
from adapters.hyperliquid.venue import cancel_everything, key_rights
from adapters.keys.fields import make_credentials
from adapters.keys.key_name import KeyName
from core.io.system_clock import SystemClock
from core.ports.keys import KeyRight
from core.ports.venue import SendOutcome, SendResult
from core.types.credentials import Secret
from core.types.order import Side
from tests.adapters.hyperliquid.rig import AGENT, AGENT_KEY, BTC, OWNER, OWNER_KEY, Rig, credentials, run
from tests.venues.hyperliquid.faults import answered, done_and_lost, lost
from tests.venues.hyperliquid.server import LoopbackHyperliquid

D = Decimal
ACCEPTED, REJECTED, IN_DOUBT = SendOutcome.ACCEPTED, SendOutcome.REJECTED, SendOutcome.IN_DOUBT
MAINNET = HyperliquidNetwork.MAINNET


async def kill(rig: Rig, private_key: str = AGENT_KEY) -> SendResult:
    return await cancel_everything(
        credentials(private_key), network=MAINNET, transport=rig.transport, clock=SystemClock(),
        endpoints=rig.venue.endpoints,
    )  # fmt: skip


def open_orders(venue: LoopbackHyperliquid) -> int:
    return sum(order.status == "open" for order in venue.state.orders.values())


def scatter(venue: LoopbackHyperliquid) -> None:
    """Leave orders of somebody else's making on every dex, more than one batch of them."""
    venue.state.account(OWNER).cash = D(10_000_000)
    for asset in venue.state.assets.values():
        for n in range(30):
            wire = {
                "a": asset.number,
                "b": True,
                "p": str(50 + n),
                "s": "1",
                "r": False,
                "t": {"limit": {"tif": "Gtc"}},
            }
            venue.state.place(OWNER, wire)


def test_everything_is_cancelled_on_every_dex_by_a_process_with_nothing_but_the_key() -> None:
    async def scenario(rig: Rig) -> None:
        assert open_orders(rig.venue) == 180
        assert (await kill(rig)).outcome is ACCEPTED

    rig = run(scenario, prepare=scatter)
    assert open_orders(rig.venue) == 0
    assert {body["action"]["type"] for body in rig.venue.actions} == {"cancel"}


@pytest.mark.parametrize("fault", [lost, done_and_lost, answered(500), answered(200, "nonsense")])
def test_a_cancel_that_is_in_doubt_is_looked_after_until_nothing_rests(fault) -> None:
    async def scenario(rig: Rig) -> None:
        rig.venue.exchange_faults.append(fault)
        assert (await kill(rig)).outcome is ACCEPTED

    assert open_orders(run(scenario, prepare=scatter).venue) == 0


def test_a_kill_that_did_not_reach_everything_says_so() -> None:
    async def scenario(rig: Rig) -> None:
        rig.venue.exchange_faults.extend([answered(500)] * 50)
        result = await kill(rig)
        assert (result.outcome, "not everything is cancelled" in result.reason) == (IN_DOUBT, True)
        rig.venue.info_faults["frontendOpenOrders"] = deque([answered(500)] * 50)
        result = await kill(rig)
        assert (result.outcome, "what rests is not known" in result.reason) == (IN_DOUBT, True)
        rig.venue.info_faults["perpDexs"] = deque([answered(500)] * 50)
        assert (await kill(rig)).outcome is IN_DOUBT

    run(scenario, prepare=scatter)


def test_a_dex_that_cannot_be_read_for_a_moment_keeps_no_order_alive() -> None:
    async def scenario(rig: Rig) -> None:
        rig.venue.info_faults["meta"] = deque([answered(502)])
        rig.venue.info_faults["frontendOpenOrders"] = deque([answered(500), answered(502)])
        assert (await kill(rig)).outcome is ACCEPTED

    assert open_orders(run(scenario, prepare=scatter).venue) == 0


def test_a_dex_that_cannot_be_read_at_all_keeps_no_order_of_another_one_alive() -> None:
    def unread_where_built(venue: LoopbackHyperliquid, request: web.Request, body: dict) -> web.Response | None:
        return web.Response(status=500) if body["dex"] == "xyz" else None

    async def scenario(rig: Rig) -> None:
        rig.venue.info_faults["frontendOpenOrders"] = deque([unread_where_built] * 50)
        result = await kill(rig)
        assert (result.outcome, "what rests is not known" in result.reason) == (IN_DOUBT, True)

    rig = run(scenario, prepare=scatter)
    assert open_orders(rig.venue) == 90
    assert {
        order.asset.coin.partition(":")[0] for order in rig.venue.state.orders.values() if order.status == "open"
    } == {"xyz"}


def test_an_engine_and_a_kill_beside_it_never_use_one_number_twice() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start()
        await rig.submit("s0001-1", Side.BUY, "40", "1")
        assert (await kill(rig)).outcome is ACCEPTED
        assert (await rig.submit("s0001-2", Side.BUY, "40", "1")).outcome is ACCEPTED
        assert (await rig.execution.cancel_all()).outcome is ACCEPTED

    rig = run(scenario)
    nonces = [body["nonce"] for body in rig.venue.actions]
    assert len(set(nonces)) == len(nonces) == 4
    assert open_orders(rig.venue) == 0


def test_the_engines_own_cancel_of_everything_takes_foreign_orders_too() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start()
        assert (await rig.execution.cancel_all()).outcome is ACCEPTED

    assert open_orders(run(scenario, prepare=scatter).venue) == 0


# rights --------------------------------------------------------------------------------------------------------


async def rights(rig: Rig, private_key: str):
    return await key_rights(
        credentials(private_key), network=MAINNET, transport=rig.transport, endpoints=rig.venue.endpoints
    )


def test_an_agents_key_trades_and_cannot_withdraw() -> None:
    async def scenario(rig: Rig) -> None:
        found = await rights(rig, AGENT_KEY)
        assert (found.rights, "cannot withdraw" in found.detail) == ({KeyRight.READ, KeyRight.TRADE}, True)

    run(scenario)


def test_the_key_of_the_account_itself_can_withdraw_and_is_refused() -> None:
    async def scenario(rig: Rig) -> None:
        found = await rights(rig, OWNER_KEY)
        assert found.rights is not None
        assert KeyRight.WITHDRAW in found.rights
        execution = rig.make_execution(credentials(OWNER_KEY))
        with pytest.raises(KeyRightsError, match=r"can withdraw.*make an API wallet"):
            await execution.start(rig.records)

    rig = run(scenario)
    assert rig.venue.actions == []


@pytest.mark.parametrize("owner", [None, "0x" + "99" * 20])
def test_a_key_that_is_no_agent_of_the_account_is_refused(owner: str | None) -> None:
    async def scenario(rig: Rig) -> None:
        del rig.venue.agents[AGENT]
        if owner is not None:
            rig.venue.agents[AGENT] = owner
        assert (await rights(rig, AGENT_KEY)).rights == frozenset()
        with pytest.raises(KeyRightsError):
            await rig.execution.start(rig.records)

    run(scenario)


def test_a_key_that_nobody_vouches_for_is_not_used() -> None:
    async def scenario(rig: Rig) -> None:
        rig.venue.info_faults["userRole"] = deque([answered(500)])
        with pytest.raises(InfoError):
            await rig.execution.start(rig.records)

    assert run(scenario).venue.actions == []


def test_an_order_signed_for_the_other_network_is_refused_by_the_venue() -> None:
    async def scenario(rig: Rig) -> None:
        rig.network = HyperliquidNetwork.TESTNET
        await rig.start(rig.make_execution())
        result = await rig.submit("s0001-1", Side.BUY, "40", "1")
        assert (result.outcome, "does not exist" in result.reason) == (REJECTED, True)

    run(scenario)


@pytest.mark.parametrize("written", [OWNER, OWNER.removeprefix("0x"), OWNER.removeprefix("0x").upper()])
def test_an_address_that_the_key_store_takes_is_the_venues(written: str) -> None:
    parts = {"account_address": Secret(written), "private_key": Secret(AGENT_KEY)}
    assert account_address(make_credentials(KeyName("hyperliquid"), parts)) == OWNER


@pytest.mark.parametrize("address", ["", "0x12", "OWNER", OWNER + "0"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    async def scenario(rig: Rig) -> None:
        with pytest.raises(KeyRightsError, match="address of the account"):
            rig.make_execution(credentials(address=address))

    run(scenario)


def test_the_key_shows_itself_in_no_log_error_or_text(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    texts: list[str] = []

    async def scenario(rig: Rig) -> None:
        await rig.start()
        rig.venue.exchange_faults.extend([done_and_lost, answered(500, "no"), answered(422)])
        for n in range(4):
            texts.append(repr(await rig.submit(f"s0001-{n + 1}", Side.BUY, "40", "1")))
        parts = vars(rig.execution)
        texts.extend([repr(parts), repr(vars(parts["_exchange"])), repr(vars(parts["_exchange"]._signer))])

    run(scenario)
    secret = AGENT_KEY.removeprefix("0x")
    assert not [text for text in [*texts, caplog.text] if secret in text.lower()]
    assert [field.is_secret for field in KEY_FIELDS] == [False, True]


def test_heavy_libraries_are_loaded_only_by_who_signs() -> None:
    code = (
        "import sys, adapters.hyperliquid.venue; "
        "print(sorted({'eth_account', 'hyperliquid', 'numba', 'msgpack', 'web3'} & set(sys.modules)))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert printed.stdout.strip() == "[]"


def test_a_symbol_of_the_main_dex_is_traded_by_its_own_number() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start()
        assert (await rig.submit("s0001-1", Side.BUY, "69997.58", "0.1234567", symbol=BTC)).outcome is ACCEPTED

    rig = run(scenario)
    (order,) = rig.venue.sent("order")[0]["orders"]
    assert (order["a"], order["p"], order["s"]) == (0, "69997", "0.12345")
