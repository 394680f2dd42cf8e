"""A position at average cost, exact: what leaves the cost enters the realised profit to the last digit."""

from decimal import ROUND_HALF_EVEN, Context, Decimal

import msgspec

from core.types.instrument import InstrumentId

ZERO = Decimal(0)
EXACT = Context(prec=80)  # sums and products of money never round; divisions are cut at `_COST_STEP`
_COST_STEP = Decimal("1e-18")


class Position(msgspec.Struct, kw_only=True):
    """Signed quantity of one instrument and what it has earned; money in the quote currency.

    `cost` is what the open quantity was bought for (negative: sold for), contract size included.
    """

    venue: str
    symbol: str
    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    realised: Decimal = ZERO
    fees: Decimal = ZERO  # paid is positive
    funding: Decimal = ZERO  # received is positive
    volume: Decimal = ZERO
    trades: int = 0
    today_realised: Decimal = ZERO
    today_fees: Decimal = ZERO
    today_funding: Decimal = ZERO
    today_volume: Decimal = ZERO
    today_trades: int = 0
    updated_ns: int = 0

    @property
    def instrument_id(self) -> InstrumentId:
        return InstrumentId(self.venue, self.symbol)

    @property
    def net(self) -> Decimal:
        """Return what is booked so far: realised profit and funding less fees."""
        return self.realised + self.funding - self.fees

    def average_price(self, contract_size: Decimal) -> Decimal | None:
        """Return the average price of the open quantity, None when flat."""
        return self.cost / (self.quantity * contract_size) if self.quantity else None

    def begin_day(self) -> None:
        self.today_realised = self.today_fees = self.today_funding = self.today_volume = ZERO
        self.today_trades = 0

    def trade(self, signed_quantity: Decimal, price: Decimal, contract_size: Decimal) -> Decimal:
        """Move the position at a price and return the profit that this realised.

        Crossing zero closes the old side in full and opens the rest at `price`.
        """
        unit = EXACT.multiply(price, contract_size)
        if self.quantity * signed_quantity >= 0:
            self._open(signed_quantity, unit)
            return ZERO
        closing = min(abs(signed_quantity), abs(self.quantity)).copy_sign(signed_quantity)
        released = self._released_cost(closing)
        proceeds = EXACT.multiply(-closing, unit)
        self.quantity = EXACT.add(self.quantity, closing)
        self.cost = EXACT.subtract(self.cost, released)
        self._open(EXACT.subtract(signed_quantity, closing), unit)
        return EXACT.subtract(proceeds, released)

    def _open(self, signed_quantity: Decimal, unit: Decimal) -> None:
        self.quantity = EXACT.add(self.quantity, signed_quantity)
        self.cost = EXACT.fma(signed_quantity, unit, self.cost)

    def _released_cost(self, closing: Decimal) -> Decimal:
        if -closing == self.quantity:
            return self.cost
        share = EXACT.divide(EXACT.multiply(self.cost, abs(closing)), abs(self.quantity))
        return share.quantize(_COST_STEP, ROUND_HALF_EVEN, EXACT)
