"""A desk of order tracker, ledger and capital book over one list of facts, as the engine's fold drives them."""

from decimal import Decimal

import msgspec

from core.capital.book import CapitalBook
from core.capital.hub import CapitalHub
from core.capital.limits import CapitalLimits
from core.capital.state import CapitalState
from core.journal.facts import AnyFact, OrderFilled, OrderIntended, OrderStatusChanged, PositionAdopted
from core.ledger.ledger import Ledger
from core.orders.tracker import OrderTracker
from core.types.capital import OrderClaim, Pool
from core.types.instrument import Instrument, InstrumentId
from core.types.job import HedgeJob, JobType, Leg
from core.types.job_tag import JobTag, LegRole
from core.types.order import OrderStatus, Side
from tests.orders.making import ALL, PERP, D, fill, intent


def one_dollar(instrument_id: InstrumentId, /) -> Decimal | None:
    return ALL[instrument_id].contract_size if instrument_id in ALL else D(1)


def encoded(book: CapitalBook) -> bytes:
    return msgspec.json.encode(book.to_state(), order="deterministic")


def decoded(saved: bytes) -> CapitalBook:
    book = CapitalBook()
    book.restore(msgspec.json.decode(saved, type=CapitalState))
    return book


class Desk:
    def __init__(self, limits: CapitalLimits | None = None) -> None:
        self.facts: list[AnyFact] = []
        self.orders = OrderTracker()
        self.ledger = Ledger(ALL.get)
        self.book = CapitalBook()
        self.hub = CapitalHub(self.book, limits or CapitalLimits(), self.tell, one_dollar)

    def tell(self, *facts: AnyFact) -> None:
        for fact in facts:
            self.facts.append(fact)
            self.book.apply(fact, self.orders.apply(fact), self.ledger.apply(fact))

    def crash(self) -> None:
        """Lose the book and get it back from its snapshot; the hub knows equity only when it is told again."""
        saved = encoded(self.book)
        self.book.restore(decoded(saved).to_state())
        assert encoded(self.book) == saved

    def reserved(self, venue: str = "sim-a") -> dict[Pool, Decimal]:
        return {pool: self.book.reserved_usd(venue, pool) for pool in Pool if self.book.reserved_usd(venue, pool)}

    def committed(self, of: InstrumentId = PERP.id) -> dict[Pool, Decimal]:
        position = self.book.position(of)
        return {pool: bound.usd + bound.points for pool, bound in position.bound.items()} if position else {}


def refolded(facts: list[AnyFact]) -> Desk:
    desk = Desk()
    desk.tell(*facts)
    return desk


def claimed(
    client_order_id: str = "o1",
    of: Instrument = PERP,
    *,
    quantity: Decimal = Decimal(10),
    side: Side = Side.BUY,
    unit: Decimal = Decimal(100),
    opening: Decimal | None = None,
    pool: Pool = Pool.ARB,
    job: JobTag | None = None,
) -> OrderIntended:
    claim = OrderClaim(pool=pool, unit_usd=unit, opening_quantity=quantity if opening is None else opening)
    wanted = intent(client_order_id, of, quantity=quantity, side=side, job=job)
    return OrderIntended(at_ns=1, intent=wanted, checks=(), claim=claim)


def tag(job_id: str = "j1", leg: int = 0, role: LegRole = LegRole.PRIMARY) -> JobTag:
    return JobTag(job_id=job_id, strategy="manual", leg=leg, role=role)


def filled(
    fill_id: str,
    client_order_id: str = "o1",
    of: Instrument | InstrumentId = PERP,
    *,
    quantity: Decimal,
    side: Side = Side.BUY,
    price: Decimal = Decimal(100),
) -> OrderFilled:
    return OrderFilled(at_ns=3, fill=fill(fill_id, client_order_id, of, side=side, price=price, quantity=quantity))


def status(to: OrderStatus, client_order_id: str = "o1") -> OrderStatusChanged:
    return OrderStatusChanged(at_ns=2, client_order_id=client_order_id, status=to)


def adopted(
    quantity: Decimal, price: Decimal | None, of: Instrument = PERP, average: Decimal = Decimal(0)
) -> PositionAdopted:
    return PositionAdopted(
        at_ns=4, venue=of.venue, symbol=of.symbol, quantity=quantity, average_price=average, price=price, cause="test"
    )


def hedge(
    job_id: str = "j1",
    venues: tuple[str, ...] = ("binance", "okx"),
    kind: JobType = JobType.HEDGE,
    symbol: str = "BTC/USDT:USDT",
) -> HedgeJob:
    sides = (Side.BUY, Side.SELL)
    legs = tuple(
        Leg(venue=venue, symbol=symbol, side=sides[place % 2], quantity=D(1)) for place, venue in enumerate(venues)
    )
    return HedgeJob(
        job_id=job_id,
        strategy_type=kind,
        strategy="manual",
        symbol="BTC/USDT",
        legs=legs,
        notional_usd=D(3000),
        expected_edge_bps=D(4),
        est_volume_usd=D(6000),
        created_ns=1,
        expires_ns=1_000,
    )
