"""Orders at the loopback venue: what goes over the wire, and what comes of it."""

import asyncio
from decimal import Decimal

from core.ports.venue import SendOutcome
from core.types.order import Side, TimeInForce
from tests.adapters.hyperliquid.rig import AGENT, NVDA, OWNER, Rig, run
from tests.venues.hyperliquid.signatures import signer_of

D = Decimal
ACCEPTED, REJECTED, IN_DOUBT = SendOutcome.ACCEPTED, SendOutcome.REJECTED, SendOutcome.IN_DOUBT


def test_an_order_for_a_builders_symbol_names_its_asset_and_is_signed_by_the_agent() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start()
        result = await rig.submit("stag-0001-1", Side.BUY, "190.4", "0.5")
        assert result.outcome is ACCEPTED
        assert result.venue_order_id is not None

    rig = run(scenario)
    (body,) = rig.venue.actions
    (order,) = body["action"]["orders"]
    assert (order["a"], order["p"], order["s"], order["t"]) == (110_002, "190.4", "0.5", {"limit": {"tif": "Gtc"}})
    assert signer_of(body, is_mainnet=True) == AGENT
    assert rig.records.statuses_of("stag-0001-1")[0] == "open"


def test_an_order_is_filled_in_parts_and_every_fill_is_named_by_its_client_id() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start()
        await rig.submit("s0001-1", Side.BUY, "190.4", "0.5")
        rig.venue.state.crowd(NVDA, Side.SELL, "190.4", "0.2")
        rig.venue.state.crowd(NVDA, Side.SELL, "190.4", "0.3")
        await rig.records.until(lambda: "filled" in rig.records.statuses_of("s0001-1"))
        await rig.records.until(lambda: rig.records.filled("s0001-1") == D("0.5"))

    rig = run(scenario)
    assert [(fill.symbol, fill.price, fill.quantity) for fill in rig.records.fills[:2]] == [
        (NVDA, D("190.4"), D("0.2")),
        (NVDA, D("190.4"), D("0.3")),
    ]
    assert all(type(fill.price) is type(fill.quantity) is type(fill.fee) is Decimal for fill in rig.records.fills)
