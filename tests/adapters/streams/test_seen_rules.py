"""Rules of a recording's instruments: the venue's own, else the finest decimals seen."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from adapters.streams.seen_rules import SeenRules
from core.types.instrument import Instrument
from tests.adapters.streams.making import BTC

D = Decimal


def infer(name: str, tick: Decimal, lot: Decimal) -> Instrument | None:
    if "-" not in name:
        return None
    return Instrument(
        venue="v", symbol=name, venue_symbol=name, asset_type=BTC.asset_type, base="B", quote="Q", tick_size=tick,
        lot_size=lot, min_quantity=lot, min_notional=D(0),
    )  # fmt: skip


def test_the_venues_rules_count_wherever_they_stand() -> None:
    seen = SeenRules(infer)
    seen.level("BTC-USD", D("1.123456"), D("1"))
    seen.rule(BTC)
    assert seen.instruments() == ((BTC,), False)


def test_rules_of_what_is_not_recorded_are_no_instruments() -> None:
    seen = SeenRules(infer)
    seen.rule(BTC)
    assert seen.instruments() == ((), False)
    seen.traded("BTC-USD")
    assert seen.instruments() == ((BTC,), False)


def test_a_name_that_says_too_little_is_left_out() -> None:
    seen = SeenRules(infer)
    seen.level("XYZ", D(1), D(1))
    assert seen.instruments() == ((), False)


@given(
    st.lists(st.tuples(st.integers(1, 10**9), st.integers(0, 8), st.integers(1, 10**9), st.integers(0, 8)), min_size=1)
)
def test_every_number_seen_is_on_the_inferred_grid(numbers: list[tuple[int, int, int, int]]) -> None:
    seen = SeenRules(infer)
    levels = [(D(p).scaleb(-pe), D(q).scaleb(-qe)) for p, pe, q, qe in numbers]
    for price, quantity in levels:
        seen.level("A-B", price, quantity)
    (instrument,), inferred = seen.instruments()
    assert inferred
    for price, quantity in levels:
        assert instrument.ticks_to_price(instrument.price_to_ticks(price)) == price
        assert instrument.lots_to_quantity(instrument.quantity_to_lots(quantity)) == quantity
