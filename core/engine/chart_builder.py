"""Show one instrument's bars and the own fills in them."""

from typing import Final

from core.engine.bar_store import RecentBars
from core.engine.parts import EngineParts
from core.state.desk import BarView, ChartView, DeskRequest, StudyView
from core.types.instrument import InstrumentId

MAX_BARS: Final = 2_000


class ChartBuilder:
    """Build the chart of a request; reads only."""

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts

    def chart(self, request: DeskRequest) -> ChartView | None:
        """Return the chart, None for an instrument that no venue has."""
        try:
            instrument_id = InstrumentId.parse(request.chart or "")
        except ValueError:
            return None
        instrument = self._parts.market.instruments.get(instrument_id)
        if instrument is None:
            return None
        shown = self._parts.bars.recent(instrument_id, request.timeframe, max(1, min(request.bars, MAX_BARS)))
        decimals = max(0, -int(instrument.tick_size.normalize().as_tuple().exponent))
        tick, lot = float(instrument.tick_size), float(instrument.lot_size)
        return ChartView(
            venue=instrument_id.venue,
            symbol=instrument_id.symbol,
            timeframe=request.timeframe,
            bars=[
                BarView(
                    bar.open_ns,
                    bar.open_ticks * tick,
                    bar.high_ticks * tick,
                    bar.low_ticks * tick,
                    bar.close_ticks * tick,
                    bar.volume_lots * lot,
                    bar.is_complete,
                )
                for bar in shown.bars
            ],
            price_decimals=decimals,
            fills=self._fills(instrument_id, shown.bars[0].open_ns if shown.bars else 0),
            is_running=shown.running is not None,
            studies=self._studies(instrument_id, request, shown, decimals),
        )

    def _studies(
        self, instrument_id: InstrumentId, request: DeskRequest, shown: RecentBars, decimals: int
    ) -> list[StudyView]:
        if not request.studies or not shown.bars:
            return []
        series = self._parts.bars.series(instrument_id, shown.bars[0].timeframe)
        if series is None:
            return []
        opens_ns = [bar.open_ns for bar in shown.bars]
        return self._parts.studies.views(request.studies, series, shown.running, opens_ns, decimals)

    def _fills(self, instrument_id: InstrumentId, since_ns: int) -> list[tuple[int, str, float]]:
        return [
            (fill.at_ns, fill.side, float(fill.price))
            for fill in self._parts.fold.recent_fills
            if (fill.venue, fill.symbol) == instrument_id and fill.at_ns >= since_ns
        ]
