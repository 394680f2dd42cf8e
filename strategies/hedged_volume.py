"""Hedged volume: real trades on two venues whose risks cancel, wherever that costs nothing.

Every `pause_s` the better direction is proposed if it is worth at least `propose_from_bps` before fees. Whether it is
economic after fees, funding and slippage decides the risk hub: volume ranks what passed, it makes nothing acceptable.
"""

from decimal import Decimal

from pydantic import Field

from strategies.api import InstrumentId, JobType, StrategyContext, register_strategy
from strategies.paired import PairedParameters, PairedStrategy


class HedgedVolumeParameters(PairedParameters):
    pause_s: float = Field(default=30.0, ge=0, le=86_400, description="least time between two jobs")
    propose_from_bps: Decimal = Field(default=Decimal(3), description="edge before fees from which a job is proposed")


@register_strategy("hedged_volume")
class HedgedVolume(PairedStrategy[HedgedVolumeParameters]):
    """Turn over hedged positions on two venues with real counterparties."""

    Parameters = HedgedVolumeParameters

    def on_book(self, ctx: StrategyContext, instrument_id: InstrumentId) -> None:
        del instrument_id
        if not self.may_propose(ctx):
            return
        for crossing in self.crossings(ctx):
            if crossing.edge_bps >= self.parameters.propose_from_bps and self.propose(ctx, crossing, JobType.HEDGE):
                return
