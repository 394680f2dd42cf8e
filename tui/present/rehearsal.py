"""What would become of an order, in words: for the ticket and the command line alike. Unknown is said, never zero."""

from decimal import ROUND_CEILING, Decimal
from typing import Final

from core.state.rehearsal import OrderRehearsalView, RoomView
from tui.present import numbers

UNKNOWN: Final = "unknown"
_PER_CENT: Final = Decimal(100)


def verdict_text(view: OrderRehearsalView) -> str:
    """Say whether the order would be let out."""
    if view.verdict != "approved":
        return f"REFUSED: {view.reason}"
    return "approved: it would be held" if view.is_held else "approved: it would be sent"


def fill_text(view: OrderRehearsalView) -> str:
    """Say what trades at once, at which price, and how much worse that is than the touch and the middle."""
    fill = view.fill
    if fill.taken is None:
        return f"{UNKNOWN}: {fill.problem}"
    if fill.average_price is None:
        return "nothing trades at once"
    levels = f"{fill.levels} level{'' if fill.levels == 1 else 's'}"
    text = f"{numbers.exact(fill.taken)} at {numbers.average(fill.average_price)} over {levels}"
    if fill.worst_price is not None and fill.levels > 1:
        text += f" to {numbers.exact(fill.worst_price)}"
    return f"{text}, slippage {bps(fill.slippage_bps)}, {bps(fill.mid_cost_bps)} from the middle"


def rest_text(view: OrderRehearsalView) -> str:
    """Say what becomes of what does not trade at once; empty where nothing is left."""
    fill = view.fill
    if fill.rests:
        return f"{numbers.exact(fill.rests)} would rest"
    return f"{numbers.exact(fill.beyond_depth)} would find nothing" if fill.beyond_depth else ""


def fees_text(view: OrderRehearsalView) -> str:
    """Say the fees of what trades at once and of what rests, each with its rate."""
    fees, parts = view.fees, list[str]()
    if fees.taker_rate is None or fees.maker_rate is None:
        return f"{UNKNOWN}: the venue states none"
    if fees.taken is None and fees.resting is None:
        return f"{UNKNOWN}; taker {rate(fees.taker_rate)}, maker {rate(fees.maker_rate)}"
    if fees.taken or not fees.resting:
        parts.append(f"{amount(fees.taken)} {fees.currency} as taker ({rate(fees.taker_rate)})")
    if fees.resting:
        parts.append(f"{amount(fees.resting)} {fees.currency} as maker ({rate(fees.maker_rate)})")
    return ", ".join(parts)


def funding_text(view: OrderRehearsalView) -> str:
    """Say what pays for the order, how much of it is needed, and what is left."""
    funding = view.funding
    if funding is None:
        return UNKNOWN
    left, available = numbers.room(funding.left), numbers.room(funding.available)
    return f"{_needed(funding.needed)} {funding.unit} needed, {left} left of {available}"


def _needed(value: Decimal | None) -> str:
    """Write what is needed: rounded up, so that having what is shown suffices."""
    if value is None:
        return UNKNOWN
    step = Decimal("0.01") if abs(value) >= 1 else Decimal(1).scaleb(value.adjusted() - 3)
    return numbers.exact(value.quantize(step, rounding=ROUND_CEILING))


def room_name(room: RoomView) -> str:
    """Name a limit as refusals do, the paying pool by its own name."""
    if room.rule == "capital_pool":
        return f"{room.of.partition(' ')[0]} pool"
    return room.rule.replace("_", " ")


def bps(value: Decimal | None) -> str:
    """Write a part of a price; what rounds to nothing has no sign."""
    return UNKNOWN if value is None else f"{round(value, 2) or Decimal(0):.2f} bps"


def rate(value: Decimal) -> str:
    return f"{numbers.exact(value * _PER_CENT)} %"


def amount(value: Decimal | None) -> str:
    """Write a fee: two decimals, four where it is small."""
    if value is None:
        return UNKNOWN
    return f"{value:,.2f}" if abs(value) >= 1 or not value else f"{value:,.4f}"
