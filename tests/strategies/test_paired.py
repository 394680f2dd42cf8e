"""Strategies of two books propose jobs in the better direction, in whole lots, and no more than they were allowed."""

from decimal import Decimal
from typing import Any

import pytest

from core.types.instrument import AssetType, Instrument, InstrumentId
from core.types.job import EdgeSource, JobProposal, JobType
from core.types.order import Side
from strategies.api import Strategy
from strategies.loading import load_shipped
from strategies.registry import REGISTRY

SYMBOL = "SOL/USDT:USDT"
A, B = InstrumentId("sim-a", SYMBOL), InstrumentId("sim-b", SYMBOL)


def perpetual(instrument_id: InstrumentId, lot: str = "0.01", **rules: Any) -> Instrument:
    return Instrument(
        venue=instrument_id.venue, symbol=instrument_id.symbol, venue_symbol="SOL", asset_type=AssetType.PERPETUAL,
        base="SOL", quote="USDT", tick_size=Decimal("0.01"), lot_size=Decimal(lot), min_quantity=Decimal(lot),
        min_notional=Decimal(5), **rules,
    )  # fmt: skip


class Top:
    """The best prices of a book, with what a taker sees."""

    def __init__(self, bid: str, ask: str, depth: str = "100") -> None:
        self.bid, self.ask, self.depth = Decimal(bid), Decimal(ask), Decimal(depth)

    def best_bid(self) -> tuple[int, int]:
        return int(self.bid * 100), 1

    def best_ask(self) -> tuple[int, int]:
        return int(self.ask * 100), 1

    def visible_quantity(self, side: Side, levels: int) -> Decimal:
        return self.depth


class Floor:
    """The context of one strategy over two books."""

    def __init__(self, **rules: Any) -> None:
        self.now_ns = 10**18
        self.instruments = {A: perpetual(A), B: perpetual(B, **rules)}
        self.tops: dict[InstrumentId, Top | None] = {A: Top("149.99", "150.00"), B: Top("149.99", "150.00")}
        self.held: dict[InstrumentId, Decimal] = {}
        self.proposals: list[JobProposal] = []
        self.open = 0
        self.usd: Decimal | None = Decimal(1)

    def instrument(self, instrument_id: InstrumentId) -> Instrument | None:
        return self.instruments.get(instrument_id)

    def bars(self, instrument_id: InstrumentId, timeframe: object) -> None:
        return None

    def book(self, instrument_id: InstrumentId) -> Top | None:
        return self.tops[instrument_id]

    def usd_per_quote(self, instrument_id: InstrumentId) -> Decimal | None:
        return self.usd

    def position(self, instrument_id: InstrumentId) -> Decimal:
        return self.held.get(instrument_id, Decimal(0))

    def open_jobs(self) -> int:
        return self.open

    def submit_job(self, proposal: JobProposal) -> str:
        self.proposals.append(proposal)
        self.open += 1
        return f"job-{len(self.proposals)}"

    def log(self, text: str) -> None: ...


def start(floor: Any, kind: str, **parameters: str) -> Strategy[Any]:
    load_shipped()
    strategy = REGISTRY.create(kind, {"instruments": f"{A},{B}", **parameters})
    strategy.handle_start(floor)
    return strategy


def test_a_wide_enough_spread_is_proposed_as_a_purchase_here_and_a_sale_there_of_the_same_size():
    floor: Any = Floor()
    floor.tops[B] = Top("150.30", "150.31")  # 20 bps above A's ask
    start(floor, "spread_arb").handle_book(floor, A)
    (job,) = floor.proposals
    assert (job.strategy_type, job.edge_source) == (JobType.ARB, EdgeSource.BOOKS)
    assert {(leg.venue, leg.side) for leg in job.legs} == {("sim-a", Side.BUY), ("sim-b", Side.SELL)}
    assert {leg.quantity for leg in job.legs} == {Decimal("6.66")}  # 1000 USD at 150, whole lots
    assert (job.notional_usd, job.expected_edge_bps) == (Decimal("999.00"), Decimal(20))


def test_the_same_spread_the_other_way_round_turns_the_legs():
    floor: Any = Floor()
    floor.tops[A] = Top("150.30", "150.31")
    start(floor, "spread_arb").handle_book(floor, B)
    assert {(leg.venue, leg.side) for leg in floor.proposals[0].legs} == {("sim-b", Side.BUY), ("sim-a", Side.SELL)}


def test_a_spread_below_the_threshold_is_left_alone():
    floor: Any = Floor()
    floor.tops[B] = Top("150.20", "150.21")
    start(floor, "spread_arb").handle_book(floor, A)
    assert floor.proposals == []


@pytest.mark.parametrize("missing", ["book", "rate"])
def test_without_a_book_or_a_rate_nothing_is_proposed(missing: str):
    floor: Any = Floor()
    floor.tops[B] = Top("150.30", "150.31") if missing == "rate" else None
    floor.usd = None if missing == "rate" else Decimal(1)
    start(floor, "spread_arb").handle_book(floor, A)
    assert floor.proposals == []


def test_the_thinner_book_is_traded_first():
    floor: Any = Floor()
    floor.tops = {A: Top("149.99", "150.00", "100"), B: Top("150.30", "150.31", "7")}
    start(floor, "spread_arb").handle_book(floor, A)
    assert [leg.venue for leg in floor.proposals[0].legs] == ["sim-b", "sim-a"]


def test_legs_are_equal_in_what_they_stand_for_when_lots_and_contracts_differ():
    floor: Any = Floor(lot="1", contract_size=Decimal("0.5"))
    floor.tops[B] = Top("150.30", "150.31")
    start(floor, "spread_arb").handle_book(floor, A)
    sizes = {leg.venue: leg.quantity for leg in floor.proposals[0].legs}
    assert sizes["sim-a"] == sizes["sim-b"] / 2
    assert sizes == {"sim-a": Decimal("6.50"), "sim-b": Decimal(13)}


def test_no_more_jobs_than_allowed_no_sooner_than_allowed_and_no_position_beyond_the_largest():
    floor: Any = Floor()
    floor.tops[B] = Top("150.30", "150.31")
    strategy = start(floor, "spread_arb", max_position_usd="1500", pause_s="5")
    strategy.handle_book(floor, A)
    floor.now_ns += 6 * 10**9
    strategy.handle_book(floor, A)  # the first one is open still
    assert len(floor.proposals) == 1
    floor.open, floor.held = 0, {A: Decimal("6.66"), B: Decimal("-6.66")}
    strategy.handle_book(floor, A)
    assert floor.proposals[1].legs[0].quantity == Decimal("3.34")  # 501 USD of room
    floor.open, floor.held = 0, {A: Decimal(10), B: Decimal(-10)}
    floor.now_ns += 6 * 10**9
    strategy.handle_book(floor, A)
    assert len(floor.proposals) == 2
    floor.tops = {A: Top("150.30", "150.31"), B: Top("149.99", "150.00")}
    strategy.handle_book(floor, A)  # the way back is open
    assert floor.proposals[2].notional_usd == Decimal("999.00")


def test_hedged_volume_proposes_hedges_at_its_own_pace():
    floor: Any = Floor()
    floor.tops[B] = Top("150.10", "150.11")
    strategy = start(floor, "hedged_volume", propose_from_bps="6", pause_s="30")
    strategy.handle_book(floor, A)
    floor.open = 0
    floor.now_ns += 29 * 10**9
    strategy.handle_book(floor, A)
    assert [job.strategy_type for job in floor.proposals] == [JobType.HEDGE]


def test_a_clock_set_back_an_hour_keeps_no_pair_silent_for_an_hour():
    floor: Any = Floor()
    floor.tops[B] = Top("150.30", "150.31")
    strategy = start(floor, "spread_arb", pause_s="5")
    strategy.handle_book(floor, A)
    floor.open = 0
    floor.now_ns -= 3_600 * 10**9
    strategy.handle_book(floor, A)
    floor.open = 0
    floor.now_ns += 4 * 10**9
    strategy.handle_book(floor, A)
    assert len(floor.proposals) == 2


@pytest.mark.parametrize("instruments", [str(A), f"{A},{B},BTC/USDT@sim-a"])
def test_a_pair_is_two(instruments: str):
    load_shipped()
    with pytest.raises(ValueError, match="allowed are two"):
        REGISTRY.create("spread_arb", {"instruments": instruments})


def test_two_venues_with_one_order_book_are_no_pair():
    floor: Any = Floor(matching_book=str(A))
    with pytest.raises(ValueError, match="are one order book"):
        start(floor, "spread_arb")
