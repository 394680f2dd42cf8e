"""The inside of a small OKX: books that match, one account, and everything that happened to it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.matching.events import Cancelled, MatchEvent, MatchKind, MatchReason, Rejected, Traded
from core.matching.kernel import ANONYMOUS, MatchingBook
from core.types.order import Side
from tests.venues.okx.listing import ROWS, ZERO, plain

OWNER = 1
LEVERAGE = 10
KINDS = {
    "limit": MatchKind.LIMIT,
    "ioc": MatchKind.IOC,
    "market": MatchKind.MARKET,
    "post_only": MatchKind.POST_ONLY,
}
GONE = {"filled": "51402", "canceled": "51401"}
Row = dict[str, Any]


@dataclass
class VenueOrder:
    """An order of the account; `terms` are as they were asked for."""

    terms: Row
    ord_id: str
    size: Decimal
    price: Decimal | None
    c_time: int
    state: str = "live"
    filled: Decimal = ZERO
    notional: Decimal = ZERO
    last_fill: Row = field(default_factory=dict)
    u_time: int = 0
    cancel_reason: str = ""

    @property
    def inst_id(self) -> str:
        return self.terms["instId"]

    @property
    def is_resting(self) -> bool:
        return self.state in {"live", "partially_filled"}

    def row(self) -> Row:
        return {
            "instId": self.inst_id, "instType": ROWS[self.inst_id]["instType"], "ordId": self.ord_id,
            "clOrdId": self.terms.get("clOrdId", ""), "tag": self.terms.get("tag", ""), "side": self.terms["side"],
            "posSide": "net", "tdMode": self.terms["tdMode"], "ordType": self.terms["ordType"], "state": self.state,
            "sz": plain(self.size), "px": "" if self.price is None else plain(self.price),
            "accFillSz": plain(self.filled), "avgPx": plain(self.notional / self.filled) if self.filled else "",
            "reduceOnly": str(bool(self.terms.get("reduceOnly"))).lower(), "cTime": str(self.c_time),
            "uTime": str(self.u_time or self.c_time), "tgtCcy": self.terms.get("tgtCcy", ""), "category": "normal",
            "cancelSourceReason": self.cancel_reason, "fee": "0", "feeCcy": "", "lever": "", "ccy": "",
            "tradeId": "", "fillSz": "0", "fillPx": "", "fillTime": "", "fillFee": "0", "fillFeeCcy": "",
            "execType": "", **self.last_fill,
        }  # fmt: skip


class Exchange:
    """Matches and books; tells its listeners what happened, in order."""

    def __init__(self, cash: dict[str, str] | None = None) -> None:
        self.books = {name: MatchingBook() for name in ROWS}
        self.cash = {name: Decimal(text) for name, text in (cash or {"USDT": "100000", "BTC": "1"}).items()}
        self.positions: dict[str, tuple[Decimal, Decimal]] = {}  # contracts, average price
        self.orders: dict[str, VenueOrder] = {}
        self.by_client_id: dict[str, VenueOrder] = {}
        self.fills: list[Row] = []
        self.bills: list[Row] = []
        self.last = {"BTC-USDT": Decimal(50_000), "OKB-USDT": Decimal(40), "BTC-USDT-SWAP": Decimal(50_000)}
        self.fee_asset: str | None = None  # None: as the venue usually takes it
        self.now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
        self.on_order: Callable[[Row], None] = lambda _: None
        self.on_book: Callable[[str], None] = lambda _: None
        self.on_trade: Callable[[str, Row], None] = lambda *_: None
        self._crowd_orders = 1 << 40
        self._ids = 7_000_000_000
        self._trades = 500

    # requests; each returns (sCode, sMsg, ordId) ------------------------------------------------------------

    def place(self, terms: Row) -> tuple[str, str, str]:
        name = terms.get("clOrdId", "")
        if name and not (name.isalnum() and name.isascii() and len(name) <= 32):
            return "51000", "Parameter clOrdId error", ""
        if name in self.by_client_id:
            return "51016", "Client order ID already exists.", ""
        refusal = self._refusal(terms)
        if refusal is not None:
            return *refusal, ""
        price = Decimal(terms["px"]) if terms["ordType"] != "market" else None
        order = VenueOrder(terms, str(self._next_id()), Decimal(terms["sz"]), price, self.now_ms())
        self.orders[order.ord_id] = order
        if name:
            self.by_client_id[name] = order
        self.on_order(order.row())
        self._enter(order)
        return "0", "", order.ord_id

    def cancel(self, terms: Row, reason: str = "Order canceled by user") -> tuple[str, str, str]:
        order = self.find(terms)
        if order is None or not order.is_resting:
            code = "51400" if order is None else GONE[order.state]
            return code, "Cancellation failed as the order has been filled, canceled or does not exist", ""
        self.books[order.inst_id].cancel(int(order.ord_id))
        self._end(order, "canceled", reason)
        self.on_book(order.inst_id)
        return "0", "", order.ord_id

    def amend(self, terms: Row) -> tuple[str, str, str]:
        order = self.find(terms)
        if order is None or not order.is_resting:
            return "51503" if order is None else "51510", "Order modification failed as the order is gone", ""
        size, price = Decimal(terms.get("newSz", order.size)), Decimal(terms.get("newPx", order.price or 0))
        if size <= order.filled:
            return "51511", "Modification failed, the size is filled already", ""
        self.books[order.inst_id].cancel(int(order.ord_id))
        order.size, order.price, order.u_time, order.last_fill = size, price, self.now_ms(), {}
        self.on_order(order.row() | {"amendResult": "0", "reqId": ""})
        self._enter(order)
        return "0", "", order.ord_id

    def find(self, terms: Row) -> VenueOrder | None:
        if terms.get("ordId"):
            return self.orders.get(terms["ordId"])
        return self.by_client_id.get(terms.get("clOrdId", ""))

    def resting(self) -> list[VenueOrder]:
        """Return what rests, newest first, as the venue lists it."""
        return [order for order in reversed(self.orders.values()) if order.is_resting]

    def order_named(self, client_order_id: str) -> VenueOrder:
        return self.by_client_id[client_order_id]

    # everybody else --------------------------------------------------------------------------------------

    def crowd(self, inst_id: str, side: Side, price: str, size: str, kind: MatchKind = MatchKind.LIMIT) -> None:
        """Let somebody else send an order."""
        self._crowd_orders += 1
        ticks, lots = self._steps(inst_id, Decimal(price), Decimal(size))
        events = self.books[inst_id].submit(self._crowd_orders, ANONYMOUS, side, ticks, lots, kind=kind)
        self._book(inst_id, events)

    def pay_funding(self, inst_id: str, amount: str) -> None:
        contracts, _ = self.positions[inst_id]
        self.cash["USDT"] += Decimal(amount)
        self.bills.append(
            {
                "billId": str(self._next_id()),
                "type": "8",
                "subType": "174",
                "instId": inst_id,
                "ccy": "USDT",
                "balChg": amount,
                "pnl": amount,
                "px": plain(self.last[inst_id]),
                "sz": plain(abs(contracts)),
                "ts": str(self.now_ms()),
            }
        )

    # inside ----------------------------------------------------------------------------------------------

    def _refusal(self, terms: Row) -> tuple[str, str] | None:
        listed = ROWS.get(terms["instId"])
        if listed is None:
            return "51001", "Instrument ID does not exist"
        if terms["ordType"] not in KINDS:
            return "51000", "Parameter ordType error"
        is_swap = listed["instType"] == "SWAP"
        if terms["tdMode"] != ("cross" if is_swap else "cash"):
            return "51000", "Parameter tdMode error"
        is_market_buy = terms["ordType"] == "market" and terms["side"] == "buy"
        if is_market_buy and not is_swap and terms.get("tgtCcy") != "base_ccy":
            return "51000", "a market buy by its cost is not for this small venue"
        size = Decimal(terms["sz"])
        if size < Decimal(listed["minSz"]):
            return "51020", "Your order should meet or exceed the minimum order amount."
        if size % Decimal(listed["lotSz"]):
            return "51121", "Order quantity must be a multiple of the lot size."
        held, _ = self.positions.get(terms["instId"], (ZERO, ZERO))
        if terms.get("reduceOnly") and held * (1 if terms["side"] == "buy" else -1) >= 0:
            return "51169", "You don't have any positions in this contract that can be closed."
        margin = size * Decimal(listed["ctVal"] or "0") * self.last.get(terms["instId"], ZERO) / LEVERAGE
        if is_swap and not terms.get("reduceOnly") and margin > self.cash.get("USDT", ZERO):
            return "51008", "Order failed. Insufficient USDT margin in account"
        if not is_swap and terms["side"] == "sell" and size > self.cash.get(listed["baseCcy"], ZERO):
            return "51008", "Order failed. Insufficient balance"
        if not is_swap and terms["side"] == "buy":
            price = Decimal(terms.get("px") or self.last[terms["instId"]])
            if size * price > self.cash.get(listed["quoteCcy"], ZERO):
                return "51008", "Order failed. Insufficient balance"
        return None

    def _enter(self, order: VenueOrder) -> None:
        ticks, lots = self._steps(order.inst_id, order.price or ZERO, order.size - order.filled)
        side, kind = Side(order.terms["side"]), KINDS[order.terms["ordType"]]
        at = None if kind is MatchKind.MARKET else ticks
        book = self.books[order.inst_id]
        self._book(order.inst_id, book.submit(int(order.ord_id), OWNER, side, at, lots, kind=kind))

    def _book(self, inst_id: str, events: list[MatchEvent]) -> None:
        for event in events:
            if isinstance(event, Traded):
                self._traded(inst_id, event)
            elif isinstance(event, Cancelled | Rejected) and str(event.order_id) in self.orders:
                reason = "self trade prevention" if event.reason is MatchReason.SELF_MATCH else event.reason.value
                self._end(self.orders[str(event.order_id)], "canceled", reason)
        self.on_book(inst_id)

    def _traded(self, inst_id: str, event: Traded) -> None:
        self._trades += 1
        listed = ROWS[inst_id]
        price, size = event.ticks * Decimal(listed["tickSz"]), event.lots * Decimal(listed["lotSz"])
        self.last[inst_id] = price
        sides = ((event.taker_id, event.taker_side, "T"), (event.maker_id, event.taker_side.opposite, "M"))
        for order_id, side, role in sides:
            order = self.orders.get(str(order_id))
            if order is not None:
                self._fill(order, side, price, size, role)
        taker = {"px": plain(price), "sz": plain(size), "side": event.taker_side.value, "tradeId": str(self._trades)}
        self.on_trade(inst_id, taker)

    def _fill(self, order: VenueOrder, side: Side, price: Decimal, size: Decimal, role: str) -> None:
        fee, asset = self._fee(order.inst_id, side, price, size, role)
        at = str(self.now_ms())
        order.filled += size
        order.notional += size * price
        order.state = "filled" if order.filled == order.size else "partially_filled"
        order.u_time = int(at)
        trade_id = str(self._trades)
        order.last_fill = {
            "tradeId": trade_id, "fillSz": plain(size), "fillPx": plain(price), "fillTime": at, "execType": role,
            "fillFee": plain(fee), "fillFeeCcy": asset,
        }  # fmt: skip
        self.fills.append(
            {
                "instId": order.inst_id,
                "instType": ROWS[order.inst_id]["instType"],
                "tradeId": trade_id,
                "ordId": order.ord_id,
                "clOrdId": order.terms.get("clOrdId", ""),
                "billId": str(self._next_id()),
                "side": side.value,
                "fillPx": plain(price),
                "fillSz": plain(size),
                "fee": plain(fee),
                "feeCcy": asset,
                "execType": role,
                "ts": at,
                "fillTime": at,
                "posSide": "net",
                "tag": order.terms.get("tag", ""),
            }
        )
        self._move(order.inst_id, side, price, size)
        self.cash[asset] = self.cash.get(asset, ZERO) + fee
        self.on_order(order.row())

    def _fee(self, inst_id: str, side: Side, price: Decimal, size: Decimal, role: str) -> tuple[Decimal, str]:
        listed = ROWS[inst_id]
        if listed["instType"] == "SWAP":
            rate = Decimal("0.0005") if role == "T" else Decimal("0.0002")
            fee, asset = -rate * price * size * Decimal(listed["ctVal"]), "USDT"
        else:
            rate = Decimal("0.001") if role == "T" else Decimal("0.0008")
            by_base = side is Side.BUY
            fee, asset = -rate * size * (1 if by_base else price), listed["baseCcy" if by_base else "quoteCcy"]
        if self.fee_asset is not None:
            return Decimal("-0.05"), self.fee_asset
        return fee, asset

    def _move(self, inst_id: str, side: Side, price: Decimal, size: Decimal) -> None:
        listed, signed = ROWS[inst_id], side.sign * size
        if listed["instType"] == "SPOT":
            self.cash[listed["baseCcy"]] = self.cash.get(listed["baseCcy"], ZERO) + signed
            self.cash[listed["quoteCcy"]] = self.cash.get(listed["quoteCcy"], ZERO) - signed * price
            return
        held, average = self.positions.get(inst_id, (ZERO, ZERO))
        after = held + signed
        if held * signed >= 0:
            average = (held * average + signed * price) / after
        else:
            closed = min(abs(held), size) * (1 if held > 0 else -1)
            self.cash["USDT"] += closed * (price - average) * Decimal(listed["ctVal"])
            average = price if held * after < 0 else average
        self.positions[inst_id] = (after, average if after else ZERO)

    def _end(self, order: VenueOrder, state: str, reason: str) -> None:
        order.state, order.u_time, order.last_fill, order.cancel_reason = state, self.now_ms(), {}, reason
        self.on_order(order.row())

    def _steps(self, inst_id: str, price: Decimal, size: Decimal) -> tuple[int, int]:
        listed = ROWS[inst_id]
        return int(price / Decimal(listed["tickSz"])), int(size / Decimal(listed["lotSz"]))

    def _next_id(self) -> int:
        self._ids += 1
        return self._ids
