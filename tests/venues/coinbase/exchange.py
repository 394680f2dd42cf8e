"""The venue's truth: books that match, orders, fills and balances of its users. No network."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from core.matching.events import Cancelled, MatchKind, Rejected, Traded
from core.matching.kernel import ANONYMOUS, MatchingBook
from core.types.order import Side

FEE_RATE = Decimal("0.006")
ZERO = Decimal(0)


@dataclass
class Product:
    product_id: str
    tick: Decimal = Decimal("0.01")
    lot: Decimal = Decimal("0.00001")
    quote_min: Decimal = Decimal(1)
    alias: str = ""
    book: MatchingBook = field(default_factory=MatchingBook)

    @property
    def base(self) -> str:
        return self.product_id.split("-")[0]

    @property
    def quote(self) -> str:
        return self.product_id.split("-")[1]


@dataclass
class VenueOrder:
    number: int
    user: str
    client_order_id: str
    product: Product
    side: Side
    kind: str  # the key of its order configuration
    price: Decimal | None
    size: Decimal
    post_only: bool
    created_ns: int
    status: str = "OPEN"
    filled: Decimal = ZERO
    value: Decimal = ZERO
    fees: Decimal = ZERO
    fills: int = 0

    @property
    def order_id(self) -> str:
        return f"00000000-0000-4000-8000-{self.number:012x}"

    @property
    def average(self) -> Decimal:
        return self.value / self.filled if self.filled else ZERO


@dataclass
class VenueFill:
    trade_id: str
    order: VenueOrder
    price: Decimal
    size: Decimal
    fee: Decimal
    is_maker: bool
    at_ns: int


@dataclass(frozen=True)
class PublicTrade:
    trade_id: int
    product: Product
    price: Decimal
    size: Decimal
    maker_side: Side
    at_ns: int


class RefusedError(Exception):
    def __init__(self, error: str, preview: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.preview = preview


KINDS = {
    "limit_limit_gtc": MatchKind.LIMIT,
    "sor_limit_ioc": MatchKind.IOC,
    "market_market_ioc": MatchKind.MARKET,
}


class Exchange:
    """Everything happens at once and in order; listeners are told after each action."""

    def __init__(self, products: list[Product], now_ns: Callable[[], int]) -> None:
        self.products = {product.product_id: product for product in products}
        self.now_ns = now_ns
        self.orders: dict[str, VenueOrder] = {}
        self.fills: list[VenueFill] = []
        self.trades: list[PublicTrade] = []
        self.balances: dict[str, dict[str, list[Decimal]]] = {}  # user, currency: total, held
        self.on_action: Callable[[list[VenueOrder]], None] = lambda _: None
        self._numbers = 0
        self._touched: dict[str, VenueOrder] = {}
        self._by_number: dict[int, VenueOrder] = {}
        self._owners: dict[str, int] = {}

    def fund(self, user: str, **balances: str) -> None:
        self.balances[user] = {currency: [Decimal(value), ZERO] for currency, value in balances.items()}
        self._owners[user] = len(self._owners) + 1

    # what users do -------------------------------------------------------------------------------

    def submit(self, user: str, body: dict) -> VenueOrder:
        """Enter an order; the same client id again returns the order that has it. Raises RefusedError."""
        known = self.order_of_client(user, body["client_order_id"])
        if known is not None:
            return known
        product = self.products.get(body["product_id"])
        if product is None:
            raise RefusedError("INVALID_PRODUCT_ID", "PREVIEW_INVALID_PRODUCT_ID")
        ((kind, terms),) = body["order_configuration"].items()
        side = Side(body["side"].lower())
        if kind not in KINDS or ("base_size" not in terms):
            raise RefusedError("UNSUPPORTED_ORDER_CONFIGURATION")
        size = Decimal(terms["base_size"])
        price = Decimal(terms["limit_price"]) if "limit_price" in terms else None
        self._check(user, product, side, price, size)
        self._numbers += 1
        order = VenueOrder(
            self._numbers, user, body["client_order_id"], product, side, kind, price, size,
            bool(terms.get("post_only")), self.now_ns(),
        )  # fmt: skip
        match_kind = MatchKind.POST_ONLY if order.post_only else KINDS[kind]
        ticks = None if price is None else int(price / product.tick)
        if order.post_only and product.book.crosses(side, ticks or 0):
            raise RefusedError("INVALID_LIMIT_PRICE_POST_ONLY", "PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY")
        self.orders[order.order_id] = self._by_number[order.number] = self._touched[order.order_id] = order
        self._enter(order.number, self._owners[user], product, side, ticks, int(size / product.lot), match_kind)
        return order

    def cancel(self, user: str, order_id: str) -> str:
        """Return the failure reason, nothing where the order was taken off."""
        order = self.orders.get(order_id)
        if order is None or order.user != user:
            return "UNKNOWN_CANCEL_ORDER"
        if order.status == "FILLED":
            return "ORDER_IS_FULLY_FILLED"
        if order.product.book.cancel(order.number) is None:
            return "UNKNOWN_CANCEL_ORDER"
        self._end(order, "CANCELLED")
        self._settle()
        return ""

    def order_of_client(self, user: str, client_order_id: str) -> VenueOrder | None:
        found = (o for o in self.orders.values() if o.user == user and o.client_order_id == client_order_id)
        return next(found, None)

    # what the crowd does -------------------------------------------------------------------------

    def crowd(self, product_id: str, side: Side, size: str, price: str | None = None) -> None:
        """Let somebody else send a limit order, or a market order where there is no price."""
        product = self.products[product_id]
        self._numbers += 1
        ticks = None if price is None else int(Decimal(price) / product.tick)
        kind = MatchKind.MARKET if price is None else MatchKind.LIMIT
        self._enter(self._numbers, ANONYMOUS, product, side, ticks, int(Decimal(size) / product.lot), kind)

    # inside --------------------------------------------------------------------------------------

    def _check(self, user: str, product: Product, side: Side, price: Decimal | None, size: Decimal) -> None:
        if size <= 0 or size % product.lot:
            raise RefusedError("UNKNOWN_FAILURE_REASON", "PREVIEW_INVALID_SIZE_PRECISION")
        if price is not None and (price <= 0 or price % product.tick):
            raise RefusedError("INVALID_PRICE_PRECISION", "PREVIEW_INVALID_PRICE_PRECISION")
        best = product.book.best_ask() if side is Side.BUY else product.book.best_bid()
        reference = price if price is not None else (None if best is None else best * product.tick)
        if reference is None:
            raise RefusedError("UNKNOWN_FAILURE_REASON", "PREVIEW_INVALID_NO_LIQUIDITY")
        needed = size * reference * (1 + FEE_RATE) if side is Side.BUY else size
        total, held = self.purse(user, product.quote if side is Side.BUY else product.base)
        if needed > total - held:
            raise RefusedError("INSUFFICIENT_FUND", "PREVIEW_INSUFFICIENT_FUND")

    def purse(self, user: str, currency: str) -> list[Decimal]:
        return self.balances[user].setdefault(currency, [ZERO, ZERO])

    def _enter(
        self, number: int, owner: int, product: Product, side: Side, ticks: int | None, lots: int, kind: MatchKind
    ) -> None:
        for event in product.book.submit(number, owner, side, ticks, lots, kind=kind):
            if type(event) is Traded:
                self._traded(product, event)
            elif type(event) is Cancelled and event.order_id in self._by_number:
                self._end(self._by_number[event.order_id], "CANCELLED")
            elif type(event) is Rejected and event.order_id in self._by_number:
                self._end(self._by_number[event.order_id], "FAILED")
        self._settle()

    def _traded(self, product: Product, event: Traded) -> None:
        price, size = event.ticks * product.tick, event.lots * product.lot
        trade_id = len(self.trades) + 1
        self.trades.append(
            PublicTrade(trade_id, product, price, size, event.taker_side.opposite, self.now_ns())
        )  # fmt: skip
        for number, is_maker in ((event.maker_id, True), (event.taker_id, False)):
            order = self._by_number.get(number)
            if order is not None:
                self._filled(order, trade_id, price, size, is_maker=is_maker)

    def _filled(self, order: VenueOrder, trade_id: int, price: Decimal, size: Decimal, *, is_maker: bool) -> None:
        fee = price * size * FEE_RATE
        order.filled += size
        order.value += price * size
        order.fees += fee
        order.fills += 1
        side = "m" if is_maker else "t"
        self.fills.append(VenueFill(f"trade-{trade_id}-{side}", order, price, size, fee, is_maker, self.now_ns()))
        self.purse(order.user, order.product.base)[0] += order.side.sign * size
        self.purse(order.user, order.product.quote)[0] -= order.side.sign * price * size + fee
        self._touched[order.order_id] = order
        if order.filled == order.size:
            self._end(order, "FILLED")

    def _end(self, order: VenueOrder, status: str) -> None:
        order.status = status
        self._touched[order.order_id] = order

    def _settle(self) -> None:
        """Hold what resting orders need and tell everybody."""
        for balances in self.balances.values():
            for purse in balances.values():
                purse[1] = ZERO
        for order in self.orders.values():
            if order.status == "OPEN" and order.price is not None:
                left = order.size - order.filled
                if order.side is Side.BUY:
                    self.purse(order.user, order.product.quote)[1] += left * order.price * (1 + FEE_RATE)
                else:
                    self.purse(order.user, order.product.base)[1] += left
        touched = list(self._touched.values())
        self._touched.clear()
        self.on_action(touched)
