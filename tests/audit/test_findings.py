"""Every rule of the auditor fires for one changed fact, at its row, though the hashes fit."""

import copy
from pathlib import Path
from typing import Any

import pytest

from data.journal_audit.audit import Report, audit
from tests.audit.story import Body, Change, change_snapshot, of_changing_size, rewrite, write_journal, write_story


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "journal.sqlite"
    write_story(path)
    return path


def find(bodies: list[Body], kind: str, /, **fields: Any) -> int:
    """Return the index of the first body of a kind with fields of its intent, fill, job or itself."""
    for index, body in enumerate(bodies):
        inner = next((body[name] for name in ("intent", "fill", "job", "payment") if name in body), body)
        if body["kind"] == kind and all(inner.get(name) == value for name, value in fields.items()):
            return index
    raise AssertionError(f"the story has no {kind} with {fields}")


def changing(kind: str, where: dict[str, Any], part: str, /, **fields: Any) -> Change:
    """Return a change of fields in one part of one fact; the fact itself is to blame."""

    def change(bodies: list[Body]) -> int:
        index = find(bodies, kind, **where)
        (bodies[index][part] if part else bodies[index]).update(fields)
        return index + 1

    return change


def removing(kind: str, where: dict[str, Any], blame: tuple[str, dict[str, Any]]) -> Change:
    def change(bodies: list[Body]) -> int:
        # Replaced, not cut out: rows behind it keep their numbers, and the snapshot its place.
        bodies[find(bodies, kind, **where)] = {"kind": "EngineStopped", "at_ns": 0, "reason": "nothing"}
        return find(bodies, blame[0], **blame[1]) + 1

    return change


def repeating(kind: str, where: dict[str, Any], /, **fields: Any) -> Change:
    """Return a change that writes a fact a second time at the end, with other fields in its inner part."""

    def change(bodies: list[Body]) -> int:
        again = copy.deepcopy(bodies[find(bodies, kind, **where)])
        inner = next((again[name] for name in ("intent", "fill", "job", "payment") if name in again), again)
        inner.update(fields)
        bodies.append(again)
        return len(bodies)

    return change


def found_by(report: Report, check: str) -> list[int]:
    return [finding.row for finding in report.findings if finding.check == check]


def test_a_journal_in_which_everything_happens_once_is_clean(journal: Path):
    report = audit(journal)
    assert report.findings == []
    assert report.summary["snapshot"] == {"row": 32, "compared": "positions and cash"}
    assert report.summary["contract_sizes"] == {"BTC/USDT:USDT@b": "0.1"}
    assert report.summary["fills"] == 11
    assert (report.summary["held_orders"], report.summary["held_orders_left"]) == (1, 0)
    assert report.summary["fills_and_payments_told_again"] == 1
    assert report.summary["positions"] == {}
    assert report.summary["jobs_ended"] == {"completed": 1}
    assert report.summary["most_claimed_usd"] == {"arb@a": "100", "arb@b": "101", "hedge@a": "50"}
    assert report.summary["cash"] == {
        "USDT@a": "9997", "USDT@b": "9998.9", "BTC@a": "0",
    }  # fmt: skip


def test_a_position_counts_each_fill_by_the_contract_size_noted_before_it_and_a_job_by_that_of_its_plan(tmp_path: Path):
    write_journal(path := tmp_path / "journal.sqlite", [of_changing_size()], snapshot_after=0)
    report = audit(path)
    assert report.findings == []
    assert report.summary["snapshot"] == {"row": 16, "compared": "positions and cash"}
    assert report.summary["contract_sizes"] == {"BTC/USDT:USDT@b": "0.2"}
    rewrite(path, changing("OrderFilled", {"fill_id": "g3"}, "fill", price="101.5"))
    assert {"snapshot", "jobs"} <= set(audit(path).counts)


FAILED_HARD = {"rule": "day_loss", "hardness": "hard", "unit": "USD", "limit": "1", "observed": "2", "passed": False}

MUTATIONS: dict[str, tuple[str, Change]] = {
    # intents
    "an order id used twice": ("intents", repeating("OrderIntended", {"client_order_id": "o1"})),
    "a status of an order nobody intended": (
        "intents", changing("OrderStatusChanged", {"client_order_id": "o1"}, "", client_order_id="o9"),
    ),
    "a fill of an order nobody intended": (
        "intents", changing("OrderFilled", {"fill_id": "f3"}, "fill", client_order_id="o9"),
    ),
    "an intent missing behind its fill": (
        "intents", removing("OrderIntended", {"client_order_id": "o2"}, ("OrderFilled", {"fill_id": "f3"})),
    ),
    "a fill on the other side": ("intents", changing("OrderFilled", {"fill_id": "f2"}, "fill", side="sell")),
    "a fill on another book": ("intents", changing("OrderFilled", {"fill_id": "f2"}, "fill", venue="b")),
    "more filled than wanted": ("intents", changing("OrderFilled", {"fill_id": "f2"}, "fill", quantity="0.7")),
    # money
    "a fill told again with another price": ("money", repeating("OrderFilled", {"fill_id": "f1"}, price="101")),
    "a fill told again for another order": ("money", repeating("OrderFilled", {"fill_id": "f1"}, client_order_id="o2")),
    "a funding payment told again with another amount": ("money", repeating("FundingBooked", {}, amount="-0.7")),
    "a fill of nothing": ("money", changing("OrderFilled", {"fill_id": "f3"}, "fill", quantity="0")),
    # approvals
    "an order with no control applied": (
        "approvals", changing("OrderIntended", {"client_order_id": "o2"}, "", checks=[]),
    ),
    "an order against a hard control": (
        "approvals", changing("OrderIntended", {"client_order_id": "o5"}, "", checks=[FAILED_HARD]),
    ),
    "a soft control lifted without an override": (
        "approvals", removing("OverrideGranted", {}, ("OrderIntended", {"client_order_id": "o5"})),
    ),
    "a soft control lifted after the override": (
        "approvals", changing("OrderIntended", {"client_order_id": "o5"}, "", at_ns=10**12),
    ),
    "a soft control that nobody lifted": (
        "approvals",
        changing("OrderIntended", {"client_order_id": "o5"}, "", checks=[{**FAILED_HARD, "hardness": "soft"}]),
    ),
    "a hard control that somebody lifted": (
        "approvals",
        changing("OrderIntended", {"client_order_id": "o5"}, "", checks=[{**FAILED_HARD, "lifted": True}]),
    ),
    "a job marked as under an override that it did not need": (
        "approvals", changing("JobStarted", {}, "", under_override=True),
    ),
    "a naked rest that the fills do not show": ("jobs", changing("JobFinished", {}, "", naked_quantity="0.5")),
    "a job against a control and not marked": (
        "approvals", changing("JobStarted", {}, "", checks=[{**FAILED_HARD, "hardness": "soft"}]),
    ),
    # crossings
    "a sell at the price of an order in doubt": (
        "crossings", changing("OrderIntended", {"client_order_id": "o4"}, "intent", limit_price="90"),
    ),
    "a market order against an order in doubt": (
        "crossings",
        changing("OrderIntended", {"client_order_id": "o4"}, "intent", order_type="market", limit_price=None),
    ),
    # amends
    "an amend of an order nobody intended": (
        "intents", changing("OrderAmendAsked", {"number": 1}, "", client_order_id="m9"),
    ),
    "an amend below what is filled": ("intents", changing("OrderAmendAsked", {"number": 2}, "", quantity="0")),
    "an amend while one is open": (
        "intents", removing("OrderAmended", {"number": 1}, ("OrderAmendAsked", {"number": 2})),
    ),
    "an amend with no control applied": ("approvals", changing("OrderAmendAsked", {"number": 1}, "", checks=[])),
    "an amend to the price of an own order": (
        "crossings", changing("OrderAmendAsked", {"number": 2}, "", limit_price="65"),
    ),
    "a claim for more than the amended order": ("caps", changing("OrderAmendAsked", {"number": 1}, "", claim={
        "pool": "arb", "unit_usd": "61", "opening_quantity": "0.6"})),
    # held orders
    "an exit of more than entered": (
        "held orders", changing("OrderIntended", {"client_order_id": "e2"}, "intent", quantity="0.7"),
    ),
    "a stop beside a take profit that may still be filled": (
        "held orders",
        removing("OrderStatusChanged", {"client_order_id": "e2"}, ("OrderIntended", {"client_order_id": "e3"})),
    ),
    "exits that filled more than entered": (
        "held orders", changing("OrderFilled", {"fill_id": "e3f"}, "fill", quantity="0.5"),
    ),
    "an exit that may open a position": (
        "held orders", changing("OrderIntended", {"client_order_id": "e2"}, "intent", reduce_only=False),
    ),
    "an exit on the side of its entry": (
        "held orders", changing("OrderIntended", {"client_order_id": "e2"}, "intent", side="buy", limit_price="50"),
    ),
    "a stop that nothing triggered": (
        "held orders", removing("HeldOrderTriggered", {}, ("OrderIntended", {"client_order_id": "e3"})),
    ),
    "an order for what is not held": (
        "held orders", removing("HeldOrderPlaced", {}, ("OrderIntended", {"client_order_id": "e1"})),
    ),
    "an order for what is held no more": (
        "held orders", repeating("OrderIntended", {"client_order_id": "e3"}, client_order_id="e9"),
    ),
    # caps
    "a claim below zero": ("caps", changing("OrderIntended", {"client_order_id": "o1"}, "", claim={
        "pool": "arb", "unit_usd": "-100", "opening_quantity": "1"})),
    "a claim for more than the order": ("caps", changing("OrderIntended", {"client_order_id": "o1"}, "", claim={
        "pool": "arb", "unit_usd": "100", "opening_quantity": "2"})),
    "a claim of an order that reduces": ("caps", changing("OrderIntended", {"client_order_id": "o2"}, "", claim={
        "pool": "arb", "unit_usd": "100", "opening_quantity": "0.3"})),
    "a job that gives back twice": ("caps", repeating("JobFinished", {"job_id": "j1"})),
    "a release of what was never reserved": ("caps", changing("CapitalReleased", {}, "", owner="somebody")),
    "a reservation that is never released": (
        "caps", removing("CapitalReleased", {}, ("CapitalReserved", {})),
    ),
    "a reservation of a negative sum": ("caps", changing("CapitalReserved", {}, "", claim={
        "venue": "a", "pool": "hedge", "amount_usd": "-50"})),
    # jobs
    "a job submitted twice": ("jobs", repeating("JobSubmitted", {"job_id": "j1"})),
    "a job with both legs on one book": ("jobs", changing("JobSubmitted", {"job_id": "j2"}, "job", legs=[
        {"venue": "a", "symbol": "BTC/USDT", "side": side, "quantity": "1"} for side in ("buy", "sell")])),
    "a start of a dropped job": ("jobs", changing("JobStarted", {}, "", job_id="j2")),
    "a start without a claim for each leg": ("jobs", changing("JobStarted", {}, "", claims=[])),
    "a drop of a job never submitted": ("jobs", changing("JobDropped", {}, "", job_id="j9")),
    "an order of a job that does not run": (
        "jobs", removing("JobStarted", {}, ("OrderIntended", {"client_order_id": "j1p"})),
    ),
    "a primary order on the hedge's side": (
        "jobs", changing("OrderIntended", {"client_order_id": "j1p"}, "intent", side="sell"),
    ),
    "an unwind on the leg's side where nothing was given back too much": (
        "jobs", changing("OrderIntended", {"client_order_id": "j1p"}, "intent",
        job={"job_id": "j1", "strategy": "ma", "leg": 0, "role": "unwind"}),
    ),
    "a hedge of more than was filled": ("jobs", changing("OrderFilled", {"fill_id": "g1"}, "fill", quantity="0.9")),
    "a hedge before anything was filled": (
        "jobs", removing("OrderFilled", {"fill_id": "g1"}, ("OrderFilled", {"fill_id": "g2"})),
    ),
    "a profit that the fills do not show": ("jobs", changing("JobFinished", {}, "", pnl_usd="1.1")),
    "a volume that the fills do not show": ("jobs", changing("JobFinished", {}, "", volume_usd="402")),
    "fees that the fills do not show": ("jobs", changing("JobFinished", {}, "", fees_usd="0")),
    "a job that tells of nothing though it traded": ("jobs", changing("JobFinished", {}, "", outcome="nothing")),
    # halts
    "an order that opens while halted": (
        "halts", changing("OrderStatusChanged", {"client_order_id": "k0"}, "", reason="the venue said no"),
    ),
    "a flattening order that is not reduce-only": (
        "halts", changing("OrderIntended", {"client_order_id": "k1"}, "intent", reduce_only=False),
    ),
    "a halt lifted by the engine itself": ("halts", changing("BlockerLifted", {}, "", who="engine")),
    "a halt lifted without a reason": ("halts", changing("BlockerLifted", {}, "", reason=" ")),
    # form
    "a run number used twice": ("runs", changing("EngineStarted", {"run": 2}, "", run=1)),
    "a fact of another program": ("kind", changing("EngineStopped", {}, "", kind="EngineSlept")),
    "a fill without a quantity": ("body", changing("OrderFilled", {"fill_id": "f3"}, "fill", quantity="much")),
}  # fmt: skip


def row_of(mutation: str, blamed: int, bodies_rows: list[int]) -> bool:
    """Tell whether a finding names the changed row, or the row that shows it."""
    shown_elsewhere = {
        "a hedge of more than was filled": 31,
        "an order that opens while halted": blamed - 1,  # the intent is to blame, not the answer
    }
    return shown_elsewhere.get(mutation, blamed) in bodies_rows


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_one_changed_fact_is_found_at_its_row(journal: Path, mutation: str):
    check, change = MUTATIONS[mutation]
    blamed = rewrite(journal, change)
    report = audit(journal)
    assert row_of(mutation, blamed, found_by(report, check)), report.findings
    assert not {"chain", "sequence"} & set(report.counts)


def test_a_pause_lets_only_orders_through_that_reduce(journal: Path):
    def pause_before_the_first_order(bodies: list[Body]) -> int:
        blocker = {"scope": "global", "cause": "pause", "level": 1, "since_ns": 0, "who": "me", "reason": ""}
        bodies.insert(3, {"kind": "BlockerRaised", "at_ns": 0, "blocker": blocker})
        return 5

    rewrite(journal, pause_before_the_first_order)
    found = [finding.text.split()[1] for finding in audit(journal).findings if finding.check == "halts"]
    assert found == ["o1", "o3", "o4", "o5", "j1p", "m1", "m1", "m1", "e1"]  # the order, and both of its amends


@pytest.mark.parametrize(
    ("what", "name", "value"),
    [("positions", "quantity", "5"), ("positions", "fees", "0"), ("positions", "realised", "7"),
     ("positions", "funding", "7"), ("positions", "cost", "7"), ("positions", "volume", "0.123456789123"),
     ("cash", "total", "10000")],
)  # fmt: skip
def test_a_snapshot_that_holds_other_money_than_the_rows_is_found(journal: Path, what: str, name: str, value: str):
    row = change_snapshot(journal, lambda ledger: ledger[what][0].update({name: value}))
    report = audit(journal)
    assert found_by(report, "snapshot")
    assert set(found_by(report, "snapshot")) == {row}


def test_money_that_a_snapshot_does_not_know_of_is_found(journal: Path):
    change_snapshot(journal, lambda ledger: ledger.update(positions=[], cash=[]))
    assert len(found_by(audit(journal), "snapshot")) >= 5


def test_a_changed_fee_is_seen_against_the_snapshot_and_the_job(journal: Path):
    rewrite(journal, changing("OrderFilled", {"fill_id": "g1"}, "fill", fee="0.04"))
    assert {"snapshot", "jobs"} <= set(audit(journal).counts)


def test_an_override_lets_orders_past_a_pause_for_failures_and_past_nothing_else(journal: Path):
    def raise_before_o5(cause: str, level: int) -> Change:
        def change(bodies: list[Body]) -> int:
            blocker = {"scope": "global", "cause": cause, "level": level, "since_ns": 0, "who": "engine", "reason": ""}
            at = find(bodies, "OrderIntended", client_order_id="o5")
            bodies.insert(at, {"kind": "BlockerRaised", "at_ns": 0, "blocker": blocker})
            bodies.insert(at + 3, {**bodies[find(bodies, "BlockerLifted")], "cause": cause})
            return 0

        return change

    for cause, level, expected in (("order_failures", 1, 0), ("drawdown", 1, 1), ("order_failures", 3, 1)):
        write_story(path := journal.with_name(f"{cause}-{level}.sqlite"))
        rewrite(path, raise_before_o5(cause, level))
        assert len(found_by(audit(path), "halts")) == expected, (cause, level)


@pytest.mark.parametrize(
    ("scope", "level", "before", "expected"),
    [
        ("global", 2, "o2", ["o2", "o3"]),  # a way out, and CANCEL_ONLY lets none
        ("global", 3, "o2", ["o2", "o3"]),  # a way out, and not the kill switch's
        ("global", 3, "k1", []),
        ("global", 2, "k2", ["k2", "k3"]),
        ("strategy:spread", 3, "j1p", ["j1p", "j1h"]),  # of a job of a halted strategy
        ("strategy:other", 3, "j1p", []),
        ("venue:b", 2, "j1p", ["j1h"]),
    ],
)
def test_what_each_level_lets_out_is_asked_of_every_order(
    journal: Path, scope: str, level: int, before: str, expected: list[str]
):
    last = {"o2": "o3", "k1": "k1", "k2": "k3", "j1p": "j1h"}[before]

    def halt(bodies: list[Body]) -> int:
        blocker = {"scope": scope, "cause": "manual", "level": level, "since_ns": 0, "who": "me", "reason": "why"}
        lifted = {"kind": "BlockerLifted", "at_ns": 0, "scope": scope, "cause": "manual", "who": "me", "reason": "why"}
        bodies.insert(find(bodies, "OrderIntended", client_order_id=last) + 1, lifted)
        at = find(bodies, "OrderIntended", client_order_id=before)
        bodies.insert(at, {"kind": "BlockerRaised", "at_ns": 0, "blocker": blocker})
        if before.startswith("k"):
            bodies.pop(find(bodies, "BlockerRaised"))  # of the kill itself, which stands above
        return 0

    rewrite(journal, halt)
    found = [finding.text.split()[1] for finding in audit(journal).findings if finding.check == "halts"]
    assert [name for name in found if name != "k0"] == expected


def test_a_day_that_begins_again_is_found(journal: Path):
    def begin(*days: str) -> Change:
        def change(bodies: list[Body]) -> int:
            bodies += [{"kind": "DayBegan", "at_ns": 0, "day": day, "total_pnl_usd": "0"} for day in days]
            return len(bodies)

        return change

    for days, is_found in ((("2026-01-01", "2026-01-02"), False), (("2026-01-02", "2026-01-02"), True)):
        write_story(path := journal.with_name(f"{days[0]}.sqlite"))
        row = rewrite(path, begin(*days))
        assert found_by(audit(path), "days") == ([row] if is_found else [])


def test_a_naked_rest_may_be_told_at_the_market_price(journal: Path):
    def hedge_less(pnl_usd: str) -> Change:
        # 9 of 10 hedged: 0.1 of the primary leg is naked, last filled at 100.
        def change(bodies: list[Body]) -> int:
            bodies[find(bodies, "OrderFilled", fill_id="g2")]["fill"]["quantity"] = "9"
            bodies.insert(find(bodies, "OrderFilled", fill_id="g2") + 1, {**cancelled, "client_order_id": "j1h"})
            end = bodies[find(bodies, "JobFinished")]
            end.update(outcome="unwound", volume_usd="190.9", naked_quantity="0.1", pnl_usd=pnl_usd)
            return find(bodies, "JobFinished") + 1

        return change

    cancelled = {"kind": "OrderStatusChanged", "at_ns": 0, "client_order_id": "j1h", "status": "cancelled"}
    for pnl_usd, expected in (("0.8", 0), ("0.3", 0), ("2.5", 1)):  # -100 + 90.9 + 10 - 0.1 at the last price
        write_story(path := journal.with_name(f"{pnl_usd}.sqlite"))
        rewrite(path, hedge_less(pnl_usd))
        change_snapshot(path, lambda ledger: ledger["positions"][-1].update(volume="90.9"))
        assert len(found_by(audit(path), "jobs")) == expected, pnl_usd


def closing(closes: tuple[str, str], amounts: tuple[str, str]) -> Change:
    """Return a change by which two jobs start, one after the other, that close what j1 has left: 1 at a and 10 at b."""

    def change(bodies: list[Body]) -> int:
        at = find(bodies, "JobFinished", job_id="j1") + 1
        submitted = bodies[find(bodies, "JobSubmitted", job_id="j1")]
        started = bodies[find(bodies, "JobStarted", job_id="j1")]
        claims = [
            {"venue": venue, "pool": "arb", "amount_usd": usd, "closes": quantity, "leg_usd": "100"}
            for venue, usd, quantity in zip("ab", amounts, closes, strict=True)
        ]
        for job_id, own in (("j3", claims), ("j4", [*claims[:1], {**claims[1], "closes": "0", "amount_usd": "100"}])):
            wanted = copy.deepcopy(submitted)
            wanted["job"] |= {"job_id": job_id}
            wanted["job"]["legs"] = [
                {**leg, "side": "sell" if leg["side"] == "buy" else "buy"} for leg in wanted["job"]["legs"]
            ]
            bodies[at:at] = [wanted, {**started, "job_id": job_id, "claims": own}]
            at += 2
        return at

    return change


def test_a_job_that_closes_a_position_may_claim_nothing_and_the_next_one_counts_on_the_same(journal: Path):
    rewrite(journal, closing(("1", "10"), ("0", "0")))
    found = [finding.text for finding in audit(journal).findings if finding.check == "jobs"]
    assert found == ["job j4 counts on closing 1 of 1 BTC/USDT:USDT@a, others close 1"]


@pytest.mark.parametrize(
    ("closes", "amounts", "said"),
    [
        (("0.5", "11"), ("50", "0"), "job j3 counts on closing 11 of 10 BTC/USDT:USDT@b, others close 0"),
        (("-0.5", "10"), ("150", "0"), "job j3 counts on closing -0.5 of 1 BTC/USDT:USDT@a, others close 0"),
        (("0.5", "9"), ("50", "9.9"), "job j3 claims 9.9 USD for 1 of 10, worth 100 in all"),
    ],
)
def test_a_job_that_claims_too_little_for_what_it_opens_is_found(
    journal: Path, closes: tuple[str, str], amounts: tuple[str, str], said: str
):
    rewrite(journal, closing(closes, amounts))
    assert said in [finding.text for finding in audit(journal).findings if finding.check == "jobs"]
