"""Spot: what is bought is paid, fees come off what is received."""

from decimal import Decimal

from adapters.sim.binance_protocol.accounts import Account
from adapters.sim.binance_protocol.api_error import ApiError
from adapters.sim.binance_protocol.clearing import Cleared, Wanted, fee_of
from adapters.sim.binance_protocol.orders import OrderRequest, VenueOrder
from adapters.sim.binance_protocol.symbol_book import SymbolBook
from adapters.sim.binance_protocol.trades import PublicTrade
from core.types.order import Side


class SpotClearing:
    def admit(self, account: Account, book: SymbolBook, wanted: Wanted) -> None:
        is_buy = wanted.side is Side.BUY
        asset, needed = (book.instrument.quote, wanted.value) if is_buy else (book.instrument.base, wanted.quantity)
        if account.spot.amount_free(asset) < needed:
            raise ApiError(-2010, "Account has insufficient balance for requested action.")

    def hold(self, order: VenueOrder, book: SymbolBook) -> None:
        if order.request.is_market:
            return
        order.held = _needed(order)
        order.account.spot.hold(_asset(order, book), order.held)

    def release(self, order: VenueOrder, book: SymbolBook) -> None:
        needed = _needed(order) if order.status.is_open and not order.request.is_market else Decimal(0)
        order.account.spot.hold(_asset(order, book), needed - order.held)
        order.held = needed

    def fill(self, order: VenueOrder, book: SymbolBook, trade: PublicTrade, *, is_maker: bool) -> Cleared:
        rules, wallet, quantity = book.instrument, order.account.spot, trade.quantity
        rate = rules.maker_fee_rate if is_maker else rules.taker_fee_rate
        cost = trade.price * quantity
        is_buy = order.side is Side.BUY
        if order.held:
            held = order.price * quantity if is_buy else quantity
            order.held -= held
            wallet.hold(_asset(order, book), -held)
        paid, received = (cost, quantity) if is_buy else (quantity, cost)
        asset_in = rules.base if is_buy else rules.quote
        fee = fee_of(received, rate)
        wallet.add(_asset(order, book), -paid)
        wallet.add(asset_in, received - fee)
        return Cleared(fee, asset_in)

    def closable(self, account: Account, request: OrderRequest) -> Decimal | None:
        """Return None: there are no positions to reduce."""

    def unsafe(self, account: Account, symbol: str) -> list[VenueOrder]:
        del account, symbol
        return []


def _asset(order: VenueOrder, book: SymbolBook) -> str:
    return book.instrument.quote if order.side is Side.BUY else book.instrument.base


def _needed(order: VenueOrder) -> Decimal:
    return order.price * order.remaining if order.side is Side.BUY else order.remaining
