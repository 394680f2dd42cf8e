"""Keeps faults of ours apart from messages that cannot be read: only the latter are counted and passed over."""

from core.book.book import Book
from core.ports.venue import MarketSink
from core.types.instrument import Instrument, InstrumentId
from core.types.market import FeedStatus, FundingRate, MarkPrice, Trade


class DeliveryError(RuntimeError):
    """What takes the market's news failed, on a message that was read well."""


class GuardedSink:
    """A MarketSink whose faults are DeliveryErrors, which no handler takes for an unreadable message."""

    def __init__(self, sink: MarketSink) -> None:
        self._sink = sink

    def add_instrument(self, instrument: Instrument) -> Book:
        return self._sink.add_instrument(instrument)

    def book_changed(self, instrument_id: InstrumentId) -> None:
        try:
            self._sink.book_changed(instrument_id)
        except Exception as error:
            raise DeliveryError(f"book of {instrument_id}: {error!r}") from error

    def trade(self, trade: Trade) -> None:
        try:
            self._sink.trade(trade)
        except Exception as error:
            raise DeliveryError(f"trade of {trade.instrument_id}: {error!r}") from error

    def funding_rate(self, funding: FundingRate) -> None:
        try:
            self._sink.funding_rate(funding)
        except Exception as error:
            raise DeliveryError(f"funding of {funding.instrument_id}: {error!r}") from error

    def mark_price(self, mark: MarkPrice) -> None:
        try:
            self._sink.mark_price(mark)
        except Exception as error:
            raise DeliveryError(f"mark of {mark.instrument_id}: {error!r}") from error

    def feed_status(self, status: FeedStatus) -> None:
        self._sink.feed_status(status)
