"""A daemon with the job sources of a first start, killed with signal nine while jobs run, and started again."""

import os
import random
import time
from pathlib import Path
from typing import Any

from core.io.journal_store import JournalStore, Synchronous
from core.journal.facts import AnyFact, EngineStarted, JobFinished, JobStarted, OrderIntended
from core.paths import Paths
from core.types.job_tag import LegRole
from core.types.order import OrderStatus
from data.journal_audit.audit import audit
from tests.engine.daemon import Daemon, until

KILLS = int(os.environ.get("SERAPHIM_TEST_KILLS", "3"))
LATEST_S = 0.6  # after a job was seen to run: by then it has ended
EAGER = """
[venues.sim-a]
kind = "sim"
[venues.sim-b]
kind = "sim"
[strategies.hedged_volume]
kind = "hedged_volume"
instruments = ["BTC/USDT:USDT@sim-a", "BTC/USDT:USDT@sim-b"]
parameters = { notional_usd = 500, max_position_usd = 4000 }
[strategies.more_volume]
kind = "hedged_volume"
instruments = ["ETH/USDT:USDT@sim-a", "ETH/USDT:USDT@sim-b"]
parameters = { notional_usd = 500, max_position_usd = 4000 }
"""


def facts_of(home: Path) -> list[AnyFact]:
    return [row.fact for row in JournalStore(Paths.under(home).journal, Synchronous.OFF).rows(0)]


def unfinished(facts: list[AnyFact]) -> list[str]:
    started = dict.fromkeys(fact.job_id for fact in facts if isinstance(fact, JobStarted))
    for fact in facts:
        if isinstance(fact, JobFinished):
            del started[fact.job_id]
    return list(started)


def opened_again(facts: list[AnyFact]) -> list[str]:
    """Return the primary orders that a job got in another life than the one it started in."""
    run, born = 0, dict[str, int]()
    found: list[str] = []
    for fact in facts:
        match fact:
            case EngineStarted():
                run = fact.run
            case JobStarted():
                born[fact.job_id] = run
            case OrderIntended(intent=intent) if intent.job is not None and intent.job.role is LegRole.PRIMARY:
                if born[intent.job.job_id] != run:
                    found.append(intent.client_order_id)
            case _:
                pass
    return found


def running(daemon: Daemon) -> list[dict[str, Any]]:
    return (daemon.get("/api/jobs/running") or {}).get("jobs", [])


def live_orders(daemon: Daemon) -> list[dict[str, Any]] | None:
    """Return what may still be filled; the newest ended ones stand in the same list."""
    answer = daemon.get("/api/orders")
    if answer is None:
        return None
    return [order for order in answer["orders"] if OrderStatus(order["status"]).may_live]


def test_jobs_of_a_killed_daemon_are_ended_by_the_next_and_nothing_is_opened_for_them(tmp_path: Path):
    moments = random.Random(9)
    for _ in range(KILLS):
        with Daemon(tmp_path, EAGER) as daemon:
            daemon.ready()
            until("a running job", lambda daemon=daemon: running(daemon))
            time.sleep(moments.uniform(0, LATEST_S))  # the moment is what is tried here, nothing is waited for
            daemon.kill_nine()
    left = unfinished(facts_of(tmp_path))
    with Daemon(tmp_path, EAGER) as daemon:
        daemon.ready()
        assert daemon.post("/api/control/pause", reason="no new ones")[0] == 200
        until("the end of every job", lambda: not running(daemon))
        until("no live order", lambda: live_orders(daemon) == [])
        capital = (daemon.get("/api/capital/snapshot") or {})["venues"]
        held = {p["symbol"]: 0.0 for p in (daemon.get("/api/positions") or {})["positions"]}
        for position in (daemon.get("/api/positions") or {})["positions"]:
            held[position["symbol"]] += float(position["quantity"])
        daemon.kill_nine()
    facts = facts_of(tmp_path)
    assert unfinished(facts) == []
    assert {fact.job_id for fact in facts if isinstance(fact, JobFinished)}.issuperset(left)
    assert opened_again(facts) == []
    ids = [fact.intent.client_order_id for fact in facts if isinstance(fact, OrderIntended)]
    assert len(ids) == len(dict.fromkeys(ids))
    assert all(float(venue["in_flight_usd"]) == 0 for venue in capital)
    naked = {
        fact.job_id: fact.naked_quantity for fact in facts if isinstance(fact, JobFinished) and fact.naked_quantity
    }
    assert naked or all(abs(quantity) < 1e-9 for quantity in held.values()), held
    assert [f"row {each.row} {each.check}: {each.text}" for each in audit(Paths.under(tmp_path).journal).findings] == []
