"""What can be traded: identity, rules and opening hours of an instrument."""

from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import NamedTuple

import msgspec


class AssetType(StrEnum):
    CRYPTO_SPOT = "crypto_spot"
    PERPETUAL = "perpetual"
    STOCK = "stock"
    FOREX = "forex"


class InstrumentId(NamedTuple):
    """Name an instrument at a venue, written ``BTC/USDT:USDT@sim-a``."""

    venue: str
    symbol: str

    def __str__(self) -> str:
        return f"{self.symbol}@{self.venue}"

    @classmethod
    def parse(cls, text: str) -> "InstrumentId":
        """Read ``SYMBOL@venue``; raise ValueError where either part is missing."""
        symbol, separator, venue = text.rpartition("@")
        if not (separator and symbol and venue):
            raise ValueError(f"instrument {text!r} is not of the form SYMBOL@venue, e.g. BTC/USDT@sim-a")
        return cls(venue, symbol)


class MarketHours(msgspec.Struct, frozen=True, kw_only=True):
    """Sessions of a market as sorted, disjoint ``(open_ns, close_ns)`` pairs; none with ``always_open``."""

    calendar: str = "24/7"
    always_open: bool = True
    sessions: tuple[tuple[int, int], ...] = ()

    def is_open(self, at_ns: int) -> bool:
        return self.always_open or any(opens <= at_ns < closes for opens, closes in self.sessions)

    def next_open_ns(self, at_ns: int) -> int | None:
        """Return when the next session opens, or None where the calendar does not reach that far."""
        return next((opens for opens, _ in self.sessions if opens > at_ns), None)


ALWAYS_OPEN = MarketHours()


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """Rules of one instrument as its venue states them; money and sizes in Decimal.

    `tick_size` and `lot_size` are the grid of everything recorded in integers (books, trades, bars). Orders keep
    to `order_tick` and `order_lot`, which are coarser where a venue has coarsened its rules: levels placed before
    still rest in the book between two of today's steps.
    """

    venue: str
    symbol: str
    venue_symbol: str
    asset_type: AssetType
    base: str
    quote: str
    tick_size: Decimal
    lot_size: Decimal
    min_quantity: Decimal
    min_notional: Decimal
    contract_size: Decimal = Decimal(1)
    maker_fee_rate: Decimal = Decimal(0)
    taker_fee_rate: Decimal = Decimal(0)
    has_fee_rates: bool = True  # False: the venue does not state them, and the zeros above mean nothing
    max_leverage: Decimal = Decimal(1)
    maintenance_margin_rate: Decimal | None = None  # part of a contract's value that must stay as margin
    funding_interval_s: int | None = None
    underlying: str | None = None
    market_hours: MarketHours = ALWAYS_OPEN
    order_tick_size: Decimal | None = None  # None: the same as the grid's
    order_lot_size: Decimal | None = None
    matching_book: str | None = None  # shared by venues whose orders meet in one matching engine

    @property
    def book_id(self) -> str:
        """Return what names the order book: two instruments with one book id can trade with each other."""
        return self.matching_book or str(self.id)

    @property
    def order_tick(self) -> Decimal:
        """Return the price step an order must keep to."""
        return self.tick_size if self.order_tick_size is None else self.order_tick_size

    @property
    def order_lot(self) -> Decimal:
        """Return the quantity step an order must keep to."""
        return self.lot_size if self.order_lot_size is None else self.order_lot_size

    @property
    def maintenance_rate(self) -> Decimal:
        """Return the maintenance margin; where the venue does not say, half of the least initial margin."""
        if self.maintenance_margin_rate is not None:
            return self.maintenance_margin_rate
        return 1 / (2 * max(self.max_leverage, Decimal(1)))

    @property
    def is_inverse(self) -> bool:
        """Tell whether profit is paid in the base currency, as ``BTC/USD:BTC`` says: `notional` is not true of it."""
        pair, _, settled_in = self.symbol.partition(":")  # a builder's name may stand there too: ``xyz:NVDA``
        is_named = "/" in pair and settled_in.partition("-")[0] == self.base
        return self.asset_type is AssetType.PERPETUAL and is_named

    @property
    def id(self) -> InstrumentId:
        return InstrumentId(self.venue, self.symbol)

    def price_to_ticks(self, price: Decimal) -> int:
        """Convert a price on the tick grid; raise ValueError for one between two ticks."""
        return _exact_steps(price, self.tick_size, f"price of {self.id}")

    def ticks_to_price(self, ticks: int) -> Decimal:
        return self.tick_size * ticks

    def quantity_to_lots(self, quantity: Decimal) -> int:
        """Convert a quantity on the lot grid; raise ValueError for a fraction of a lot."""
        return _exact_steps(quantity, self.lot_size, f"quantity of {self.id}")

    def lots_to_quantity(self, lots: int) -> Decimal:
        return self.lot_size * lots

    def floor_quantity(self, quantity: Decimal) -> Decimal:
        """Round down to what an order may have: sizes are never rounded up."""
        return (quantity / self.order_lot).to_integral_value(ROUND_FLOOR) * self.order_lot

    def floor_price(self, price: Decimal) -> Decimal:
        """Round down to a price an order may have."""
        return (price / self.order_tick).to_integral_value(ROUND_FLOOR) * self.order_tick

    def notional(self, price: Decimal, quantity: Decimal) -> Decimal:
        """Return the value of a quantity at a price in the quote currency."""
        return price * quantity * self.contract_size


def _exact_steps(value: Decimal, step: Decimal, what: str) -> int:
    steps = value / step
    whole = int(steps)
    if whole != steps:
        raise ValueError(f"{what}: {value} is not a multiple of {step}")
    return whole
