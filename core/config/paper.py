"""[paper]: what paper execution assumes about the way to the venue and its fees."""

from decimal import Decimal

from pydantic import Field

from core.config.section import FeeBps, Milliseconds, Section, Whole


class PaperConfig(Section):
    entry_latency_ms: Milliseconds = Field(default=20, description="from sending an order to its arrival at the book")
    response_latency_ms: Milliseconds = Field(default=20, description="from the book back to us")
    latency_jitter_ms: Milliseconds = Field(default=5, description="largest random addition to each way")
    seed: Whole = Field(default=1, description="seed of the jitter")
    spot_maker_bps: FeeBps = Field(default=Decimal(10), description="spot fee of resting orders; negative is a rebate")
    spot_taker_bps: FeeBps = Field(default=Decimal(10), description="spot fee of orders that take")
    perpetual_maker_bps: FeeBps = Field(default=Decimal(2), description="perpetual fee of resting orders")
    perpetual_taker_bps: FeeBps = Field(default=Decimal(5), description="perpetual fee of orders that take")
