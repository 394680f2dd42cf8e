"""The truth of a small Hyperliquid: books, orders, accounts. Independent of the adapter: it shares no code with it."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from core.matching.events import Cancelled, MatchEvent, MatchKind, Rejected, Traded
from core.matching.kernel import ANONYMOUS, MatchingBook
from core.types.order import Side

FEES = {"taker": Decimal("0.00045"), "maker": Decimal("0.00015")}
KINDS = {"Gtc": MatchKind.LIMIT, "Ioc": MatchKind.IOC, "Alo": MatchKind.POST_ONLY}


def plain(value: Decimal) -> str:
    whole, _, fraction = f"{value:f}".partition(".")
    return f"{whole}.{fraction.rstrip('0') or '0'}"


@dataclass
class Asset:
    coin: str
    number: int
    decimals: int  # of sizes
    book: MatchingBook = field(default_factory=MatchingBook)

    @property
    def tick(self) -> Decimal:
        return Decimal(1).scaleb(self.decimals - 6)

    @property
    def lot(self) -> Decimal:
        return Decimal(1).scaleb(-self.decimals)


@dataclass
class VenueOrder:
    number: int
    user: str
    asset: Asset
    side: Side
    price: Decimal
    size: Decimal
    left: Decimal
    tif: str
    reduce_only: bool
    cloid: str | None
    placed_ms: int
    status: str = "open"
    status_ms: int = 0

    def row(self) -> dict:
        return {
            "coin": self.asset.coin, "side": "B" if self.side is Side.BUY else "A", "limitPx": plain(self.price),
            "sz": plain(self.left), "oid": self.number, "timestamp": self.placed_ms, "origSz": plain(self.size),
            "cloid": self.cloid, "reduceOnly": self.reduce_only, "tif": self.tif, "orderType": "Limit",
            "isTrigger": False, "triggerPx": "0.0", "triggerCondition": "N/A", "children": [], "isPositionTpsl": False,
        }  # fmt: skip

    def update(self) -> dict:
        basic = ("coin", "side", "limitPx", "sz", "oid", "timestamp", "origSz", "cloid")
        row = {key: value for key, value in self.row().items() if key in basic and value is not None}
        return {"order": row, "status": self.status, "statusTimestamp": self.status_ms}


@dataclass
class Account:
    cash: Decimal = Decimal(10_000)
    positions: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict)  # coin: signed size, entry
    fills: list[dict] = field(default_factory=list)
    funding: list[dict] = field(default_factory=list)


class ExchangeState:
    """Matches orders and keeps accounts; tells `on_event` what a stream would carry."""

    def __init__(self, dexs: dict[str, list[tuple[str, int]]]) -> None:
        """Make a venue of dexs with (coin, size decimals) each; the first is the main one, named by an empty text."""
        self.dexs = dexs
        self.assets: dict[str, Asset] = {}
        for place, (_, coins) in enumerate(dexs.items()):
            for index, (coin, decimals) in enumerate(coins):
                number = index if place == 0 else 100_000 + 10_000 * place + index
                self.assets[coin] = Asset(coin, number, decimals)
        self.by_number = {asset.number: asset for asset in self.assets.values()}
        self.accounts: dict[str, Account] = {}
        self.orders: dict[int, VenueOrder] = {}
        self.events: list[tuple[str, str, object]] = []  # channel, coin or user, data
        self.on_event: Callable[[str, str, object], None] = lambda *_: None
        self.clock_ns: Callable[[], int] = time.time_ns
        self._numbers = itertools.count(1000)
        self._trades = itertools.count(500_000)
        self._owners: dict[str, int] = {}
        self._last_ms = 0

    def now_ms(self) -> int:
        self._last_ms = max(self._last_ms + 1, self.clock_ns() // 1_000_000)
        return self._last_ms

    def account(self, user: str) -> Account:
        return self.accounts.setdefault(user, Account())

    def crowd(self, coin: str, side: Side, price: str, size: str) -> None:
        """Enter an order of nobody in particular."""
        asset = self.assets[coin]
        ticks, lots = int(Decimal(price) / asset.tick), int(Decimal(size) / asset.lot)
        events = asset.book.submit(next(self._numbers), ANONYMOUS, side, ticks, lots, kind=MatchKind.LIMIT)
        self._book(asset, events)

    def place(self, user: str, wire: dict) -> dict:
        asset = self.by_number.get(wire["a"])
        if asset is None:
            return {"error": f"Order has invalid asset {wire['a']}."}
        side, price, size = Side.BUY if wire["b"] else Side.SELL, Decimal(wire["p"]), Decimal(wire["s"])
        flaw = self._flaw(user, asset, side, price, size, wire)
        if flaw is not None:
            return {"error": flaw}
        now_ms, tif = self.now_ms(), wire["t"]["limit"]["tif"]
        order = VenueOrder(
            next(self._numbers), user, asset, side, price, size, size, tif, wire["r"], wire.get("c"), now_ms,
            status_ms=now_ms,
        )  # fmt: skip
        ticks, lots = int(price / asset.tick), int(size / asset.lot)
        owner = self._owners.setdefault(user, len(self._owners) + 1)
        events = asset.book.submit(order.number, owner, side, ticks, lots, kind=KINDS[tif])
        if isinstance(events[0], Rejected):
            return {"error": f"Post only order would have immediately matched, bbo was 1@2. asset={asset.number}"}
        traded = [event for event in events if isinstance(event, Traded)]
        if tif == "Ioc" and not traded:
            return {"error": f"Order could not immediately match against any resting orders. asset={asset.number}"}
        self.orders[order.number] = order
        if not (tif == "Ioc" or (traded and traded[-1].taker_left == 0)):
            self.tell("orderUpdates", user, [order.update()])
        self._book(asset, events)
        if order.status == "open":
            return {"resting": {"oid": order.number, **({"cloid": order.cloid} if order.cloid else {})}}
        filled = size - order.left
        return {"filled": {"totalSz": plain(filled), "avgPx": plain(price), "oid": order.number}}

    def cancel(self, order: VenueOrder | None, status: str = "canceled") -> object:
        if order is None or order.status != "open":
            return {"error": "Order was never placed, already canceled, or filled."}
        order.asset.book.cancel(order.number)
        self._end(order, status)
        self.tell_book(order.asset)
        return "success"

    def modify(self, user: str, wire: dict) -> object:
        order = self.find(user, wire["oid"])
        if order is None or order.status != "open":
            return {"error": "Cannot modify canceled or filled order"}
        self.cancel(order)
        placed = self.place(user, wire["order"])
        return {"error": f"Error placing new order during modify: {placed['error']}"} if "error" in placed else placed

    def find(self, user: str, number_or_cloid: object) -> VenueOrder | None:
        """Return the newest order of that number or client id."""
        found = [
            order
            for order in self.orders.values()
            if order.user == user and number_or_cloid in (order.number, order.cloid)
        ]
        return found[-1] if found else None

    def pay_funding(self, user: str, coin: str, amount: str, rate: str) -> None:
        now_ms, account = self.now_ms(), self.account(user)
        account.cash += Decimal(amount)
        size = plain(account.positions.get(coin, (Decimal(0), Decimal(0)))[0])
        news = {"time": now_ms, "coin": coin, "usdc": amount, "szi": size, "fundingRate": rate}
        delta = {key: value for key, value in news.items() if key != "time"} | {"type": "funding", "nSamples": None}
        account.funding.append({"time": now_ms, "hash": "0x" + "0" * 64, "delta": delta})
        self.tell("userFundings", user, {"user": user, "fundings": [news]})

    def levels(self, asset: Asset, depth: int = 20) -> tuple[list[dict], list[dict]]:
        sides = []
        for ladder, best_first in ((asset.book.bids, True), (asset.book.asks, False)):
            prices = sorted((ticks for ticks, level in ladder.levels.items() if level.lots), reverse=best_first)
            sides.append(
                [
                    {"px": plain(ticks * asset.tick), "sz": plain(ladder.levels[ticks].lots * asset.lot), "n": 1}
                    for ticks in prices[:depth]
                ]
            )
        return sides[0], sides[1]

    def book_message(self, asset: Asset) -> dict:
        return {"coin": asset.coin, "time": self.now_ms(), "levels": self.levels(asset)}

    def tell(self, channel: str, key: str, data: object) -> None:
        self.on_event(channel, key, data)

    def tell_book(self, asset: Asset) -> None:
        self.tell("l2Book", asset.coin, self.book_message(asset))

    def _flaw(self, user: str, asset: Asset, side: Side, price: Decimal, size: Decimal, wire: dict) -> str | None:
        digits = str(int(price.scaleb(12))).rstrip("0")
        is_whole = price == price.to_integral_value()
        if (len(digits) > 5 and not is_whole) or price % asset.tick or price <= 0:
            return f"Price must be divisible by tick size. asset={asset.number}"
        if size % asset.lot or size <= 0:
            return "Order has invalid size."
        if price * size < 10 and not wire["r"]:
            return f"Order must have minimum value of $10. asset={asset.number}"
        held = self.account(user).positions.get(asset.coin, (Decimal(0), Decimal(0)))[0]
        if wire["r"] and held * side.sign >= 0:
            return f"Reduce only order would increase position. asset={asset.number}"
        if price * size > 20 * self.account(user).cash:
            return f"Insufficient margin to place order. asset={asset.number}"
        return None

    def _book(self, asset: Asset, events: list[MatchEvent]) -> None:
        public = []
        for event in events:
            if isinstance(event, Traded):
                now_ms, trade_id = self.now_ms(), next(self._trades)
                price, size = event.ticks * asset.tick, event.lots * asset.lot
                for number, left, role in (
                    (event.maker_id, event.maker_left, "maker"),
                    (event.taker_id, event.taker_left, "taker"),
                ):
                    if number in self.orders:
                        self._fill(self.orders[number], price, size, left * asset.lot, role, now_ms, trade_id)
                side = "B" if event.taker_side is Side.BUY else "A"
                public.append(
                    {"coin": asset.coin, "side": side, "px": plain(price), "sz": plain(size), "time": now_ms,
                     "hash": "0x" + "0" * 64, "tid": trade_id, "users": ["0x0", "0x0"]}
                )  # fmt: skip
            elif isinstance(event, Cancelled) and event.order_id in self.orders:
                order = self.orders[event.order_id]
                self._end(order, "filled" if order.tif == "Ioc" and order.left < order.size else "canceled")
        if public:
            self.tell("trades", asset.coin, public)
        self.tell_book(asset)

    def _fill(
        self, order: VenueOrder, price: Decimal, size: Decimal, left: Decimal, role: str, now_ms: int, trade_id: int
    ) -> None:
        order.left = left
        account, coin = self.account(order.user), order.asset.coin
        fee = (price * size * FEES[role]).quantize(Decimal("0.000001"))
        before = account.positions.get(coin, (Decimal(0), Decimal(0)))
        account.positions[coin], realised = _moved(before, order.side.sign * size, price)
        account.cash += realised - fee
        fill = {
            "coin": coin, "px": plain(price), "sz": plain(size), "side": "B" if order.side is Side.BUY else "A",
            "time": now_ms, "startPosition": plain(before[0]), "dir": "Open Long", "closedPnl": plain(realised),
            "hash": "0x" + "0" * 64, "oid": order.number, "crossed": role == "taker", "fee": plain(fee),
            "tid": trade_id, "feeToken": "USDC", "twapId": None, **({"cloid": order.cloid} if order.cloid else {}),
        }  # fmt: skip
        account.fills.append(fill)
        self.tell("userFills", order.user, {"user": order.user, "fills": [fill]})
        if left == 0:
            self._end(order, "filled")

    def _end(self, order: VenueOrder, status: str) -> None:
        order.status, order.status_ms = status, self.now_ms()
        self.tell("orderUpdates", order.user, [order.update()])


def _moved(held: tuple[Decimal, Decimal], change: Decimal, price: Decimal) -> tuple[tuple[Decimal, Decimal], Decimal]:
    """Return the position after a trade, and what it realised."""
    size, entry = held
    after = size + change
    if size * change >= 0:
        return (after, (abs(size) * entry + abs(change) * price) / abs(after)), Decimal(0)
    closed = min(abs(size), abs(change))
    realised = (price - entry) * closed * (1 if size > 0 else -1)
    return (after, price if size * after < 0 else entry if after else Decimal(0)), realised
