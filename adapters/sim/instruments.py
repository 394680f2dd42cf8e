"""The instruments of the simulated venues: rules as real venues have them, and how lively each book is."""

from decimal import Decimal
from typing import Final

import msgspec

from core.types.instrument import ALWAYS_OPEN, AssetType, Instrument, MarketHours

SPOT_FEE: Final = Decimal("0.0010")
PERP_MAKER_FEE: Final = Decimal("0.0002")
PERP_TAKER_FEE: Final = Decimal("0.0005")
STOCK_FEE: Final = Decimal("0.00005")
STOCK_CALENDAR: Final = "XNYS"


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """An instrument and the character of its order flow."""

    instrument: Instrument
    underlying: str
    typical_lots: int  # of one resting order
    basis_bps: float  # how far the local price strays from the common one, one standard deviation
    mean_basis_bps: float
    trades_per_s: float  # market orders of the crowd in calm times


def _crypto(venue: str, base: str, tick: str, lot: str, *, is_perp: bool, lots: int, pace: float, funding_s: int):
    symbol = f"{base}/USDT:USDT" if is_perp else f"{base}/USDT"
    instrument = Instrument(
        venue=venue,
        symbol=symbol,
        venue_symbol=f"{base}USDT" + ("-PERP" if is_perp else ""),
        asset_type=AssetType.PERPETUAL if is_perp else AssetType.CRYPTO_SPOT,
        base=base,
        quote="USDT",
        tick_size=Decimal(tick),
        lot_size=Decimal(lot),
        min_quantity=Decimal(lot),
        min_notional=Decimal(5),
        maker_fee_rate=PERP_MAKER_FEE if is_perp else SPOT_FEE,
        taker_fee_rate=PERP_TAKER_FEE if is_perp else SPOT_FEE,
        max_leverage=Decimal(20) if is_perp else Decimal(1),
        funding_interval_s=funding_s if is_perp else None,
        underlying=base,
    )
    return Listing(
        instrument=instrument,
        underlying=base,
        typical_lots=lots,
        basis_bps=_PERP_BASIS_BPS.get(base, 2.5) if is_perp else 1.2,
        mean_basis_bps=1.5 if is_perp else 0.0,
        trades_per_s=pace,
    )


# How far the perpetuals of a coin stray from the common price: the smaller the coin, the farther.
_PERP_BASIS_BPS: Final = {"BTC": 2.5, "ETH": 4.0, "SOL": 8.0}


def _crypto_listings(venue: str, pace: float, funding_s: int) -> list[Listing]:
    return [
        _crypto(venue, "BTC", "1", "0.001", is_perp=False, lots=120, pace=0.7 * pace, funding_s=funding_s),
        _crypto(venue, "ETH", "0.1", "0.001", is_perp=False, lots=1_800, pace=0.6 * pace, funding_s=funding_s),
        _crypto(venue, "SOL", "0.01", "0.01", is_perp=False, lots=2_500, pace=0.5 * pace, funding_s=funding_s),
        _crypto(venue, "BTC", "1", "0.001", is_perp=True, lots=350, pace=1.0 * pace, funding_s=funding_s),
        _crypto(venue, "ETH", "0.1", "0.001", is_perp=True, lots=5_000, pace=0.8 * pace, funding_s=funding_s),
        _crypto(venue, "SOL", "0.01", "0.01", is_perp=True, lots=7_000, pace=0.7 * pace, funding_s=funding_s),
    ]


def _nvda_perp(venue: str, funding_s: int) -> Listing:
    perp = _crypto(venue, "NVDA", "0.01", "0.01", is_perp=True, lots=3_000, pace=0.4, funding_s=funding_s)
    return msgspec.structs.replace(perp, basis_bps=9.0, mean_basis_bps=4.0)


def _nvda_stock(venue: str, hours: MarketHours) -> Listing:
    instrument = Instrument(
        venue=venue,
        symbol="NVDA",
        venue_symbol="NVDA",
        asset_type=AssetType.STOCK,
        base="NVDA",
        quote="USD",
        tick_size=Decimal("0.01"),
        lot_size=Decimal(1),
        min_quantity=Decimal(1),
        min_notional=Decimal(1),
        maker_fee_rate=STOCK_FEE,
        taker_fee_rate=STOCK_FEE,
        underlying="NVDA",
        market_hours=hours,
    )
    return Listing(
        instrument=instrument, underlying="NVDA", typical_lots=150, basis_bps=0.8, mean_basis_bps=0.0, trades_per_s=0.8
    )


def listings(funding_interval_s: int, stock_hours: MarketHours = ALWAYS_OPEN) -> dict[str, list[Listing]]:
    """Return what each simulated venue lists, by venue name."""
    return {
        "sim-a": _crypto_listings("sim-a", 1.0, funding_interval_s),
        "sim-b": [*_crypto_listings("sim-b", 0.8, funding_interval_s), _nvda_perp("sim-b", funding_interval_s)],
        "sim-x": [_nvda_stock("sim-x", stock_hours)],
    }
