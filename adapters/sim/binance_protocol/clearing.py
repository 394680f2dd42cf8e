"""What a market does with the money of its accounts; spot and USD-M each have their own."""

from decimal import ROUND_UP, Decimal
from typing import Final, NamedTuple, Protocol

from adapters.sim.binance_protocol.accounts import Account
from adapters.sim.binance_protocol.orders import OrderRequest, VenueOrder
from adapters.sim.binance_protocol.symbol_book import SymbolBook
from adapters.sim.binance_protocol.trades import PublicTrade
from core.types.order import Side

_FEE_STEP: Final = Decimal("1E-8")


class Wanted(NamedTuple):
    """What an order asks of its account; `value` is what it would cost or bring."""

    side: Side
    quantity: Decimal
    value: Decimal
    reduce_only: bool = False


class Cleared:
    """What a fill did: its fee, and the profit it realised."""

    def __init__(self, fee: Decimal, fee_asset: str, realised: Decimal = Decimal(0)) -> None:
        self.fee = fee
        self.fee_asset = fee_asset
        self.realised = realised


class Clearing(Protocol):
    def admit(self, account: Account, book: SymbolBook, wanted: Wanted) -> None:
        """Raise ApiError where the account cannot bear the order."""
        ...

    def hold(self, order: VenueOrder, book: SymbolBook) -> None:
        """Set aside what a new order may need."""
        ...

    def release(self, order: VenueOrder, book: SymbolBook) -> None:
        """Give back what an order no longer needs."""
        ...

    def fill(self, order: VenueOrder, book: SymbolBook, trade: PublicTrade, *, is_maker: bool) -> Cleared:
        """Move the money of one side of a trade."""
        ...

    def closable(self, account: Account, request: OrderRequest) -> Decimal | None:
        """Return how much a reduce-only order may trade, None of another one."""
        ...

    def unsafe(self, account: Account, symbol: str) -> list[VenueOrder]:
        """Return resting reduce-only orders, newest first, that could open a position and must go."""
        ...


def fee_of(amount: Decimal, rate: Decimal) -> Decimal:
    """Return a fee, cut to eight decimals in the venue's favour."""
    return (amount * rate).quantize(_FEE_STEP, ROUND_UP)
