"""The venue on the loopback is honest: the venue's own client trades on it too, and meets our orders."""

import asyncio
from decimal import Decimal
from typing import Any

from eth_account import Account
from hyperliquid.exchange import Exchange
from hyperliquid.info import Info
from hyperliquid.utils.types import Cloid

from core.ports.venue import SendOutcome
from core.types.order import Liquidity, Side
from tests.adapters.hyperliquid.rig import NVDA, Rig, run
from tests.venues.hyperliquid.server import LoopbackHyperliquid

D = Decimal
THEIR_KEY = "0x" + "44" * 32
THEIR_AGENT = Account.from_key(THEIR_KEY)
THEM = "0x" + "77" * 20


def make_client(url: str) -> Exchange:
    return Exchange(THEIR_AGENT, url, account_address=THEM, perp_dexs=["", "xyz"], timeout=10)


def test_the_venues_own_client_and_ours_trade_with_each_other() -> None:
    venue = LoopbackHyperliquid(is_mainnet=False)  # whatever is not the venue's own address signs for the other network
    venue.agents[THEIR_AGENT.address.lower()] = THEM
    seen: dict[str, Any] = {}

    async def scenario(rig: Rig) -> None:
        await rig.start()
        client = await asyncio.to_thread(make_client, venue.url)
        assert client.info.coin_to_asset[NVDA] == 110_002

        await rig.submit("s0001-1", Side.BUY, "190.4", "1")
        answer = await asyncio.to_thread(client.order, NVDA, False, 0.4, 190.4, {"limit": {"tif": "Ioc"}})
        assert answer["response"]["data"]["statuses"][0]["filled"]["totalSz"] == "0.4"
        await rig.records.until(lambda: rig.records.filled("s0001-1") == D("0.4"))

        cloid = Cloid.from_str("0x" + "ab" * 16)
        await asyncio.to_thread(client.order, NVDA, False, 2, 190.8, {"limit": {"tif": "Gtc"}}, False, cloid)
        taken = await rig.submit("s0001-2", Side.BUY, "190.8", "0.5")
        assert taken.outcome is SendOutcome.ACCEPTED
        await rig.records.until(lambda: rig.records.filled("s0001-2") == D("0.5"))

        info: Info = client.info
        seen["state"] = await asyncio.to_thread(info.user_state, THEM, "xyz")
        seen["orders"] = await asyncio.to_thread(info.frontend_open_orders, THEM, "xyz")
        seen["fills"] = await asyncio.to_thread(info.user_fills, THEM)
        seen["cancelled"] = await asyncio.to_thread(client.cancel_by_cloid, NVDA, cloid)
        seen["book"] = await asyncio.to_thread(info.l2_snapshot, NVDA)

    rig = run(scenario, venue=venue)
    assert seen["state"]["assetPositions"][0]["position"]["szi"] == "-0.9"
    assert [(order["sz"], order["origSz"]) for order in seen["orders"]] == [("1.5", "2.0")]
    assert [(fill["sz"], fill["px"], fill["side"]) for fill in seen["fills"]] == [
        ("0.5", "190.8", "A"),
        ("0.4", "190.4", "A"),
    ]
    assert seen["cancelled"]["response"]["data"]["statuses"] == ["success"]
    assert seen["book"]["levels"] == [[{"px": "190.4", "sz": "0.6", "n": 1}], []]
    liquidities = {fill.client_order_id: fill.liquidity for fill in rig.records.fills}
    assert liquidities == {"s0001-1": Liquidity.MAKER, "s0001-2": Liquidity.TAKER}


def test_a_client_whose_key_is_no_agent_is_refused() -> None:
    venue = LoopbackHyperliquid(is_mainnet=False)

    async def scenario(rig: Rig) -> None:
        client = await asyncio.to_thread(make_client, venue.url)
        answer = await asyncio.to_thread(client.order, NVDA, True, 1, 190.4, {"limit": {"tif": "Gtc"}})
        assert answer == {
            "status": "err",
            "response": f"User or API Wallet {THEIR_AGENT.address.lower()} does not exist.",
        }

    run(scenario, venue=venue)
    assert venue.state.orders == {}
