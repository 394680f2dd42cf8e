"""Bars out of a replay's trades, in prices and quantities. Heavy: imported only where `--bars` asks for them."""

from collections.abc import Mapping
from decimal import Decimal
from importlib import import_module
from typing import Any, cast

Row = dict[str, object]


class BarCollector:
    """Takes trades as they come; the newest revision of each bar counts."""

    def __init__(self, timeframe: str) -> None:
        self._timeframe: Any = import_module("core.bars.timeframe").Timeframe(timeframe)
        self._builder_of: Any = import_module("core.bars.builder").BarBuilder
        self._admission_of: Any = import_module("core.bars.admission").TradeAdmission
        self._accepted: Any = import_module("core.bars.admission").Admission.ACCEPTED
        self._builders: dict[Any, Any] = {}
        self._admissions: dict[Any, Any] = {}
        self._bars: dict[tuple[str, int], Any] = {}

    def add(self, trade: Any) -> None:
        """Put a trade into the bar of its venue time, unless it has been seen or cannot be true."""
        name = trade.instrument_id
        if name not in self._builders:
            self._builders[name] = self._builder_of(name, self._timeframe)
            self._admissions[name] = self._admission_of()
        if self._admissions[name].judge(trade) is self._accepted:
            self._keep(self._builders[name].add(trade))

    def rows(self, symbols: Mapping[str, object]) -> list[Row]:
        """Return all bars, oldest first; `symbols` holds the tick and lot size of each, as the report has them."""
        running = [bar for builder in self._builders.values() if (bar := builder.running()) is not None]
        closed = set(self._bars)
        self._keep(running)
        return [
            _row(bar, cast("Row", symbols[symbol]), is_closed=(symbol, open_ns) in closed)
            for (symbol, open_ns), bar in sorted(self._bars.items())
        ]

    def _keep(self, bars: Any) -> None:
        for bar in bars:
            self._bars[bar.instrument_id.symbol, bar.open_ns] = bar


def _row(bar: Any, rules: Mapping[str, object], *, is_closed: bool) -> Row:
    tick, lot = Decimal(str(rules["tick_size"])), Decimal(str(rules["lot_size"]))
    return {
        "symbol": bar.instrument_id.symbol,
        "open_ns": bar.open_ns,
        "open": tick * bar.open_ticks,
        "high": tick * bar.high_ticks,
        "low": tick * bar.low_ticks,
        "close": tick * bar.close_ticks,
        "volume": lot * bar.volume_lots,
        "trades": bar.trade_count,
        "is_complete": bar.is_complete and is_closed,
    }
