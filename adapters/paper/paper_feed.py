"""A feed whose market a paper venue trades on."""

from decimal import Decimal

import msgspec

from adapters.paper.execution import PaperExecution
from adapters.paper.market_tee import MarketTee
from core.book.book import Book
from core.ports.venue import Feed, MarketSink
from core.types.instrument import AssetType, Instrument


class PaperFees(msgspec.Struct, frozen=True, kw_only=True):
    """Fees as fractions of the value; public market data does not tell an account's own."""

    spot_maker: Decimal
    spot_taker: Decimal
    perpetual_maker: Decimal
    perpetual_taker: Decimal


class _FeeTee(MarketTee):
    """Put the configured fees into the rules on their way to engine and paper venue."""

    def __init__(self, sink: MarketSink, paper: PaperExecution, fees: PaperFees) -> None:
        super().__init__(sink, {paper.venue: paper})
        self._fees = fees

    def add_instrument(self, instrument: Instrument) -> Book:
        is_perpetual = instrument.asset_type is AssetType.PERPETUAL
        maker = self._fees.perpetual_maker if is_perpetual else self._fees.spot_maker
        taker = self._fees.perpetual_taker if is_perpetual else self._fees.spot_taker
        priced = msgspec.structs.replace(instrument, maker_fee_rate=maker, taker_fee_rate=taker, has_fee_rates=True)
        return super().add_instrument(priced)


class PaperFeed:
    """Implements the `Feed` port over another feed; what it sees reaches the paper venue too."""

    def __init__(self, feed: Feed, paper: PaperExecution, fees: PaperFees) -> None:
        self._feed = feed
        self._paper = paper
        self._fees = fees

    @property
    def venue(self) -> str:
        return self._feed.venue

    async def start(self, sink: MarketSink) -> None:
        await self._feed.start(_FeeTee(sink, self._paper, self._fees))

    async def stop(self) -> None:
        await self._feed.stop()
