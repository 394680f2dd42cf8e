"""A journal in which everything happens once, written by the engine's own parts, and ways to change single facts."""

import asyncio
import hashlib
import json
import sqlite3
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.engine.fold import EngineFold
from core.io.inline_journal import InlineJournal
from core.jobs.limits import JobLimits
from core.jobs.rulebook import Rulebook
from core.journal import facts as f
from core.risk.halts import kill
from core.risk.limits import RiskLimits
from core.risk.verdict import Check, Hardness
from core.types.account import FundingPayment
from core.types.capital import Claim, OrderClaim, Pool
from core.types.control import RiskMode
from core.types.held_order import HeldKind, HeldOrder, HeldOutcome, StopTrigger, TriggerBy
from core.types.held_tag import HeldRole, HeldTag
from core.types.instrument import InstrumentId
from core.types.job import HedgeJob, JobDropCause, JobOutcome, JobPhase, JobType, Leg
from core.types.job_tag import JobTag, LegRole
from core.types.order import Fill, Liquidity, OrderIntent, OrderStatus, OrderType, Side
from tests.engine.venues import perpetual, spot

D = Decimal
Body = dict[str, Any]
SPOT, PERP = "BTC/USDT", "BTC/USDT:USDT"
SMALL_CONTRACT = D("0.1")  # of venue b: ten of its contracts hedge one of venue a
INSTRUMENTS = {
    each.id: each for each in (spot("a"), perpetual("a"), perpetual("b", contract_size=SMALL_CONTRACT))
}  # fmt: skip
PASSED = Check(rule="order_rate", hardness=Hardness.HARD, unit="orders/s", limit="10", observed="1", passed=True)
LIFTED = Check(
    rule="confidence", hardness=Hardness.SOFT, unit="", limit="0.5", observed="0.4", passed=False, lifted=True
)


def intended(
    order_id: str, side: Side, quantity: str, price: str | None, *, venue: str = "a", symbol: str = SPOT, **more: Any
) -> f.OrderIntended:
    claim, checks = more.pop("claim", None), more.pop("checks", (PASSED,))
    intent = OrderIntent(
        client_order_id=order_id, venue=venue, symbol=symbol, side=side, quantity=D(quantity), created_ns=1,
        order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
        limit_price=None if price is None else D(price), **more,
    )  # fmt: skip
    return f.OrderIntended(at_ns=0, intent=intent, checks=checks, claim=claim)


def status(
    order_id: str, to: OrderStatus, reason: str | None = None, venue_id: str | None = None
) -> f.OrderStatusChanged:
    return f.OrderStatusChanged(at_ns=0, client_order_id=order_id, status=to, reason=reason, venue_order_id=venue_id)


def amends() -> list[f.AnyFact]:
    """Return an order that is amended under another venue id, and once more without an answer."""
    claim = OrderClaim(pool=Pool.ARB, unit_usd=D(61), opening_quantity=D("0.5"))
    order: dict[str, Any] = {"at_ns": 0, "client_order_id": "m1"}
    first, second = {"limit_price": D(61), "quantity": D("0.5")}, {"limit_price": D(62), "quantity": D("0.8")}
    return [
        intended("m1", Side.BUY, "1", "60", symbol=PERP),
        status("m1", OrderStatus.OPEN, venue_id="v1"),
        intended("m2", Side.SELL, "0.1", "65", symbol=PERP),
        f.OrderAmendAsked(**order, number=1, **first, checks=(PASSED,), claim=claim),
        status("m1", OrderStatus.CANCELLED, venue_id="v1"),
        f.OrderAmended(**order, number=1, **first, venue_order_id="v2"),
        f.OrderAmendAsked(**order, number=2, **second, checks=(PASSED,)),
        f.OrderAmendDoubted(**order, number=2, reason="silence"),
        f.OrderAmendRefused(**order, number=2, **second, reason="not at the venue"),
        status("m2", OrderStatus.CANCELLED),
        status("m1", OrderStatus.CANCELLED, venue_id="v2"),
    ]


def held() -> list[f.AnyFact]:
    """Return a bracket whose entry is filled in part, and whose stop closes what its take profit has left."""
    order = HeldOrder(
        held_id="held-1", kind=HeldKind.BRACKET, venue="a", symbol=PERP, side=Side.SELL, quantity=D(1),
        stop=StopTrigger(price=D(55)), limit_price=D(65), reduce_only=True, created_ns=0,
    )  # fmt: skip

    def sent(order_id: str, side: Side, quantity: str, price: str | None, role: HeldRole) -> f.OrderIntended:
        tag = HeldTag(held_id="held-1", role=role)
        return intended(order_id, side, quantity, price, symbol=PERP, reduce_only=role is not HeldRole.ENTRY, held=tag)

    return [
        f.HeldOrderPlaced(at_ns=0, order=order),
        sent("e1", Side.BUY, "1", "60", HeldRole.ENTRY),
        filled("e1f", "e1", Side.BUY, "0.6", "60", symbol=PERP),
        sent("e2", Side.SELL, "0.6", "65", HeldRole.LIMIT),
        filled("e2f", "e2", Side.SELL, "0.2", "60.25", symbol=PERP),
        f.HeldOrderTriggered(at_ns=0, held_id="held-1", price=D(55), by=TriggerBy.LAST),
        status("e1", OrderStatus.CANCELLED),
        status("e2", OrderStatus.CANCELLED),
        sent("e3", Side.SELL, "0.4", None, HeldRole.STOP),
        filled("e3f", "e3", Side.SELL, "0.4", "60.25", symbol=PERP),
        f.HeldOrderEnded(at_ns=0, held_id="held-1", outcome=HeldOutcome.DONE, reason="filled"),
    ]


def filled(
    fill_id: str, order_id: str, side: Side, quantity: str, price: str, venue: str = "a", symbol: str = SPOT
) -> f.OrderFilled:
    fill = Fill(
        fill_id=fill_id, client_order_id=order_id, venue=venue, symbol=symbol, side=side, price=D(price),
        quantity=D(quantity), fee=D("0.05"), liquidity=Liquidity.TAKER, venue_ns=1, received_ns=1,
    )  # fmt: skip
    return f.OrderFilled(at_ns=0, fill=fill)


def job(job_id: str) -> HedgeJob:
    return HedgeJob(
        job_id=job_id, strategy_type=JobType.ARB, strategy="spread", symbol=SPOT, notional_usd=D(100),
        legs=(
            Leg(venue="a", symbol=PERP, side=Side.BUY, quantity=D(1)),
            Leg(venue="b", symbol=PERP, side=Side.SELL, quantity=D(10)),
        ),
        expected_edge_bps=D(10), est_volume_usd=D(200), created_ns=1, expires_ns=10**12,
    )  # fmt: skip


def tag(leg: int, role: LegRole) -> JobTag:
    return JobTag(job_id="j1", strategy="spread", leg=leg, role=role)


def trading() -> list[f.AnyFact]:
    """Return an account's first day: orders, funding, a restless order, a foreign one, an override."""
    return [
        f.EngineStarted(at_ns=0, version="1", run=1),
        f.BalanceReported(at_ns=0, venue="a", asset="USDT", total=D(10_000)),
        f.BalanceReported(at_ns=0, venue="b", asset="USDT", total=D(10_000)),
        intended("o1", Side.BUY, "1", "100", claim=OrderClaim(pool=Pool.ARB, unit_usd=D(100), opening_quantity=D(1))),
        status("o1", OrderStatus.OPEN),
        filled("f1", "o1", Side.BUY, "0.4", "100"),
        filled("f1", "o1", Side.BUY, "0.4", "100"),  # F09: stream and REST tell the same
        filled("f2", "o1", Side.BUY, "0.6", "99"),
        intended("o2", Side.SELL, "0.3", None, reduce_only=True),
        filled("f3", "o2", Side.SELL, "0.3", "102"),
        f.FundingBooked(at_ns=0, payment=FundingPayment("p1", InstrumentId("a", PERP), D("-0.5"), 0.0001, 1)),
        intended("o3", Side.BUY, "1", "90", symbol=PERP),
        status("o3", OrderStatus.IN_DOUBT),
        f.OrderAdopted(at_ns=0, intent=intended("x1", Side.BUY, "1", "80", symbol=PERP).intent, venue_order_id="v1"),
        intended("o4", Side.SELL, "1", "95", symbol=PERP),
        status("o4", OrderStatus.CANCELLED),
        status("o3", OrderStatus.CANCELLED),
        f.OverrideGranted(at_ns=0, who="me", reason="news", until_ns=10**12),
        intended("o5", Side.BUY, "1", "70", symbol=PERP, checks=(PASSED, LIFTED)),
        status("o5", OrderStatus.REJECTED, "not today"),
        f.OverrideEnded(at_ns=0, who="me", reason="done"),
        status("x1", OrderStatus.CANCELLED),
    ]


def jobs() -> list[f.AnyFact]:
    """Return a hedge job from submission to its end, and one that never started."""
    claims = (Claim(venue="a", pool=Pool.ARB, amount_usd=D(100)), Claim(venue="b", pool=Pool.ARB, amount_usd=D(101)))
    return [
        f.JobSubmitted(at_ns=0, job=job("j1")),
        f.JobSubmitted(at_ns=0, job=job("j2")),
        f.JobDropped(at_ns=0, job_id="j2", cause=JobDropCause.EXPIRED, reason="too late"),
        f.JobStarted(at_ns=0, job_id="j1", claims=claims, checks=(PASSED,), safety=0.9, volume=0.5, final=0.7),
        intended("j1p", Side.BUY, "1", "100", symbol=PERP, source="job:j1", job=tag(0, LegRole.PRIMARY)),
        filled("g1", "j1p", Side.BUY, "1", "100", symbol=PERP),
        f.JobMoved(at_ns=0, job_id="j1", phase=JobPhase.HEDGING, reason="filled"),
        intended("j1h", Side.SELL, "10", "101", venue="b", symbol=PERP, source="job:j1", job=tag(1, LegRole.HEDGE)),
        filled("g2", "j1h", Side.SELL, "10", "101", venue="b", symbol=PERP),
        f.JobFinished(
            at_ns=0, job_id="j1", outcome=JobOutcome.COMPLETED, reason="hedged",
            pnl_usd=D("0.9"), volume_usd=D(201), fees_usd=D("0.1"),
        ),
    ]  # fmt: skip


def ending() -> list[f.AnyFact]:
    """Return a kill that flattens, what a person lifts, and the next run."""
    return [
        f.CapitalReserved(at_ns=0, owner="probe", claim=Claim(venue="a", pool=Pool.HEDGE, amount_usd=D(50))),
        f.CapitalReleased(at_ns=0, owner="probe"),
        *amends(),
        *held(),
        kill(who="me", reason="rehearsal", at_ns=0),
        intended("k0", Side.BUY, "1", "60"),
        status("k0", OrderStatus.REJECTED, "not sent: trading was halted meanwhile"),
        intended("k1", Side.SELL, "0.7", "98", source="flatten", reduce_only=True),
        filled("h1", "k1", Side.SELL, "0.7", "98"),
        intended("k2", Side.SELL, "1", "98", symbol=PERP, source="flatten", reduce_only=True),
        filled("h2", "k2", Side.SELL, "1", "98", symbol=PERP),
        intended("k3", Side.BUY, "10", "102", venue="b", symbol=PERP, source="flatten", reduce_only=True),
        filled("h3", "k3", Side.BUY, "10", "102", venue="b", symbol=PERP),
        f.BlockerLifted(at_ns=0, scope="global", cause="kill", who="me", reason="rehearsed"),
        f.EngineStopped(at_ns=0, reason="asked"),
        f.EngineStarted(at_ns=0, version="1", run=2),
    ]


def of_changing_size() -> list[f.AnyFact]:
    """Return a job, and what it opened closed, at a venue whose contract doubles in the middle of it."""

    def noted(size: str) -> f.InstrumentNoted:
        return f.InstrumentNoted(at_ns=0, instrument=perpetual("b", contract_size=D(size)))

    claims = (Claim(venue="a", pool=Pool.ARB, amount_usd=D(100)), Claim(venue="b", pool=Pool.ARB, amount_usd=D(300)))
    return [
        *trading()[:3],
        noted("0.1"),
        f.JobSubmitted(at_ns=0, job=job("j1")),
        f.JobStarted(at_ns=0, job_id="j1", claims=claims, checks=(PASSED,), safety=0.9, volume=0.5, final=0.7),
        intended("j1p", Side.BUY, "1", "100", symbol=PERP, source="job:j1", job=tag(0, LegRole.PRIMARY)),
        filled("g1", "j1p", Side.BUY, "1", "100", symbol=PERP),
        intended("j1h", Side.SELL, "10", "101", venue="b", symbol=PERP, source="job:j1", job=tag(1, LegRole.HEDGE)),
        filled("g2", "j1h", Side.SELL, "5", "101", venue="b", symbol=PERP),
        noted("0.2"),
        filled("g3", "j1h", Side.SELL, "5", "101", venue="b", symbol=PERP),
        f.JobFinished(
            at_ns=0, job_id="j1", outcome=JobOutcome.COMPLETED, reason="hedged",
            pnl_usd=D("0.85"), volume_usd=D("201"), fees_usd=D("0.15"),  # in the contracts it was planned in
        ),
        intended("k1", Side.BUY, "4", "102", venue="b", symbol=PERP, reduce_only=True),
        filled("h1", "k1", Side.BUY, "4", "102", venue="b", symbol=PERP),
        f.PositionAdopted(
            at_ns=0, venue="b", symbol=PERP, quantity=D(-5), average_price=D(101), price=D(102), cause="found so"
        ),
    ]  # fmt: skip


def write_story(path: Path) -> None:
    write_journal(path, (trading(), jobs(), ending()), snapshot_after=1)


def write_journal(path: Path, parts: Sequence[list[f.AnyFact]], *, snapshot_after: int) -> None:
    """Write a journal with the engine's own store, and a snapshot of the engine's own fold after one of its parts."""

    async def run() -> None:
        journal, fold = (
            InlineJournal(path),
            EngineFold(INSTRUMENTS.get, RiskMode.BALANCED, Rulebook(JobLimits(), RiskLimits())),
        )
        for number, part in enumerate(parts):
            for fact in part:
                fold.apply(fact)
                await journal.append(fact)
            if number == snapshot_after:
                await journal.save_snapshot(fold.to_bytes())
        await journal.close()

    asyncio.run(run())


Change = Callable[[list[Body]], int]
"""Change bodies in place and return the row that is to blame, 0 where it is found at the end."""


def rewrite(path: Path, change: Change) -> int:
    """Change the facts of a journal and chain them anew, as somebody who knows the form would; return the row to blame.

    The snapshot keeps its state and is made to fit the new chain.
    """
    connection = sqlite3.connect(path)
    with connection:
        bodies = [json.loads(body) for (body,) in connection.execute("SELECT body FROM rows ORDER BY sequence")]
        to_blame = change(bodies)
        connection.execute("DELETE FROM rows")
        chain = bytes(32)
        for sequence, body in enumerate(bodies, start=1):
            text = json.dumps(body, separators=(",", ":"))
            chain = hashlib.sha256(chain + text.encode()).digest()
            row = (sequence, body["at_ns"], body["kind"], text, chain)
            connection.execute("INSERT INTO rows VALUES (?, ?, ?, ?, ?)", row)
        _reseal_snapshots(connection)
    connection.close()
    return to_blame


def _reseal_snapshots(connection: sqlite3.Connection) -> None:
    for sequence, state in connection.execute("SELECT sequence, state FROM snapshots").fetchall():
        found = connection.execute("SELECT chain FROM rows WHERE sequence = ?", (sequence,)).fetchone()
        said = hashlib.sha256(b"%d:" % sequence + found[0] + state).digest()
        connection.execute(
            "UPDATE snapshots SET at_chain = ?, sha256 = ? WHERE sequence = ?", (found[0], said, sequence)
        )


def change_snapshot(path: Path, change: Callable[[Body], None]) -> int:
    """Change the newest snapshot's ledger and seal it anew; return its row."""
    connection = sqlite3.connect(path)
    with connection:
        sequence, state = connection.execute("SELECT max(sequence), state FROM snapshots").fetchone()
        body = json.loads(state)
        change(body["ledger"])
        connection.execute("UPDATE snapshots SET state = ?", (json.dumps(body).encode(),))
        _reseal_snapshots(connection)
    connection.close()
    return sequence
