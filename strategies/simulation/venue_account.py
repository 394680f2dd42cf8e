"""An account as its venue keeps it: the truth that the engine is measured by. Shares no code with the ledger."""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Context, Decimal

from core.types.account import FundingPayment
from core.types.instrument import AssetType, Instrument
from core.types.order import Fill

ZERO = Decimal(0)
WIDE = Context(prec=80)
CENT = Decimal("1e-18")


@dataclass(slots=True)
class Holding:
    """A signed position and what it was bought for, contract size included."""

    quantity: Decimal = ZERO
    cost: Decimal = ZERO


@dataclass(slots=True)
class VenueAccount:
    """Cash of every asset, positions, and the whole list of what moved them."""

    start: dict[str, Decimal]
    cash: dict[str, Decimal] = field(init=False)
    holdings: dict[str, Holding] = field(default_factory=dict[str, Holding])
    fills: list[Fill] = field(default_factory=list[Fill])
    funding: list[FundingPayment] = field(default_factory=list[FundingPayment])
    transfers: list[tuple[str, Decimal]] = field(default_factory=list[tuple[str, Decimal]])
    realised: Decimal = ZERO

    def __post_init__(self) -> None:
        self.cash = dict(self.start)

    def quantity(self, symbol: str) -> Decimal:
        holding = self.holdings.get(symbol)
        return ZERO if holding is None else holding.quantity

    def book(self, instrument: Instrument, fill: Fill) -> None:
        """Move position and money by a fill."""
        self.fills.append(fill)
        signed = fill.quantity if fill.side.sign > 0 else -fill.quantity
        unit = WIDE.multiply(fill.price, instrument.contract_size)
        profit = self._move(fill.symbol, signed, unit)
        if instrument.asset_type is AssetType.PERPETUAL:
            self.realised = WIDE.add(self.realised, profit)
            self._pay(instrument.quote, WIDE.subtract(profit, fill.fee))
            return
        self._pay(instrument.base, WIDE.multiply(signed, instrument.contract_size))
        self._pay(instrument.quote, WIDE.subtract(-WIDE.multiply(signed, unit), fill.fee))

    def _move(self, symbol: str, signed: Decimal, unit: Decimal) -> Decimal:
        """Return the profit of the part that closes, at average cost."""
        held = self.holdings.setdefault(symbol, Holding())
        if held.quantity * signed >= 0:
            held.quantity += signed
            held.cost = WIDE.add(held.cost, WIDE.multiply(signed, unit))
            return ZERO
        closed = -held.quantity if abs(signed) >= abs(held.quantity) else signed
        share = held.cost
        if closed != -held.quantity:
            exact = WIDE.divide(WIDE.multiply(held.cost, abs(closed)), abs(held.quantity))
            share = exact.quantize(CENT, ROUND_HALF_EVEN, WIDE)
        held.quantity += closed
        held.cost = WIDE.subtract(held.cost, share)
        rest = signed - closed
        held.quantity += rest
        held.cost = WIDE.add(held.cost, WIDE.multiply(rest, unit))
        return WIDE.subtract(WIDE.multiply(-closed, unit), share)

    def pay_funding(self, instrument: Instrument, payment: FundingPayment) -> None:
        self.funding.append(payment)
        self._pay(instrument.quote, payment.amount)

    def transfer(self, asset: str, amount: Decimal) -> None:
        self.transfers.append((asset, amount))
        self._pay(asset, amount)

    def _pay(self, asset: str, amount: Decimal) -> None:
        self.cash[asset] = WIDE.add(self.cash.get(asset, ZERO), amount)
