"""An execution as a console shows it."""

from core.state.desk import FillView
from core.types.order import Fill


def fill_view(fill: Fill, source: str) -> FillView:
    return FillView(
        fill_id=fill.fill_id,
        client_order_id=fill.client_order_id,
        venue=fill.venue,
        symbol=fill.symbol,
        side=fill.side.value,
        price=fill.price,
        quantity=fill.quantity,
        fee=fill.fee,
        liquidity=fill.liquidity.value,
        source=source,
        at_ns=fill.venue_ns,
        trade_id=fill.trade_id,
    )
