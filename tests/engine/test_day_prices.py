"""The change of a day is measured from the first price of that UTC day."""

from decimal import Decimal

from core.market.day_prices import DAY_NS, DayPrice, DayPrices
from core.types.instrument import InstrumentId

BTC = InstrumentId("sim-a", "BTC/USDT")
HOUR_NS = 3_600_000_000_000


def test_the_first_price_of_a_day_stays_until_the_next_day() -> None:
    prices = DayPrices()
    prices.note(BTC, Decimal(100), 5 * DAY_NS + HOUR_NS)
    prices.note(BTC, Decimal(200), 5 * DAY_NS + 2 * HOUR_NS)
    assert prices.of(BTC, 6 * DAY_NS - 1) == DayPrice(Decimal(100), 5 * DAY_NS + HOUR_NS)
    prices.note(BTC, Decimal(300), 6 * DAY_NS)
    assert prices.of(BTC, 6 * DAY_NS) == DayPrice(Decimal(300), 6 * DAY_NS)


def test_a_price_of_yesterday_says_nothing_of_today() -> None:
    prices = DayPrices()
    assert prices.of(BTC, 0) is None
    prices.note(BTC, Decimal(100), 5 * DAY_NS)
    assert prices.of(BTC, 6 * DAY_NS) is None
