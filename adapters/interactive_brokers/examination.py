"""Look once at TWS: is it reached, which account is it, what of the configured stocks does it list and quote live."""

import asyncio
from collections.abc import Mapping
from typing import Final

import msgspec

from adapters.interactive_brokers.catalogue import Meaning
from adapters.interactive_brokers.instruments import ListedStock, UnknownStockError, read_stocks
from adapters.interactive_brokers.library import load_library
from adapters.interactive_brokers.listener import Listener
from adapters.interactive_brokers.quotes import KINDS, LIVE
from adapters.interactive_brokers.session import RequestRefusedError, Session
from adapters.interactive_brokers.settings import InteractiveBrokersSettings
from adapters.network.request_budget import RequestBudget
from core.ports.clock import Clock
from core.ports.randomness import Randomness

EXAMINER_OFFSET: Final = 2_000  # its client id differs from the engine's and the canceller's
QUOTE_PATIENCE_S: Final = 5.0
_ORDERS_PATIENCE_S: Final = 5.0


class Examination(msgspec.Struct, frozen=True, kw_only=True):
    """What TWS showed; every trouble is empty where there is none."""

    account: str
    server_version: int
    connected_ms: float
    clock_offset_s: float  # of this machine; TWS tells whole seconds
    broker_trouble: str
    orders_trouble: str  # why open orders cannot be read: such as a read-only interface
    listing_trouble: Mapping[str, str]  # by symbol
    quote_trouble: Mapping[str, str]  # by symbol; of an open market only
    closed: tuple[str, ...]  # symbols whose market is closed: their quotes prove nothing


async def examine(
    settings: InteractiveBrokersSettings, *, clock: Clock, randomness: Randomness, patience_s: float = QUOTE_PATIENCE_S
) -> Examination:
    """Look over a connection of its own; nothing is ordered, changed or cancelled.

    Raises
    ------
    OSError, TimeoutError, RequestRefusedError
        TWS is not reached or does not take this client; the text says why.
    """
    await load_library()
    own = msgspec.structs.replace(settings, client_id=settings.client_id + EXAMINER_OFFSET)
    budget = RequestBudget(randomness, allowance=settings.messages_per_s, interval_s=1.0)
    ears = _Ears()
    session = Session(own, budget, ears)
    try:
        began_ns = clock.monotonic_ns()
        await session.connect()
        connected_ms = (clock.monotonic_ns() - began_ns) / 1e6
        server_s = await session.time()
        offset_s = clock.utc_ns() / 1e9 - server_s
        stocks, listing = await _listed(session, own, clock.utc_ns())
        is_open = {stock: stock.instrument.market_hours.is_open(clock.utc_ns()) for stock in stocks}
        return Examination(
            account=session.account,
            server_version=session.client.serverVersion(),
            connected_ms=connected_ms,
            clock_offset_s=offset_s,
            listing_trouble=listing,
            quote_trouble=await _quoted(session, ears, [stock for stock in stocks if is_open[stock]], patience_s),
            closed=tuple(stock.instrument.symbol for stock in stocks if not is_open[stock]),
            orders_trouble=await _orders_trouble(session, ears),
            broker_trouble=session.broker_trouble if not session.is_broker_reachable else "",
        )
    finally:
        session.close("done")


async def _listed(
    session: Session, settings: InteractiveBrokersSettings, at_ns: int
) -> tuple[list[ListedStock], dict[str, str]]:
    """Ask for one symbol after the other, so that each is told about."""
    found: list[ListedStock] = []
    trouble: dict[str, str] = {}
    for symbol in settings.symbols:
        one = msgspec.structs.replace(settings, symbols=(symbol,))
        try:
            found += await read_stocks(session, one, at_ns)
        except (UnknownStockError, RequestRefusedError) as error:
            trouble[symbol] = str(error)
    return found, trouble


async def _quoted(session: Session, ears: "_Ears", stocks: list[ListedStock], patience_s: float) -> dict[str, str]:
    numbers: dict[int, str] = {}
    session.client.reqMarketDataType(LIVE)
    for stock in stocks:
        number = session.client.getReqId()
        numbers[number] = stock.instrument.symbol
        session.client.reqMktData(number, stock.contract, "", False, False, "")
    try:
        async with asyncio.timeout(patience_s):
            while not all(number in ears.answered for number in numbers):
                ears.news.clear()
                await ears.news.wait()
    except TimeoutError:
        pass  # what has not come by now is told as missing
    for number in numbers:
        if session.is_ready:
            session.client.cancelMktData(number)
    silent = f"no quote within {patience_s:g} s"
    told = {symbol: ears.answered.get(number, silent) for number, symbol in numbers.items()}
    return {symbol: trouble for symbol, trouble in told.items() if trouble}


async def _orders_trouble(session: Session, ears: "_Ears") -> str:
    """Read open orders: a read-only interface refuses that already, without the number of a request."""
    reading, refused = asyncio.ensure_future(session.open_orders()), asyncio.ensure_future(ears.refusal.wait())
    await asyncio.wait((reading, refused), timeout=_ORDERS_PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
    is_told = reading.done() and reading.exception() is None
    for task in (reading, refused):
        task.cancel()
    await asyncio.gather(reading, refused, return_exceptions=True)
    return "" if is_told else ears.refused or f"open orders are not told within {_ORDERS_PATIENCE_S:g} s"


class _Ears(Listener):
    """Keeps what is said of quotes, and of requests without a number."""

    def __init__(self) -> None:
        self.answered: dict[int, str] = {}  # by request: what stands in the way of live quotes, empty for nothing
        self.news = asyncio.Event()
        self.refused = ""
        self.refusal = asyncio.Event()

    def said(self, number: int, code: int, meaning: Meaning, text: str) -> None:
        if meaning is Meaning.NOTICE:
            return
        if number < 0:
            self.refused = f"IB {code}: {text}"
            self.refusal.set()
        else:
            self._answer(number, f"IB {code}: {text}")

    def market_data_type(self, number: int, kind: int) -> None:
        if kind != LIVE:
            self._answer(number, f"{KINDS.get(kind, str(kind))} data, not live")

    def tick(self, number: int, kind: int, price: float | None, size: float | None) -> None:
        del kind, price, size
        self._answer(number, "")

    def _answer(self, number: int, trouble: str) -> None:
        self.answered.setdefault(number, trouble)
        self.news.set()
