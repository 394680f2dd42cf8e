"""From quote to fill over the wire, in pieces of seven bytes."""

from decimal import Decimal

from core.ports.venue import SendOutcome
from core.types.account import Balance, VenuePosition
from core.types.instrument import InstrumentId
from core.types.market import FeedState
from core.types.order import Liquidity, OrderStatus, Side
from tests.adapters.binance.market_sink import best
from tests.venues.interactive_brokers.fake_tws import COMMISSION
from tests.venues.interactive_brokers.rig import VENUE, at_ns, order, trading


async def test_from_quote_to_fill_and_account():
    async with trading() as rig:
        await rig.until_quoted()
        assert best(rig.book) == (("150.10", "300.000"), ("150.12", "200.000"))
        assert rig.state is FeedState.UP
        sent = await rig.execution.submit(order("s1-1", Side.BUY, 10, "150.12"))
        assert sent.outcome is SendOutcome.ACCEPTED
        await rig.log.until(lambda: bool(rig.log.fills))
        (fill,) = rig.log.fills
        assert (fill.client_order_id, fill.price, fill.quantity) == ("s1-1", Decimal("150.12"), Decimal(10))
        assert (fill.fee, fill.liquidity, fill.side) == (COMMISSION, Liquidity.TAKER, Side.BUY)
        assert fill.venue_ns == at_ns("2026-11-23T15:30:00")
        await rig.log.until(lambda: OrderStatus.FILLED in rig.log.statuses("s1-1"))
        report = await rig.execution.account(0)
        assert report.fills == (fill,)
        assert report.open_orders == ()
        assert report.positions == (VenuePosition(InstrumentId(VENUE, "NVDA"), Decimal(10), Decimal("150.12")),)
        assert report.balances == (Balance("USD", Decimal("98497.55"), Decimal("98497.55")),)
