"""Read the venue's truth about an account: balances, positions, orders, fills and funding."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final, NamedTuple, Protocol, TypeVar

from adapters.hyperliquid.account_wire import (
    AccountFill,
    ClearinghouseState,
    FundingRow,
    OpenOrder,
    OrderStatusAnswer,
    decode_clearinghouse,
    decode_fills,
    decode_fundings,
    decode_open_orders,
    decode_order_status,
    decode_spot_state,
    decode_text,
)
from adapters.hyperliquid.info import Info, InfoError
from adapters.hyperliquid.instruments import COLLATERAL, FUNDING_INTERVAL_S, VENUE, Universe
from adapters.hyperliquid.order_names import OrderNames
from adapters.hyperliquid.translation import NS_PER_MS, fill_of, funding_of, order_of
from adapters.network.request_budget import Purpose
from core.ports.clock import Clock
from core.types.account import AccountReport, Balance, FundingPayment, VenuePosition
from core.types.instrument import InstrumentId
from core.types.order import Fill

# Where an answer may be cut: the venue names 2000 rows for fills, and 500 rows or blocks for every list by time.
PAGE_SIZES: Final = (500, 2000)
_PAGES_LIMIT: Final = 50
_LOOKS: Final = 3  # at an account that trades while it is read
_ZERO: Final = Decimal(0)
_HOUR_NS: Final = FUNDING_INTERVAL_S * 1_000_000_000
_FUNDING_LATE_NS: Final = 300_000_000_000
# accounts whose spot balance is the margin of everything
_UNIFIED: Final = frozenset({"unifiedAccount", "portfolioMargin"})


class _Timed(Protocol):
    @property
    def time_ms(self) -> int: ...


Row = TypeVar("Row", bound=_Timed)


class Executions(NamedTuple):
    fills: tuple[Fill, ...]
    funding: tuple[FundingPayment, ...]


class AccountReader:
    """Asks for one address; every question may use the reserved slice of the allowance."""

    def __init__(
        self, info: Info, address: str, universe: Universe, dexs: tuple[str, ...], names: OrderNames, clock: Clock
    ) -> None:
        self._info = info
        self._address = address
        self._universe = universe
        self._dexs = dexs
        self._names = names
        self._clock = clock
        self._is_unified: bool | None = None

    async def report(self, since_ns: int) -> AccountReport:
        """Read everything, again where a fill came after the positions; raise InfoError where a part cannot be read.

        Such a fill would be booked and then be taken back, for the positions do not have it. An account that never
        holds still is reported as it was seen last: comparing it is left to who sees the fills of its stream.
        """
        looks = 0
        while True:
            looks += 1
            report, held_ms = await self._look(since_ns)
            if looks == _LOOKS or all(fill.venue_ns <= held_ms * NS_PER_MS for fill in report.fills):
                return report

    async def _look(self, since_ns: int) -> tuple[AccountReport, int]:
        """Return what one round of questions finds, and of when its positions are."""
        at_ns = self._clock.utc_ns()
        resting = [found for dex in self._dexs for found in await self.open_orders(dex)]
        await self.learn_carried(resting)
        states = {dex: await self._clearinghouse(dex) for dex in self._dexs}
        balances = await self._balances(states)
        executions = await self.executions(since_ns, with_funding=_may_have_paid(since_ns, at_ns))
        orders = (order_of(found, self._universe, self._names) for found in resting)
        report = AccountReport(
            venue=VENUE,
            balances=balances,
            positions=tuple(self._positions(states)),
            open_orders=tuple(order for order in orders if order is not None),
            fills=executions.fills,
            funding=executions.funding,
            at_ns=at_ns,
        )
        return report, min(state.time_ms for state in states.values())

    async def executions(self, since_ns: int, *, with_funding: bool = True) -> Executions:
        """Read fills and funding at or after a moment."""
        since_ms = -(-since_ns // NS_PER_MS)
        rows = await self._pages("userFillsByTime", decode_fills, since_ms)
        await self._learn_names(rows)
        received_ns = self._clock.utc_ns()
        fills = (fill_of(row, self._universe, self._names, received_ns) for row in rows)
        payments: list[FundingRow] = []
        if with_funding:
            payments = await self._pages("userFunding", decode_fundings, since_ms)
        funding = (funding_of(row.delta, row.time_ms, self._universe) for row in payments)
        return Executions(
            tuple({fill.fill_id: fill for fill in fills if fill is not None}.values()),
            tuple({payment.payment_id: payment for payment in funding if payment is not None}.values()),
        )

    async def open_orders(self, dex: str, purpose: Purpose = Purpose.RECONCILE) -> list[OpenOrder]:
        return await open_orders(self._info, self._address, dex, purpose)

    async def order_status(self, number_or_cloid: int | str) -> OrderStatusAnswer:
        question = {"type": "orderStatus", "user": self._address, "oid": number_or_cloid}
        return await self._info.ask(question, decode_order_status, Purpose.RECONCILE)

    async def filled_under(self, number: int, since_ms: int) -> Decimal:
        """Return what was filled under one number of an order; a fill is proof where a status may not be."""
        rows = await self._pages("userFillsByTime", decode_fills, since_ms)
        own = {(row.coin, row.time_ms, row.trade_id): row.quantity for row in rows if row.number == number}
        return sum(own.values(), _ZERO)

    def asset_id_of(self, coin: str) -> int | None:
        return self._universe.asset_id_of(coin)

    async def learn_carried(self, resting: list[OpenOrder]) -> None:
        """Find out, once for each number, what its order had filled under numbers that an amend gave up."""
        unknown: dict[str, int] = {}
        for found in resting:
            self._names.note(found.number, found.cloid)
            if found.cloid is not None and not self._names.knows_carried(found.number):
                unknown[self._names.client_id(found.number, found.cloid)] = found.number
        if not unknown:
            return
        rows = await self._info.ask({"type": "userFills", "user": self._address}, decode_fills, Purpose.RECONCILE)
        carried = dict.fromkeys(unknown.values(), _ZERO)
        for row in rows:
            number = unknown.get(self._names.client_id(row.number, row.cloid), row.number)
            if row.number != number:
                carried[number] += row.quantity
        for number, filled in carried.items():
            self._names.carry(number, filled)

    async def _learn_names(self, rows: list[AccountFill]) -> None:
        """Ask for the client ids of orders whose fills do not tell them."""
        contracts = (row for row in rows if self._universe.symbol_of(row.coin) is not None)
        for number in dict.fromkeys(row.number for row in contracts if row.cloid is None):
            if not self._names.knows(number):
                answer = await self.order_status(number)
                self._names.note(number, None if answer.order is None else answer.order.order.cloid)

    async def _clearinghouse(self, dex: str) -> ClearinghouseState:
        question = {"type": "clearinghouseState", "user": self._address, "dex": dex}
        return await self._info.ask(question, decode_clearinghouse, Purpose.RECONCILE)

    async def _balances(self, states: dict[str, ClearinghouseState]) -> tuple[Balance, ...]:
        """Return the cash behind contracts, without their open profit: the ledger counts that by itself.

        Spot balances margin no contract unless the account is a unified one, and are left out then: what cannot be
        used must not look free.
        """
        if await self._has_unified_margin():
            question = {"type": "spotClearinghouseState", "user": self._address}
            spot = await self._info.ask(question, decode_spot_state, Purpose.RECONCILE)
            # One of nothing is left out by the venue, and is told here: else the last amount would stand for ever.
            held = {coin: Balance(coin, _ZERO, _ZERO) for coin in sorted({self._collateral(dex) for dex in states})}
            for row in spot.balances:
                if row.coin in held:
                    held[row.coin] = Balance(row.coin, row.total, row.total - row.hold)
            return tuple(held.values())
        total: dict[str, Decimal] = {}
        free: dict[str, Decimal] = {}
        for dex, state in states.items():
            asset = self._collateral(dex)
            open_profit = sum((held.position.unrealized_pnl for held in state.asset_positions), _ZERO)
            total[asset] = total.get(asset, _ZERO) + state.margin_summary.account_value - open_profit
            free[asset] = free.get(asset, _ZERO) + state.withdrawable
        return tuple(Balance(asset, total[asset], free[asset]) for asset in total)

    async def _has_unified_margin(self) -> bool:
        if self._is_unified is None:
            question = {"type": "userAbstraction", "user": self._address}
            self._is_unified = await self._info.ask(question, decode_text, Purpose.RECONCILE) in _UNIFIED
        return self._is_unified

    def forget_margin_mode(self) -> None:
        """Ask anew at the next report: the account's owner may have changed it."""
        self._is_unified = None

    def _collateral(self, dex: str) -> str:
        of_dex = (listing for listing in self._universe.by_coin.values() if listing.dex == dex)
        listing = next(of_dex, None)
        return COLLATERAL if listing is None else listing.instrument.quote

    def _positions(self, states: dict[str, ClearinghouseState]) -> list[VenuePosition]:
        found: list[VenuePosition] = []
        for state in states.values():
            for held in state.asset_positions:
                position, symbol = held.position, self._universe.symbol_of(held.position.coin)
                if symbol is not None and position.quantity:
                    average = position.entry_price or _ZERO
                    found.append(VenuePosition(InstrumentId(VENUE, symbol), position.quantity, average))
        return found

    async def _pages(self, kind: str, decode: Callable[[bytes], list[Row]], since_ms: int) -> list[Row]:
        """Read all rows from a moment on, oldest first.

        The venue does not say whether a page that is cut has the oldest or the newest rows, so what lies before it and
        after it is both asked for.
        """
        rows: list[Row] = []
        spans: list[tuple[int, int | None]] = [(since_ms, None)]
        for _ in range(_PAGES_LIMIT):
            start_ms, end_ms = spans.pop()
            question: dict[str, object] = {"type": kind, "user": self._address, "startTime": start_ms}
            if end_ms is not None:
                question["endTime"] = end_ms
            found = await self._info.ask(question, decode, Purpose.RECONCILE)
            rows += found
            spans += _unread_spans(kind, [row.time_ms for row in found], start_ms, end_ms)
            if not spans:
                return sorted(rows, key=lambda row: row.time_ms)
        raise InfoError(f"{kind}: more than {_PAGES_LIMIT} pages since {since_ms}")


async def open_orders(info: Info, address: str, dex: str, purpose: Purpose) -> list[OpenOrder]:
    """Return what rests on one dex; spot orders are with the main one."""
    question = {"type": "frontendOpenOrders", "user": address, "dex": dex}
    return await info.ask(question, decode_open_orders, purpose)


def _unread_spans(kind: str, times_ms: list[int], start_ms: int, end_ms: int | None) -> list[tuple[int, int | None]]:
    """Return what of a span may lie on no page yet; the moments at both ends of a page are asked for again."""
    if len(times_ms) < min(PAGE_SIZES):
        return []
    oldest_ms, newest_ms = min(times_ms), max(times_ms)
    if oldest_ms == newest_ms and len(times_ms) not in PAGE_SIZES:
        return []  # one block, and more of it than the least page has: all of it
    if newest_ms == start_ms or oldest_ms == end_ms:
        raise InfoError(f"{kind}: more than {len(times_ms)} rows in one millisecond")
    return [(start_ms, oldest_ms), (newest_ms, end_ms)]


def _may_have_paid(since_ns: int, until_ns: int) -> bool:
    """Tell whether funding can lie between two moments: it is paid on the hour, and booked soon after."""
    return (since_ns - _FUNDING_LATE_NS) // _HOUR_NS != until_ns // _HOUR_NS
