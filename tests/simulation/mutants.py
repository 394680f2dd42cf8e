"""Take one protection out of the core at a time and run seeds until the simulation notices.

`python -m tests.simulation.mutants [--seeds 200] [NAME ...]` prints a table: mutant, seed that killed it, violation.
A mutant that outlives its seeds is a protection that nothing proves; the program then ends with 1.
"""

import argparse
import multiprocessing
import os
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from core.book.warm_up import warm_up
from core.capital.limits import CapitalLimits
from core.capital.reserves import Reserves
from core.engine import directional_positions, job_desk, order_desk, reconciler, risk_views
from core.engine.alert_builder import AlertBuilder
from core.engine.closings import Closings
from core.engine.engine import Engine
from core.engine.fold import EngineFold
from core.engine.job_runner import JobRunner
from core.engine.protective_close import ProtectiveClose
from core.execution import decide, exposure, unwinding
from core.jobs.limits import JobLimits
from core.orders import seen_ids, tracker
from core.ports.venue import SendOutcome
from core.risk import auto_halt, gate
from core.risk.rules.finding import judged
from core.types.order import Order, OrderStatus
from strategies.simulation import life
from strategies.simulation.episode import run_episode

NO_NAKED_CAP = JobLimits(max_naked_usd=Decimal(1_000_000))
NO_IN_FLIGHT_CAP = CapitalLimits(max_total_notional_pct=Decimal(1_000))


class Mutant(NamedTuple):
    name: str
    protection: str
    remove: Callable[[], None]


def _pass_rule(name: str) -> Callable[[], None]:
    def remove() -> None:
        rules = tuple(
            rule._replace(judge=lambda _: judged(True, "removed", "removed")) if rule.name == name else rule
            for rule in gate.RULES
        )
        assert rules != gate.RULES, f"there is no rule {name}"
        gate.RULES = rules

    return remove


def _send_before_it_is_durable() -> None:
    desk: Any = order_desk.OrderDesk
    send = desk._send_when_durable

    async def at_once(self: Any, approved: Any, durable: Any, *more: Any) -> None:
        del durable
        import asyncio

        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        await send(self, approved, done, *more)

    desk._send_when_durable = at_once


def _book_fills_again() -> None:
    seen: Any = seen_ids.SeenIds
    seen.look = lambda *_: seen_ids.Novelty.NEW


def _take_doubt_for_a_reject() -> None:
    statuses: Any = order_desk
    statuses.STATUS_OF_OUTCOME = {**order_desk.STATUS_OF_OUTCOME, SendOutcome.IN_DOUBT: OrderStatus.REJECTED}


def _ask_no_halt_before_sending() -> None:
    views: Any = risk_views.RiskViews
    views.still_open_for = lambda *_, **__: True


def _obey_no_halt() -> None:
    _pass_rule("halt_level")()
    _ask_no_halt_before_sending()


def _trade_before_it_is_reconciled() -> None:
    each: Any = reconciler.Reconciler
    each.close_venue = lambda *_, **__: None


def _count_ids_from_one_again() -> None:
    made, lives = life.OrderIds, life
    changed: Any = lives
    changed.OrderIds = lambda _: made(1)


def _forget_the_days_loss() -> None:
    halt: Any = auto_halt
    halt._day_loss = lambda *_: None


def _forget_halts_at_a_restart() -> None:
    fold: Any = EngineFold
    restore = fold.restore

    def restore_without(self: Any, encoded: bytes) -> None:
        restore(self, encoded)
        self.halts._blockers.clear()

    fold.restore = restore_without


def _give_up_an_order_at_once() -> None:
    module: Any = __import__("core.engine.reconciliation", fromlist=["SETTLE_NS"])
    module.SETTLE_NS = 0


def _fetch_no_missed_fills() -> None:
    engine: Any = Engine
    engine._book_report = lambda *_: None


def _alert_to_no_blocker() -> None:
    builder: Any = AlertBuilder
    builder.build = lambda *_: []


def _probe_no_doubt() -> None:
    engine: Any = Engine
    engine._due_for_comparison = lambda _: ()


def _settings(**changed: Any) -> Callable[[], None]:
    """Give the engine other limits than those it is judged by."""

    def remove() -> None:
        module: Any = life
        made = life.EngineSettings
        module.EngineSettings = lambda **given: made(**given, **changed)

    return remove


def _hedge_whatever_is_filled() -> None:
    _pass_rule("child_quantity")()
    module: Any = exposure
    module.hedgeable = lambda job, _, leg, instrument: instrument.floor_quantity(job.legs[leg].quantity)


def _keep_what_a_job_has_bound() -> None:
    reserves: Any = Reserves
    reserves.finish_job = lambda *_: None


def _take_every_leg_for_closing() -> None:
    module: Any = job_desk
    module.closing_part = lambda quantity, _: quantity


def _promise_no_position() -> None:
    looked_at: Any = Closings
    looked_at._promise = lambda *_: None


def _end_a_job_without_a_last_look() -> None:
    runner: Any = JobRunner
    look = runner._leg_view

    def always_read(self: Any, leg: Any, job: Any) -> Any:
        return msgspec.structs.replace(look(self, leg, job), account_read=10**12)

    runner._leg_view = always_read


def _leave_naked_what_is_naked() -> None:
    modules: Any = (decide, unwinding)
    for module in modules:
        module.is_pending = lambda *_: False


def _follow_a_leg_to_the_wrong_side() -> None:
    module: Any = exposure
    module.level = min
    module.overdrawn = lambda *_: Decimal(0)
    _pass_rule("child_quantity")()


def _count_only_the_terms_before() -> None:
    order: Any = Order
    order.possible_quantity = property(lambda self: self.intent.quantity)
    order.possible_prices = property(lambda self: (self.intent.limit_price,))


def _take_a_replaced_order_for_cancelled() -> None:
    module: Any = tracker
    module.is_of_the_past = lambda *_: False
    module.reported = lambda _, event, __: event


def _close_a_jobs_leg_as_well() -> None:
    module: Any = directional_positions
    module.Directional.closable = property(lambda self: self.total)


def _close_beside_another_close() -> None:
    closing: Any = ProtectiveClose
    closing._own_order = lambda *_: None
    closing._free_quantity = lambda _, __, quantity: quantity
    _pass_rule("reduce_only_truth")()


MUTANTS = (
    Mutant("write-ahead", "an order waits until its intent is durable", _send_before_it_is_durable),
    Mutant("fill-dedupe", "a fill counts once, whoever tells of it", _book_fills_again),
    Mutant("self-cross", "no own order crosses an own one", _pass_rule("self_cross")),
    Mutant("in-doubt-freeze", "no new risk on a book with an order in doubt", _pass_rule("in_doubt")),
    Mutant("doubt-is-no-reject", "silence is doubt, not failure", _take_doubt_for_a_reject),
    Mutant("settle-window", "a request may still be on its way", _give_up_an_order_at_once),
    Mutant("halt-recheck", "halts are asked again before the send", _ask_no_halt_before_sending),
    Mutant("reconcile-first", "no order before the venue was compared", _trade_before_it_is_reconciled),
    Mutant("unique-ids", "ids hold the number of the run", _count_ids_from_one_again),
    Mutant("day-loss-halt", "a day's loss beyond its limit halts", _forget_the_days_loss),
    Mutant("halt-level", "halted means halted, at the gate and before sending", _obey_no_halt),
    Mutant("reduce-only-truth", "what says that it reduces does", _pass_rule("reduce_only_truth")),
    Mutant("fresh-book", "no order on a book that is stale or invalid", _pass_rule("fresh_book")),
    Mutant("halts-survive", "a restart keeps what a person or a loss has halted", _forget_halts_at_a_restart),
    Mutant("backfill", "fills that never came on the stream are fetched", _fetch_no_missed_fills),
    Mutant("comparison", "venues are compared again and again", _probe_no_doubt),
    Mutant("hedge-only-filled", "hedges never exceed what is filled", _hedge_whatever_is_filled),
    Mutant("naked-cap", "a job's exposure without a hedge is capped", _settings(jobs=NO_NAKED_CAP)),
    Mutant("in-flight-cap", "reservations of a venue are capped", _settings(capital=NO_IN_FLIGHT_CAP)),
    Mutant("claims", "a job claims for all that it opens", _take_every_leg_for_closing),
    Mutant("closes-once", "no two jobs count on closing the same", _promise_no_position),
    Mutant("release", "a job's end frees what it had bound", _keep_what_a_job_has_bound),
    Mutant("last-look", "a job ends after its venues were asked", _end_a_job_without_a_last_look),
    Mutant("give-back", "what is naked is given back", _leave_naked_what_is_naked),
    Mutant("own-side", "no leg follows another one to the wrong side", _follow_a_leg_to_the_wrong_side),
    Mutant("both-terms", "an open amend counts with the worse of both terms", _count_only_the_terms_before),
    Mutant("phantom-cancel", "what an amend replaced is no cancelled order", _take_a_replaced_order_for_cancelled),
    Mutant("stops-spare-jobs", "a stop closes no leg of a job", _close_a_jobs_leg_as_well),
    Mutant("one-close", "a stop sends one close at a time", _close_beside_another_close),
    Mutant("alerts", "what blocks stands as an alert", _alert_to_no_blocker),
)


def hunt(mutant: Mutant, seeds: int) -> tuple[str, int | None, str]:
    """Return the mutant's name, the seed that killed it, and the violation."""
    warm_up()
    mutant.remove()
    for seed in range(seeds):
        try:
            found = run_episode(seed).violations
        except Exception as error:  # a core that falls over proves nothing of the protection
            return mutant.name, None, f"fell over at seed {seed}: {type(error).__name__}: {error}"
        if found:
            return mutant.name, seed, f"{found[0].invariant}: {found[0].text}"
    return mutant.name, None, ""


def _hunt_by_name(task: tuple[str, int]) -> tuple[str, int | None, str]:
    name, seeds = task
    return hunt(next(mutant for mutant in MUTANTS if mutant.name == name), seeds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("names", nargs="*")
    chosen = parser.parse_args()
    tasks = [(mutant.name, chosen.seeds) for mutant in MUTANTS if not chosen.names or mutant.name in chosen.names]
    protections = {mutant.name: mutant.protection for mutant in MUTANTS}
    survivors = 0
    # A process for each mutant: what was removed must not stay removed for the next one.
    with multiprocessing.get_context("spawn").Pool(os.cpu_count(), maxtasksperchild=1) as pool:
        for name, seed, violation in pool.imap_unordered(_hunt_by_name, tasks, chunksize=1):
            survivors += seed is None
            text = f"SURVIVED {violation}" if seed is None else f"seed {seed:<4} {violation[:110]}"
            print(f"{name:<20} {protections[name]:<55} {text}", flush=True)
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
