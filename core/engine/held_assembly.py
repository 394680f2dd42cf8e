"""Put together what holds orders, over the parts that orders already have."""

from collections.abc import Callable

from core.engine.account_reads import AccountReads
from core.engine.ground import Ground
from core.engine.held_desk import HeldDesk
from core.engine.held_intents import HeldIntents
from core.engine.order_desk import OrderDesk
from core.engine.own_clearance import OwnClearance
from core.engine.risk_views import RiskViews


def connect_held(
    ground: Ground,
    *,
    views: RiskViews,
    desk: OrderDesk,
    clearance: OwnClearance,
    reads: AccountReads,
    call_soon: Callable[[Callable[[], None]], object],
) -> HeldDesk:
    """Build the desk of held orders and have it told whenever an account was read."""
    intents = HeldIntents(clock=ground.clock, ids=ground.ids, market=ground.market, clearance=clearance)
    held = HeldDesk(
        clock=ground.clock,
        fold=ground.fold,
        market=ground.market,
        recorder=ground.recorder,
        views=views,
        desk=desk,
        intents=intents,
        accounts=reads,
        limits=ground.settings.limits,
        log=ground.log,
        call_soon=call_soon,
    )
    reads.on_read(held.on_account_read)
    return held
