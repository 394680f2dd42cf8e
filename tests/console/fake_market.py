"""What the scripted engine trades: its listings, and noise that is the same in every run."""

from dataclasses import dataclass
from decimal import Decimal

from core.state.desk import PrintView
from core.state.monitoring import MarketState
from tests.console.fake_jobs import START_NS


@dataclass
class Listing:
    venue: str
    symbol: str
    asset_type: str
    mid: Decimal
    tick: Decimal
    lot: Decimal


_D = Decimal
LISTINGS = [
    Listing(venue, symbol, kind, _D(mid) + _D(tick) * 7 * shift, _D(tick), _D(lot))
    for shift, venue in enumerate(("sim-a", "sim-b"))
    for symbol, kind, mid, tick, lot in (
        ("BTC/USDT:USDT", "perpetual", "64011.0", "0.5", "0.001"),
        ("ETH/USDT:USDT", "perpetual", "3120.10", "0.05", "0.01"),
        ("SOL/USDT:USDT", "perpetual", "148.210", "0.001", "0.1"),
        ("BTC/USDT", "crypto_spot", "64002.5", "0.5", "0.001"),
        ("ETH/USDT", "crypto_spot", "3119.90", "0.05", "0.01"),
        ("SOL/USDT", "crypto_spot", "148.190", "0.001", "0.1"),
    )
] + [Listing("sim-x", "NVDA", "stock", _D("131.52"), _D("0.01"), _D(1))]


def noise(*parts: int) -> int:
    """Mix integers into a number of 0..999, the same in every run."""
    value = 0x9E3779B9
    for part in parts:
        value = (value ^ (part & 0xFFFFFFFF)) * 0x85EBCA6B & 0xFFFFFFFF
        value ^= value >> 13
    return value % 1000


def prints(listing: Listing, step: int, limit: int) -> list[PrintView]:
    """Return the newest prints: 200 at first, then two a step, each the same in every run."""
    middle, count = int(listing.mid / listing.tick), 200 + 2 * step
    return [
        PrintView(
            number,
            START_NS + (number - 200) * 50_000_000,
            middle + noise(number, 5) % 7 - 3,
            (400 if number % 17 == 0 else 1) * (1 + noise(number, 6) % 40),
            "sell" if noise(number, 7) % 2 else "buy",
            number % 23 == 0,
            False,
        )
        for number in range(count, max(0, count - limit), -1)
    ]


def market_state() -> MarketState:
    return MarketState(
        last=_D("64010.5"),
        bid=_D("64010.5"),
        ask=_D("64011.0"),
        spread=_D("0.5"),
        short_term_volatility=0.0004,
        timestamp=START_NS,
        age_s=0.1,
        validity="valid",
        sequence=1,
        point_value_usd=_D(1),
    )


def market_states() -> dict[str, dict[str, MarketState]]:
    """Return the same quote for every listing: of it the console reads what a point of the price is worth."""
    venues = dict.fromkeys(listing.venue for listing in LISTINGS)
    return {
        venue: {listing.symbol: market_state() for listing in LISTINGS if listing.venue == venue} for venue in venues
    }


def name_of(listing: Listing) -> str:
    return f"{listing.symbol}@{listing.venue}"
