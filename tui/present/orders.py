"""Orders and fills as tables."""

from decimal import Decimal

from core.state.desk import FillView, OrderView
from tui.present import numbers
from tui.present.ink import Decor, Ink, Span
from tui.present.price_grids import NO_GRIDS, Grids, longest_of, with_decimals
from tui.present.table import Align, Column, Row, Table

FINAL = frozenset({"filled", "cancelled", "rejected", "expired", "refused", "done"})

_ORDER_COLUMNS = (
    Column("time", rank=6),
    Column("venue", rank=3, shrinks_to=5),
    Column("symbol", shrinks_to=11),
    Column("side"),
    Column("qty", Align.NUMBER),
    Column("price", Align.NUMBER, rank=1),
    Column("filled", Align.NUMBER, rank=4),
    Column("status", rank=2),
    Column("from", rank=5, shrinks_to=6),
    Column("why", rank=7, shrinks_to=8),
)
_NO_ORDERS = (
    "No orders yet.",
    "{ticket-here} on a ladder row opens a ticket at that price;",
    "{cancel} cancels the selected order, {cancel-symbol} all on its symbol, {explain} explains it.",
)
_FILL_COLUMNS = (
    Column("time", rank=1),
    Column("venue", rank=4, shrinks_to=5),
    Column("symbol", shrinks_to=9),
    Column("side"),
    Column("qty", Align.NUMBER),
    Column("price", Align.NUMBER),
    Column("fee", Align.NUMBER, rank=5),
    Column("liq", rank=6),
    Column("from", rank=7, shrinks_to=6),
)
_FEE_STEP = Decimal("0.0001")
_NO_FILLS = ("No fills yet.", "Every execution of an own order is listed here, newest first.")


def is_final(order: OrderView) -> bool:
    """Tell whether nothing more can come of an order; a held one that was refused waits for a person."""
    return order.status in FINAL and not (order.status == "refused" and is_held(order))


def is_held(order: OrderView) -> bool:
    """Tell whether this is an order that the core holds, not one at a venue."""
    return order.client_order_id.startswith("held-")


def side_span(side: str) -> Span:
    """Name a side by word and shape, not by colour alone."""
    return Span("▲ buy", Ink.BID) if side == "buy" else Span("▼ sell", Ink.ASK)


def status_span(order: OrderView) -> Span:
    shape, ink, decor = {
        "open": ("●", Ink.OWN, Decor.NONE),
        "partially_filled": ("◐", Ink.OWN, Decor.NONE),
        "intended": ("○", Ink.WARNING, Decor.NONE),
        "cancelling": ("◌", Ink.WARNING, Decor.NONE),
        "in_doubt": ("?", Ink.ALARM, Decor.BOLD | Decor.REVERSED),
        "held": ("◆", Ink.OWN, Decor.NONE),
        "waiting": ("◇", Ink.OWN, Decor.NONE),
        "triggered": ("▶", Ink.WARNING, Decor.BOLD),
        "done": ("✓", Ink.GOOD, Decor.NONE),
        "filled": ("✓", Ink.GOOD, Decor.NONE),
        "rejected": ("✗", Ink.ALARM, Decor.NONE),
        "refused": ("✗", Ink.ALARM, Decor.NONE),
    }.get(order.status, ("·", Ink.QUIET, Decor.NONE))
    if order.amend is not None:
        return _amend_span(order)
    if order.status == "refused" and is_held(order):
        ink, decor = Ink.ALARM, Decor.BOLD | Decor.REVERSED
    return Span(f"{shape} {order.status.replace('_', ' ')}{_distance(order)}", ink, decor)


def _distance(order: OrderView) -> str:
    """Say how far the market is from the stop of a held order."""
    return "" if order.distance_pct is None else f" {numbers.exact(order.distance_pct)} %"


def _amend_span(order: OrderView) -> Span:
    """Say what is asked for while nobody knows whether it holds."""
    new = "" if order.new_price is None else f" to {numbers.exact(order.new_price)}"
    if order.amend == "in_doubt":
        return Span(f"? amend in doubt{new}", Ink.ALARM, Decor.BOLD | Decor.REVERSED)
    return Span(f"◌ amending…{new}", Ink.WARNING)


def order_price(order: OrderView, decimals: int = 0) -> str:
    """Write what an order asks for, or got; a limit and a stop with `decimals` at least."""
    if order.stop_price is not None:
        limit = "" if order.limit_price is None else f" / {with_decimals(order.limit_price, decimals)}"
        return f"stop {with_decimals(order.stop_price, decimals)}{limit}"
    if order.limit_price is not None:
        return with_decimals(order.limit_price, decimals)
    return order.order_type if order.average_price is None else numbers.average(order.average_price)


def orders_table(orders: list[OrderView], grids: Grids = NO_GRIDS) -> Table:
    """List orders as given; final ones are dim, and a refused one says why. Prices are aligned as those of fills."""
    decimals = longest_of(((order, order.limit_price) for order in orders), grids)
    return Table(_ORDER_COLUMNS, [_order_row(order, decimals[order.symbol]) for order in orders], _NO_ORDERS)


def _order_row(order: OrderView, decimals: int) -> Row:
    source = "external" if order.is_external else order.source.removeprefix("strategy:")
    cells = (
        Span(numbers.clock(order.created_ns), Ink.QUIET),
        Span(order.venue, Ink.QUIET),
        Span(order.symbol, Ink.STRONG),
        side_span(order.side),
        Span(numbers.exact(order.quantity)),
        Span(order_price(order, decimals)),
        Span(numbers.exact(order.filled_quantity)),
        status_span(order),
        Span(source, Ink.QUIET),
        Span(order.reason or "", Ink.QUIET),
    )
    return Row(order.client_order_id, cells, Decor.DIM if is_final(order) else Decor.NONE)


def fills_table(fills: list[FillView], grids: Grids = NO_GRIDS) -> Table:
    """List fills as given; the prices of a symbol have the decimals of its grid, or of the longest, to be compared."""
    decimals = longest_of(((fill, fill.price) for fill in fills), grids)
    return Table(_FILL_COLUMNS, [_fill_row(fill, decimals[fill.symbol]) for fill in fills], _NO_FILLS)


def _fill_row(fill: FillView, decimals: int) -> Row:
    cells = (
        Span(numbers.clock(fill.at_ns), Ink.QUIET),
        Span(fill.venue, Ink.QUIET),
        Span(fill.symbol, Ink.STRONG),
        side_span(fill.side),
        Span(numbers.exact(fill.quantity)),
        Span(with_decimals(fill.price, decimals)),
        Span(numbers.exact(fill.fee.quantize(_FEE_STEP) if fill.fee else fill.fee), Ink.QUIET),
        Span(fill.liquidity, Ink.QUIET),
        Span(fill.source.removeprefix("strategy:"), Ink.QUIET),
    )
    return Row(f"{fill.venue} {fill.fill_id}", cells)
