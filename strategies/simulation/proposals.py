"""Jobs that strategies propose in simulations: between books that no matching engine shares, at a claimed edge."""

from decimal import Decimal
from typing import Final

from core.types.instrument import Instrument, InstrumentId
from core.types.job import JobProposal, JobType, Leg
from core.types.order import Side
from strategies.simulation.chance import Dice

BTC, ETH, COIN = "BTC/USDT:USDT", "ETH/USDT:USDT", "ETH/USDT"
PAIRS: Final = (
    (InstrumentId("alpha", BTC), InstrumentId("beta", BTC)),
    (InstrumentId("alpha", BTC), InstrumentId("gamma", BTC)),
    (InstrumentId("alpha", ETH), InstrumentId("beta", ETH)),
)
BASKETS: Final = (
    (InstrumentId("gamma", COIN), InstrumentId("alpha", ETH)),
    (InstrumentId("gamma", COIN), InstrumentId("alpha", ETH), InstrumentId("beta", ETH)),
    (InstrumentId("alpha", ETH), InstrumentId("beta", ETH), InstrumentId("gamma", COIN)),
)
"""The first leg against all others, which share its quantity; a coin can be bought, or sold where it is held."""
CLAIMED_EDGE_BPS: Final = Decimal(60)


def pair(dice: Dice) -> tuple[InstrumentId, ...]:
    first, second = dice.pick(PAIRS)
    return (second, first) if dice.chance(0.5) else (first, second)


def basket(dice: Dice) -> tuple[InstrumentId, ...]:
    return dice.pick(BASKETS)


def proposal(dice: Dice, legs: tuple[InstrumentId, ...], first: Instrument) -> JobProposal:
    """Return a job of these books, `first` being the rules of the first one."""
    quantity = Decimal(dice.whole(20, 4_800)) / 100
    price = Decimal(100) if first.base == "BTC" else Decimal(50)
    side = dice.pick((Side.BUY, Side.SELL))
    part = first.floor_quantity(quantity / (len(legs) - 1))
    quantities = [part * (len(legs) - 1), *(part for _ in legs[1:])]
    return JobProposal(
        strategy_type=dice.pick((JobType.HEDGE, JobType.HEDGE, JobType.ARB)),
        symbol=f"{first.base}/USDT",
        legs=tuple(
            Leg(venue=each.venue, symbol=each.symbol, side=side if at == 0 else side.opposite, quantity=quantities[at])
            for at, each in enumerate(legs)
        ),
        notional_usd=quantity * price,
        expected_edge_bps=CLAIMED_EDGE_BPS,
        ttl_s=dice.between(5, 60),
    )
