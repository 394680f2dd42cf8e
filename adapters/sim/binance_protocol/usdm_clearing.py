"""USD-M: one-way positions on cross margin; fees, realised profit and funding move the wallet."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from adapters.sim.binance_protocol.accounts import Account
from adapters.sim.binance_protocol.api_error import ApiError
from adapters.sim.binance_protocol.clearing import Cleared, Wanted, fee_of
from adapters.sim.binance_protocol.order_store import OrderStore
from adapters.sim.binance_protocol.orders import OrderRequest, VenueOrder
from adapters.sim.binance_protocol.symbol_book import SymbolBook
from adapters.sim.binance_protocol.trades import PublicTrade
from adapters.venue_desk.account import book_trade
from core.types.order import Side

MARGIN_ASSET: Final = "USDT"
_CENT_FRACTION: Final = Decimal("1E-8")


class UsdmClearing:
    def __init__(self, books: Mapping[str, SymbolBook], orders: OrderStore) -> None:
        self._books = books
        self._orders = orders

    def admit(self, account: Account, book: SymbolBook, wanted: Wanted) -> None:
        if wanted.reduce_only:
            return
        before = self.initial_margin(account, book.symbol)
        after = self.initial_margin(account, book.symbol, (wanted.side, wanted.value))
        fee = wanted.value * book.instrument.taker_fee_rate
        if after > before and self.available(account) < after - before + fee:
            raise ApiError(-2019, "Margin is insufficient.")

    def hold(self, order: VenueOrder, book: SymbolBook) -> None:
        """Set nothing aside: margin is counted from positions and open orders."""

    def release(self, order: VenueOrder, book: SymbolBook) -> None:
        """Give nothing back, as nothing is set aside."""

    def fill(self, order: VenueOrder, book: SymbolBook, trade: PublicTrade, *, is_maker: bool) -> Cleared:
        rules, wallet, symbol = book.instrument, order.account.usdm, book.symbol
        fee = fee_of(trade.price * trade.quantity, rules.maker_fee_rate if is_maker else rules.taker_fee_rate)
        booking = book_trade(rules, wallet.position(symbol), order.side, trade.price, trade.quantity, fee=fee)
        realised = booking.cash_change + fee
        wallet.balance += booking.cash_change
        wallet.positions[symbol] = booking.position
        wallet.changed_ms[symbol] = trade.at_ms
        wallet.realised[symbol] = wallet.realised.get(symbol, Decimal(0)) + realised
        if realised:
            wallet.book_income(symbol, "REALIZED_PNL", realised, trade.at_ms, str(trade.trade_id))
        wallet.book_income(symbol, "COMMISSION", -fee, trade.at_ms, str(trade.trade_id))
        return Cleared(fee, MARGIN_ASSET, realised)

    def pay_funding(self, account: Account, symbol: str, rate: Decimal, mark: Decimal, at_ms: int) -> Decimal:
        """Book what a position pays (below 0) or gets at a settlement; 0 where there is none."""
        quantity = account.usdm.position(symbol).quantity
        if not quantity:
            return Decimal(0)
        amount = -(quantity * mark * rate).quantize(_CENT_FRACTION)
        account.usdm.balance += amount
        account.usdm.book_income(symbol, "FUNDING_FEE", amount, at_ms)
        return amount

    # margin --------------------------------------------------------------------------------------------

    def position_value(self, account: Account, symbol: str) -> Decimal:
        """Return the signed value of a position at the mark."""
        return account.usdm.position(symbol).quantity * self._books[symbol].mark

    def unrealised(self, account: Account, symbol: str) -> Decimal:
        return self.position_value(account, symbol) - account.usdm.position(symbol).cost

    def position_margin(self, account: Account, symbol: str) -> Decimal:
        return abs(self.position_value(account, symbol)) / account.usdm.leverage_of(symbol)

    def maintenance(self, account: Account, symbol: str) -> Decimal:
        return abs(self.position_value(account, symbol)) * self._books[symbol].instrument.maintenance_rate

    def open_value(self, account: Account, symbol: str, side: Side) -> Decimal:
        """Return what the open orders of one side are worth; those that only reduce count nothing."""
        mine = self._orders.open_of(account, symbol)
        return sum(
            (order.price * order.remaining for order in mine if order.side is side and not order.request.reduce_only),
            Decimal(0),
        )

    def initial_margin(self, account: Account, symbol: str, entering: tuple[Side, Decimal] | None = None) -> Decimal:
        """Return the margin of a position and its open orders: that of the side that would leave more."""
        bids, asks = (self.open_value(account, symbol, side) for side in Side)
        if entering is not None and entering[0] is Side.BUY:
            bids += entering[1]
        elif entering is not None:
            asks += entering[1]
        held = self.position_value(account, symbol)
        return max(abs(held), abs(held + bids), abs(held - asks)) / account.usdm.leverage_of(symbol)

    def total_unrealised(self, account: Account) -> Decimal:
        return sum((self.unrealised(account, symbol) for symbol in self._books), Decimal(0))

    def total_initial_margin(self, account: Account) -> Decimal:
        return sum((self.initial_margin(account, symbol) for symbol in self._books), Decimal(0))

    def total_position_margin(self, account: Account) -> Decimal:
        return sum((self.position_margin(account, symbol) for symbol in self._books), Decimal(0))

    def total_maintenance(self, account: Account) -> Decimal:
        return sum((self.maintenance(account, symbol) for symbol in self._books), Decimal(0))

    def available(self, account: Account) -> Decimal:
        free = account.usdm.balance + self.total_unrealised(account) - self.total_initial_margin(account)
        return max(Decimal(0), free)

    # reduce-only ---------------------------------------------------------------------------------------

    def closing_room(self, account: Account, symbol: str, side: Side) -> Decimal:
        """Return how much an order on this side could close."""
        return max(Decimal(0), -side.sign * account.usdm.position(symbol).quantity)

    def closable(self, account: Account, request: OrderRequest) -> Decimal | None:
        """Return how much a reduce-only order may trade; one that rests shares the position with what rests already."""
        if not request.reduce_only:
            return None
        room = self.closing_room(account, request.symbol, request.side)
        if request.rests:
            room -= sum((resting for _, resting in self._resting(account, request.symbol, request.side)), Decimal(0))
        return max(Decimal(0), room)

    def unsafe(self, account: Account, symbol: str) -> list[VenueOrder]:
        """Return resting reduce-only orders, newest first, that could open a position and must go."""
        doomed: list[VenueOrder] = []
        for side in Side:
            queue = self._resting(account, symbol, side)
            excess = sum((resting for _, resting in queue), Decimal(0)) - self.closing_room(account, symbol, side)
            for order, resting in reversed(queue):
                if excess <= 0:
                    break
                if order.request.reduce_only:
                    doomed.append(order)
                    excess -= resting
        return doomed

    def _resting(self, account: Account, symbol: str, side: Side) -> list[tuple[VenueOrder, Decimal]]:
        """Return orders of one side with what stands of each in the book: of reduce-only perhaps less than is left."""
        book = self._books[symbol]
        return [
            (order, book.instrument.lots_to_quantity(book.matching.lots_left(order.order_id)))
            for order in self._orders.open_of(account, symbol)
            if order.side is side
        ]
