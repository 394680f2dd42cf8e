"""Cross-venue spread arbitrage: buy where a thing is cheap and sell it where it is dear, at the same time.

The edge is what both books show now, ``(bid - ask) / ask``. It is proposed from `entry_edge_bps` on, which should
cover the fees of both legs, their slippage and the least edge of the risk mode; the risk hub judges that by itself.
The position is closed by the opposite crossing, which earns as well.
"""

from decimal import Decimal

from pydantic import Field

from strategies.api import InstrumentId, JobType, StrategyContext, register_strategy
from strategies.paired import PairedParameters, PairedStrategy


class SpreadArbParameters(PairedParameters):
    entry_edge_bps: Decimal = Field(default=Decimal(14), description="edge before fees from which a job is proposed")


@register_strategy("spread_arb")
class SpreadArb(PairedStrategy[SpreadArbParameters]):
    """Take the spread between two venues whenever it pays for both legs."""

    Parameters = SpreadArbParameters

    def on_book(self, ctx: StrategyContext, instrument_id: InstrumentId) -> None:
        del instrument_id
        if not self.may_propose(ctx):
            return
        for crossing in self.crossings(ctx):
            if crossing.edge_bps >= self.parameters.entry_edge_bps and self.propose(ctx, crossing, JobType.ARB):
                return
