"""What strategies that trade the same thing on two books have in common: the quote of a pair, and its jobs."""

from decimal import Decimal
from typing import NamedTuple, Self, TypeVar

from pydantic import Field, model_validator

from core.types.order import Side
from strategies.api import (
    BookReader,
    EdgeSource,
    InstrumentId,
    JobEnd,
    JobProposal,
    JobType,
    Leg,
    Strategy,
    StrategyContext,
    StrategyParameters,
)

BPS = Decimal(10_000)
ZERO = Decimal(0)
PAIR = 2
LEAST_SHARE = Decimal("0.2")


class PairedParameters(StrategyParameters):
    notional_usd: Decimal = Field(default=Decimal(1000), gt=0, description="size of one leg in US dollars")
    max_position_usd: Decimal = Field(default=Decimal(3000), gt=0, description="largest hedged position in US dollars")
    max_jobs: int = Field(default=1, ge=1, le=50, description="most jobs that wait or run at one time")
    ttl_s: float = Field(default=10.0, gt=0, le=3600, description="how long a job may wait before it is worth nothing")
    pause_s: float = Field(default=5.0, ge=0, le=86_400, description="least time between two jobs")

    @model_validator(mode="after")
    def _is_a_pair(self) -> Self:
        if len(self.instruments) != PAIR:
            raise ValueError(f"instruments names {len(self.instruments)}, allowed are two: one for each leg")
        return self


class Quote(NamedTuple):
    """Top of a book, of one unit of the underlying."""

    bid_usd: Decimal
    ask_usd: Decimal


class Crossing(NamedTuple):
    """Buying on one book and selling on the other at what both show now."""

    buy: InstrumentId
    sell: InstrumentId
    ask_usd: Decimal  # of one unit of the underlying
    bid_usd: Decimal

    @property
    def edge_bps(self) -> Decimal:
        """Return what is earned before fees: (bid - ask) / ask in basis points."""
        return (self.bid_usd - self.ask_usd) * BPS / self.ask_usd


P = TypeVar("P", bound=PairedParameters)


class PairedStrategy(Strategy[P]):
    """Watch two books of one underlying and propose jobs that buy on one what they sell on the other."""

    Parameters = PairedParameters

    def __init__(self, name: str, parameters: P) -> None:
        super().__init__(name, parameters)
        self._proposed_ns = 0

    def on_start(self, ctx: StrategyContext) -> None:
        del ctx
        first, second = (self.rules(instrument_id) for instrument_id in self.instruments)
        if first.book_id == second.book_id:
            raise ValueError(f"{first.id} and {second.id} are one order book: a job would trade with itself")
        if (first.underlying or first.base) != (second.underlying or second.base):
            raise ValueError(f"{first.id} and {second.id} are not the same underlying")

    def on_job(self, ctx: StrategyContext, end: JobEnd) -> None:
        ctx.log(f"{end.job_id} {end.outcome}: {end.reason}" if end.reason else f"{end.job_id} {end.outcome}")

    # what both books say -------------------------------------------------------------------------------

    def crossings(self, ctx: StrategyContext) -> tuple[Crossing, ...]:
        """Return both directions with the better one first; none while a book or a rate is missing."""
        first, second = self.instruments
        here, there = self._quote(ctx, first), self._quote(ctx, second)
        if here is None or there is None:
            return ()
        found = (
            Crossing(first, second, here.ask_usd, there.bid_usd),
            Crossing(second, first, there.ask_usd, here.bid_usd),
        )
        return tuple(sorted(found, key=lambda crossing: crossing.edge_bps, reverse=True))

    def _quote(self, ctx: StrategyContext, instrument_id: InstrumentId) -> Quote | None:
        book: BookReader | None = ctx.book(instrument_id)
        rate, instrument = ctx.usd_per_quote(instrument_id), self.rules(instrument_id)
        bid, ask = (None, None) if book is None else (book.best_bid(), book.best_ask())
        if bid is None or ask is None or rate is None:
            return None
        return Quote(instrument.ticks_to_price(bid[0]) * rate, instrument.ticks_to_price(ask[0]) * rate)

    def held_usd(self, ctx: StrategyContext, crossing: Crossing) -> Decimal:
        """Return the hedged position in the direction of a crossing, negative where the crossing would reduce it."""
        rules = self.rules(crossing.buy)
        return ctx.position(crossing.buy) * rules.contract_size * crossing.ask_usd

    # jobs --------------------------------------------------------------------------------------------------

    def may_propose(self, ctx: StrategyContext) -> bool:
        # A proposal that lies ahead was made before the clock was set back: its pause is over.
        is_early = 0 <= ctx.now_ns - self._proposed_ns < self.parameters.pause_s * 1e9
        return not is_early and ctx.open_jobs() < self.parameters.max_jobs

    def propose(self, ctx: StrategyContext, crossing: Crossing, job_type: JobType) -> bool:
        """Propose a job of the configured size; tell whether one was. Sizes are whole lots on both books."""
        legs = self._legs(ctx, crossing)
        if legs is None:
            return False
        first = self.rules(legs[0].instrument_id)
        proposal = JobProposal(
            strategy_type=job_type,
            symbol=f"{first.underlying or first.base}/{first.quote}",
            legs=legs,
            notional_usd=legs[0].quantity * first.contract_size * crossing.ask_usd,
            expected_edge_bps=crossing.edge_bps,
            ttl_s=self.parameters.ttl_s,
            edge_source=EdgeSource.BOOKS,
        )
        self._proposed_ns = ctx.now_ns
        return ctx.submit_job(proposal) is not None

    def _legs(self, ctx: StrategyContext, crossing: Crossing) -> tuple[Leg, Leg] | None:
        buy, sell = self.rules(crossing.buy), self.rules(crossing.sell)
        room = self.parameters.max_position_usd - self.held_usd(ctx, crossing)
        units = min(self.parameters.notional_usd, room) / crossing.ask_usd  # of the underlying
        bought = buy.floor_quantity(max(ZERO, units) / buy.contract_size)
        sold = sell.floor_quantity(bought * buy.contract_size / sell.contract_size)
        bought = buy.floor_quantity(sold * sell.contract_size / buy.contract_size)
        if bought <= 0 or sold <= 0 or bought * buy.contract_size * crossing.ask_usd < self._least_usd:
            return None
        legs = (
            Leg(venue=buy.venue, symbol=buy.symbol, side=Side.BUY, quantity=bought),
            Leg(venue=sell.venue, symbol=sell.symbol, side=Side.SELL, quantity=sold),
        )
        # The book with less to take goes first: what cannot be had there need not be hedged.
        thin = min(legs, key=lambda leg: self._depth(ctx, leg))
        return legs if thin is legs[0] else (legs[1], legs[0])

    @property
    def _least_usd(self) -> Decimal:
        """Return what a job must be worth when only a rest of the position is free."""
        return self.parameters.notional_usd * LEAST_SHARE

    def _depth(self, ctx: StrategyContext, leg: Leg) -> Decimal:
        book = ctx.book(leg.instrument_id)
        return (
            ZERO if book is None else book.visible_quantity(leg.side, 5) * self.rules(leg.instrument_id).contract_size
        )
