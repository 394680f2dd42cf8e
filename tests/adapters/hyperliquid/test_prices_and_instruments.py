"""Which prices the venue takes, and what its tables say is traded."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.hyperliquid.actions import TermsError, limit_price, market_price, terms_of, wire_number
from adapters.hyperliquid.instruments import (
    Listing,
    Universe,
    asset_id,
    collateral_name,
    dex_indices,
    dex_of,
    read_listings,
)
from adapters.hyperliquid.price_rule import ceil_price, finest_step, floor_price, is_allowed, step_at
from adapters.hyperliquid.wire import PerpMeta, PerpRules, decode_perp_dexs, decode_perp_meta
from core.types.order import OrderType, Side
from tests.adapters.hyperliquid.rig import intent
from tests.recordings import needs_recordings, recording

D = Decimal
PRICES = st.decimals("0.000001", "5000000", places=8, allow_nan=False)
DECIMALS = st.integers(0, 6)


def allowed_by_the_book(price: Decimal, size_decimals: int) -> bool:
    """Judge by the text, as the venue words its rule."""
    whole, _, fraction = f"{price:f}".partition(".")
    fraction = fraction.rstrip("0")
    if not fraction:
        return True
    figures = (whole + fraction).lstrip("0")
    return len(figures) <= 5 and len(fraction) <= 6 - size_decimals


@pytest.mark.parametrize(
    ("price", "size_decimals", "is_taken"),
    [
        ("1234.5", 0, True), ("1234.56", 0, False), ("0.001234", 0, True), ("0.0012345", 0, False),
        ("0.01234", 1, True), ("0.012345", 1, False), ("123456", 5, True), ("123456.5", 5, False),
        ("110427", 5, True), ("69997.5", 5, False), ("6999.5", 5, True), ("190.45", 3, True), ("190.455", 3, False),
    ],
)  # fmt: skip
def test_examples(price: str, size_decimals: int, is_taken: bool) -> None:
    assert is_allowed(D(price), size_decimals) is is_taken


@given(PRICES, DECIMALS)
def test_rounding_gives_the_nearest_allowed_price_on_its_side(price: Decimal, size_decimals: int) -> None:
    low, high = floor_price(price, size_decimals), ceil_price(price, size_decimals)
    assert low <= price <= high
    for rounded in (low, high):
        assert rounded == 0 or allowed_by_the_book(rounded, size_decimals)
        assert rounded == 0 or is_allowed(rounded, size_decimals)
    assert is_allowed(price, size_decimals) == allowed_by_the_book(price, size_decimals) == (low == high == price)
    step = step_at(price, size_decimals)
    assert high - low in (0, step)


@given(PRICES, DECIMALS)
def test_the_grid_of_a_book_holds_every_allowed_price(price: Decimal, size_decimals: int) -> None:
    assert floor_price(price, size_decimals) % finest_step(size_decimals) == 0
    assert step_at(price, size_decimals) % finest_step(size_decimals) == 0


def listing(size_decimals: int) -> Listing:
    meta = PerpMeta(universe=[PerpRules(name="xyz:NVDA", sz_decimals=size_decimals, max_leverage=10)])
    return read_listings("xyz", 1, meta, "USDC")[0]


@given(PRICES, DECIMALS, st.sampled_from(Side))
def test_an_order_is_never_rounded_to_a_worse_price_than_asked_for(price, size_decimals, side) -> None:
    asked = intent("s0001-1", side, f"{price:f}", "1")
    rounded = limit_price(asked, listing(size_decimals))
    assert side.sign * (price - rounded) >= 0


@given(PRICES, st.decimals("0", "0.1", places=4), DECIMALS, st.sampled_from(Side))
def test_a_market_order_goes_no_further_than_its_bound(best, slippage, size_decimals, side) -> None:
    price = market_price(side, best, slippage, listing(size_decimals))
    assert side.sign * (price - best * (1 + side.sign * slippage)) <= 0


@given(st.decimals("0.0001", "1000", places=4), DECIMALS)
def test_a_size_is_rounded_down_to_the_lot_or_refused(quantity: Decimal, size_decimals: int) -> None:
    of, asked = listing(size_decimals), intent("s0001-1", Side.BUY, "100", "1")
    try:
        terms = terms_of(asked, of, D(100), quantity, "0x")
    except TermsError:
        assert quantity < of.instrument.lot_size
        return
    assert 0 <= quantity - terms.quantity < of.instrument.lot_size
    assert terms.quantity % of.instrument.lot_size == 0


@given(st.decimals("0", "1e18", places=8))
def test_numbers_are_written_without_exponent_or_needless_zeros(value: Decimal) -> None:
    text = wire_number(value.normalize())
    assert Decimal(text) == value
    assert "e" not in text.lower()
    assert "." not in text or text[-1] not in "0."


@pytest.mark.parametrize(
    ("flag", "tif"), [({}, "Gtc"), ({"post_only": True}, "Alo"), ({"order_type": OrderType.MARKET}, "Ioc")]
)
def test_how_long_an_order_lasts(flag: dict, tif: str) -> None:
    asked = msgspec.structs.replace(intent("s0001-1", Side.BUY, "100", "1"), **flag)
    assert terms_of(asked, listing(3), D(100), D(1), "0x").time_in_force == tif


def test_the_leading_null_of_the_dexs_counts() -> None:
    dexs = decode_perp_dexs(b'[null,{"name":"test"},{"name":"xyz","fullName":"XYZ","deployer":"0x"}]')
    indices = dex_indices(dexs)
    assert indices == {"": 0, "test": 1, "xyz": 2}
    assert (asset_id(0, 5), asset_id(1, 0), asset_id(indices["xyz"], 3)) == (5, 110_000, 120_003)


@pytest.mark.parametrize(
    ("symbol", "dex"), [("BTC", ""), ("BTC/USDC:USDC", ""), ("xyz:NVDA", "xyz"), ("kPEPE/USDC:USDC", "")]
)
def test_a_symbol_tells_its_dex(symbol: str, dex: str) -> None:
    assert dex_of(symbol) == dex


def test_a_delisted_asset_is_left_out_and_keeps_its_place() -> None:
    meta = decode_perp_meta(
        b'{"universe":[{"name":"A","szDecimals":1,"maxLeverage":3,"isDelisted":true},'
        b'{"name":"B","szDecimals":2,"maxLeverage":5,"onlyIsolated":true}],"collateralToken":360}'
    )
    (found,) = read_listings("", 0, meta, collateral_name(meta, {360: "USDH"}))
    assert (found.coin, found.asset_id, found.instrument.symbol) == ("B", 1, "B/USDH:USDH")
    with pytest.raises(ValueError, match="360"):
        collateral_name(meta, {})


def test_coins_of_other_kinds_are_no_perpetuals_and_can_still_be_cancelled() -> None:
    universe = Universe([listing(3)], ("", "xyz"))
    assert [universe.symbol_of(coin) for coin in ("@107", "PURR/USDC", "#12", "NEW", "abc:NEW", "xyz:NVDA")] == [
        None, None, None, "NEW/USDC:USDC", "abc:NEW", "xyz:NVDA",
    ]  # fmt: skip
    assert [universe.asset_id_of(coin) for coin in ("@107", "PURR/USDC", "#12", "xyz:NVDA")] == [
        10_107, 10_000, None, 110_000,
    ]  # fmt: skip


@needs_recordings
def test_recorded_rules_are_read() -> None:
    folder = "hyperliquid/nautechsystems+nautilus_trader/"
    meta = decode_perp_meta(recording(f"{folder}hyperliquid__http_meta_perp_sample.json").read_bytes())
    btc = read_listings("", 0, meta, "USDC")[0].instrument
    assert (btc.symbol, btc.tick_size, btc.lot_size, btc.max_leverage) == (
        "BTC/USDC:USDC", D("0.1"), D("0.00001"), 40,
    )  # fmt: skip
    assert btc.min_notional == 10
