"""The scheduler's tick as one would first write it: a dataclass a job, a function a rule, a list to sort.

The same rules as `core.jobs`, on numbers that are converted once per tick and instrument as in the other forms, and
without putting anything into words.
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil

from core.jobs.controls.case import (
    LegParts,
    closable_quantity,
    drawdown_score,
    failures_score,
    notional_micro,
    notional_share,
    parts_of,
    pool_of,
    room_micro,
    signed_quantity,
    target_gap,
)
from core.jobs.controls.job import venue_notional_room
from core.jobs.controls.leg import sight_of
from core.jobs.controls.table import BIT
from core.jobs.evaluation import account_mask, leg_masks, lifted_bits, strategy_mask, venue_mask
from core.jobs.market import BEGIN, COST, RATE, JobMarket
from core.jobs.rulebook import Rulebook
from core.jobs.scores import (
    final_score,
    leg_micro_usd,
    room_score,
    safety_score,
    slippage_bps,
    volume_score,
)
from core.types.capital import Pool
from core.types.instrument import InstrumentId
from core.types.job import HedgeJob, JobType
from core.types.order import Side as OrderSide


@dataclass
class PendingLeg:
    instrument_id: InstrumentId
    venue: str
    quantity: float
    is_buy: bool


@dataclass
class Pending:
    number: int
    strategy: str
    legs: list[PendingLeg]
    is_arb: bool
    is_rebalance: bool
    notional: float
    share: float
    edge: float
    loss: float
    expires_ns: int


@dataclass
class Side:
    begin: list[float]
    cost: list[float]
    rate: list[float]


@dataclass
class Quote:
    """One instrument of this tick."""

    bits: int
    parts: LegParts
    book: str
    underlying: str
    asks: Side
    bids: Side
    closing_buys: float
    closing_sells: float


@dataclass
class Room:
    """What is left at one venue."""

    bits: int
    safe_bits: int
    pools: dict[bool, float]  # by: is it arbitrage
    in_flight: float
    notional: float
    single: float
    jobs: int


@dataclass
class Judged:
    job: Pending
    mask: int
    safety: float
    volume: float
    final: float
    micro: list[float] = field(default_factory=list)
    opening: list[float] = field(default_factory=list)  # of that, what binds capital
    closing: list[float] = field(default_factory=list)  # quantity of a position that each leg counts on to close


class ObjectForm:
    """Jobs as dataclasses, in the order of submission."""

    def __init__(self, jobs: list[HedgeJob], rules: Rulebook) -> None:
        self._rules = rules
        self._jobs = [_pending(number, job, rules) for number, job in enumerate(jobs)]
        self._ids = list(dict.fromkeys(leg.instrument_id for job in jobs for leg in job.legs))

    def select(self, market: JobMarket) -> tuple[list[int], list[Judged]]:
        """Return the rows to start and the verdict on every job."""
        rules, account = self._rules, market.account
        quotes = {each: quote for each in self._ids if (quote := _quote(each, market, rules)) is not None}
        rooms = {name: _room(name, market, rules) for name in market.venues}
        mask, lifted = account_mask(account, rules), lifted_bits(account)
        tick = Tick(market, rules)
        judged = [_judge(job, mask, quotes, rooms, tick) for job in self._jobs]
        ready = [each for each in judged if not each.mask & ~lifted and each.job.expires_ns > account.now_ns]
        ready.sort(key=lambda each: -each.final)  # stable: the older job first among equals
        slots = max(0, rules.jobs.max_running - account.running_jobs)
        return _pick(ready, rooms, quotes, slots), judged


class Tick:
    """Numbers that are the same for all jobs of a tick."""

    def __init__(self, market: JobMarket, rules: Rulebook) -> None:
        account = market.account
        self.account = account
        self.drawdown = drawdown_score(account, rules)
        self.failures = failures_score(account, rules)
        self.gap = target_gap(account, rules)
        self.weight = rules.jobs.safety_weight[account.mode]
        self.least_edge = float(rules.jobs.min_edge_bps[account.mode])
        self.max_funding = rules.max_funding_cost_bps
        self.max_leg = rules.max_leg_micro_usd
        self.tolerance = rules.hedge_tolerance_pct
        self.strategy_bits: dict[str, int] = {}

    def bits_of(self, strategy: str) -> int:
        if strategy not in self.strategy_bits:
            self.strategy_bits[strategy] = strategy_mask(self.account, strategy)
        return self.strategy_bits[strategy]


def _pending(number: int, job: HedgeJob, rules: Rulebook) -> Pending:
    legs = [
        PendingLeg(leg.instrument_id, leg.venue, abs(signed_quantity(leg)), signed_quantity(leg) > 0)
        for leg in job.legs
    ]
    return Pending(
        number,
        job.strategy,
        legs,
        pool_of(job) is Pool.ARB,
        job.strategy_type is JobType.REBALANCE,
        notional_micro(job),
        notional_share(job, rules),
        float(job.expected_edge_bps),
        float(job.max_acceptable_loss_bps),
        job.expires_ns,
    )


def _quote(instrument_id: InstrumentId, market: JobMarket, rules: Rulebook) -> Quote | None:
    sight = sight_of(instrument_id, market, rules)
    if sight is None:
        return None
    asks, bids = (
        Side(*(depth.curve[row].tolist() for row in (BEGIN, COST, RATE)))
        for depth in (sight.look.asks, sight.look.bids)
    )
    closable = closable_quantity(sight, OrderSide.BUY), closable_quantity(sight, OrderSide.SELL)
    bits, look = leg_masks((sight,))[0], sight.look
    return Quote(bits, parts_of(sight), look.book_id, look.underlying, asks, bids, *closable)


def _room(name: str, market: JobMarket, rules: Rulebook) -> Room:
    venue = market.venues[name]

    def micro(value: Decimal | None) -> float:
        return room_micro(value)

    return Room(
        venue_mask(venue, rules),
        BIT["safe_mode"] if venue.is_safe_mode else 0,
        {False: micro(venue.hedge_room_usd), True: micro(venue.arb_room_usd)},
        micro(venue.in_flight_room_usd),
        venue_notional_room(venue, rules),
        micro(venue.single_limit_usd),
        rules.jobs.max_running_per_venue - venue.running_jobs,
    )


def _judge(
    job: Pending, account_bits: int, quotes: dict[InstrumentId, Quote], rooms: dict[str, Room], tick: Tick
) -> Judged:
    mask = account_bits | tick.bits_of(job.strategy)
    net = primary = costs = funding = 0.0
    volatility = latency = leverage = 1.0
    micro: list[float] = []
    opening: list[float] = []
    closing: list[float] = []
    seen: list[Quote] = []
    for leg in job.legs:
        quote, room = quotes[leg.instrument_id], rooms[leg.venue]
        parts = quote.parts
        mask |= quote.bits | room.bits | (room.safe_bits if job.is_arb else 0)
        micro.append(leg_micro_usd(leg.quantity, parts.unit_micro_usd, job.notional))
        closes = min(leg.quantity, quote.closing_buys if leg.is_buy else quote.closing_sells)
        opening.append(float(ceil(micro[-1] * ((leg.quantity - closes) / leg.quantity))))
        closing.append(closes if opening[-1] < micro[-1] else 0.0)
        base = leg.quantity * parts.contract_size
        primary = primary or base
        weight = base / primary
        costs += weight * (parts.fee_bps + _slippage(quote.asks if leg.is_buy else quote.bids, leg.quantity))
        net += base if leg.is_buy else -base
        funding += weight * parts.funding_bps if leg.is_buy else -(weight * parts.funding_bps)
        volatility = min(volatility, parts.volatility)
        latency = min(latency, parts.latency)
        leverage = min(leverage, parts.leverage)
        for other in seen:
            mask |= BIT["self_match"] if other.book == quote.book else 0
            mask |= BIT["direction"] if other.underlying != quote.underlying else 0
        seen.append(quote)
    if not abs(net) * 100.0 <= tick.tolerance * primary:
        mask |= BIT["direction"]
    mask |= _capital(job, micro, opening, rooms, tick)
    mask |= _economics(job, costs, funding, tick)
    safety = safety_score(
        room_score(funding, tick.max_funding), volatility, latency, leverage, tick.drawdown, tick.failures
    )
    volume = volume_score(job.share, tick.gap)
    return Judged(job, mask, safety, volume, final_score(safety, volume, tick.weight), micro, opening, closing)


def _slippage(side: Side, quantity: float) -> float:
    level = bisect_left(side.begin, quantity, 1) - 1
    return slippage_bps(quantity, side.begin[level], side.cost[level], side.rate[level])


def _economics(job: Pending, costs: float, funding: float, tick: Tick) -> int:
    mask = 0
    if not job.edge + job.loss >= costs + (funding if funding > 0.0 else 0.0):
        mask |= BIT["edge_after_costs"]
    if not (job.is_rebalance or job.edge >= tick.least_edge):
        mask |= BIT["min_edge"]
    if not funding <= tick.max_funding:
        mask |= BIT["funding_cost"]
    return mask


def _binds(job: Pending, micro: list[float]) -> dict[str, float]:
    binds: dict[str, float] = {}
    for leg, amount in zip(job.legs, micro, strict=True):
        binds[leg.venue] = binds.get(leg.venue, 0.0) + amount
    return binds


def _capital(job: Pending, micro: list[float], opening: list[float], rooms: dict[str, Room], tick: Tick) -> int:
    mask = 0
    for amount in micro:
        mask |= 0 if amount <= tick.max_leg else BIT["leg_notional"]
    for venue, amount in _binds(job, opening).items():
        room = rooms[venue]
        mask |= 0 if amount <= room.single else BIT["single_reserve"]
        mask |= 0 if amount <= room.pools[job.is_arb] else BIT["pool_room"]
        mask |= 0 if amount <= room.in_flight else BIT["in_flight"]
    for venue, amount in _binds(job, micro).items():
        mask |= 0 if amount <= rooms[venue].notional else BIT["venue_notional"]
    return mask


def _pick(ready: list[Judged], rooms: dict[str, Room], quotes: dict[InstrumentId, Quote], slots: int) -> list[int]:
    """Greedy over the sorted: the next of the strategy with the fewest jobs."""
    queues: dict[str, list[Judged]] = {}
    for each in ready:
        queues.setdefault(each.job.strategy, []).append(each)
    heads, active = dict.fromkeys(queues, 0), dict.fromkeys(queues, 0)
    picked: list[int] = []
    while len(picked) < slots:
        left = [name for name, queue in queues.items() if heads[name] < len(queue)]
        if not left:
            break
        name = min(left, key=lambda name: _turn(active[name], queues[name][heads[name]]))
        head = queues[name][heads[name]]
        heads[name] += 1
        if _take(head, rooms, quotes):
            active[name] += 1
            picked.append(head.job.number)
    return picked


def _turn(active: int, head: Judged) -> tuple[int, float, int]:
    return active, -head.final, head.job.number


def _take(judged: Judged, rooms: dict[str, Room], quotes: dict[InstrumentId, Quote]) -> bool:
    job, is_arb = judged.job, judged.job.is_arb
    binds, worth = _binds(job, judged.opening), _binds(job, judged.micro)
    for venue, amount in binds.items():
        room = rooms[venue]
        if room.jobs < 1 or amount > min(room.pools[is_arb], room.in_flight) or worth[venue] > room.notional:
            return False
    for leg, closes in zip(job.legs, judged.closing, strict=True):
        quote = quotes[leg.instrument_id]
        if closes > (quote.closing_buys if leg.is_buy else quote.closing_sells):
            return False
    for venue, amount in binds.items():
        room = rooms[venue]
        room.jobs -= 1
        room.pools[is_arb] -= amount
        room.in_flight -= amount
        room.notional -= worth[venue]
    for leg, closes in zip(job.legs, judged.closing, strict=True):
        quote = quotes[leg.instrument_id]
        if leg.is_buy:
            quote.closing_buys -= closes
        else:
            quote.closing_sells -= closes
    return True
