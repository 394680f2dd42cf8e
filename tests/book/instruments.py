"""Instruments the book tests are about."""

from decimal import Decimal

from core.types.instrument import AssetType, Instrument


def instrument(
    tick: str = "0.10", lot: str = "0.001", *, venue: str = "binanceusdm", symbol: str = "BTCUSDT"
) -> Instrument:
    return Instrument(
        venue=venue,
        symbol="BTC/USDT:USDT",
        venue_symbol=symbol,
        asset_type=AssetType.PERPETUAL,
        base="BTC",
        quote="USDT",
        tick_size=Decimal(tick),
        lot_size=Decimal(lot),
        min_quantity=Decimal(lot),
        min_notional=Decimal(5),
    )
