"""Bars of one minute from recorded trades equal a computation of their own over the raw messages."""

import gzip
import json
from decimal import Decimal

import pytest

from core.bars.admission import Admission
from core.bars.instrument_bars import InstrumentBars
from core.bars.timeframe import Timeframe
from core.types.instrument import AssetType, Instrument
from core.types.market import Trade
from tests.recordings import SPOT_ETHUSDT, USDM_BTCUSDT, needs_recordings, recording

MINUTE_MS = 60_000

pytestmark = needs_recordings


def recorded_trades(name: str) -> list[tuple[int, dict[str, object]]]:
    found: list[tuple[int, dict[str, object]]] = []
    with gzip.open(recording(name), "rt") as lines:
        for line in lines:
            received_ns, _, text = line.partition(" ")
            message = json.loads(text)
            if str(message.get("stream", "")).endswith("@trade"):
                found.append((int(received_ns), message["data"]))
    return found


def expected_minutes(trades: list[tuple[int, dict[str, object]]]) -> dict[int, tuple[object, ...]]:
    minutes: dict[int, list[tuple[int, int, Decimal, Decimal]]] = {}
    for _, data in trades:
        price, quantity = Decimal(str(data["p"])), Decimal(str(data["q"]))
        at_ms, number = int(str(data["T"])), int(str(data["t"]))
        minutes.setdefault(at_ms - at_ms % MINUTE_MS, []).append((at_ms, number, price, quantity))
    expected: dict[int, tuple[object, ...]] = {}
    for minute, rows in minutes.items():
        rows.sort(key=lambda row: row[:2])
        prices = [row[2] for row in rows]
        volume = sum((row[3] for row in rows), Decimal(0))
        expected[minute] = (prices[0], max(prices), min(prices), prices[-1], volume, len(rows))
    return expected


@pytest.mark.parametrize(
    ("name", "venue", "tick", "lot"),
    [
        (USDM_BTCUSDT, "binanceusdm", "0.1", "0.001"),
        (SPOT_ETHUSDT, "binance", "0.01", "0.0001"),
    ],
)
def test_recorded_trades_give_exactly_the_bars_of_an_independent_computation(
    name: str, venue: str, tick: str, lot: str
) -> None:
    instrument = Instrument(
        venue=venue, symbol="X/USDT", venue_symbol="XUSDT", asset_type=AssetType.PERPETUAL, base="X", quote="USDT",
        tick_size=Decimal(tick), lot_size=Decimal(lot), min_quantity=Decimal(lot), min_notional=Decimal(5),
    )  # fmt: skip
    trades = recorded_trades(name)
    bars = InstrumentBars(instrument, list(Timeframe))
    for received_ns, data in trades:
        bars.add(
            Trade(
                instrument.id,
                int(str(data["t"])),
                instrument.price_to_ticks(Decimal(str(data["p"]))),
                instrument.quantity_to_lots(Decimal(str(data["q"]))),
                bool(data["m"]),
                int(str(data["T"])) * 1_000_000,
                received_ns,
            )
        )
    bars.advance(trades[-1][0] + 2 * 86_400 * 1_000_000_000)
    series = bars.series(Timeframe.M1)
    assert series is not None
    built = {
        bar.open_ns // 1_000_000: (
            instrument.ticks_to_price(bar.open_ticks),
            instrument.ticks_to_price(bar.high_ticks),
            instrument.ticks_to_price(bar.low_ticks),
            instrument.ticks_to_price(bar.close_ticks),
            instrument.lots_to_quantity(bar.volume_lots),
            bar.trade_count,
        )
        for bar in series.bars()
    }
    assert len(built) >= 5
    assert built == expected_minutes(trades)
    assert bars.admission.counts[Admission.ACCEPTED] == len(trades)
