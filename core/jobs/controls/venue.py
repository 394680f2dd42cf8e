"""Controls on the venue of a leg: the same verdict for every job that trades there."""

from decimal import Decimal

import msgspec

from core.jobs.controls.finding import JobFinding, at_most, judged, missing
from core.jobs.market import VenueLook
from core.jobs.rulebook import Rulebook
from core.types.control import HaltLevel


class VenueSight(msgspec.Struct, frozen=True):
    """One venue as the controls see it."""

    look: VenueLook
    rules: Rulebook


def venue_halt(venue: VenueSight) -> JobFinding:
    return judged(venue.look.halt_level is HaltLevel.NORMAL, "NORMAL", lambda: venue.look.halt_level.name)


def reconciled(venue: VenueSight) -> JobFinding:
    return judged(venue.look.is_reconciled, "reconciled", "yes" if venue.look.is_reconciled else "not yet")


def equity_known(venue: VenueSight) -> JobFinding:
    equity = venue.look.equity_usd
    if equity is None:
        return missing("equity of the venue", "{}", "above 0")
    return JobFinding(equity > 0, "above {}", Decimal(0), equity)


def venue_jobs(venue: VenueSight) -> JobFinding:
    limit, running = venue.rules.jobs.max_running_per_venue, venue.look.running_jobs
    return JobFinding(0 <= running < limit, "at most {}", limit, lambda: f"{running} running and this one")


def latency(venue: VenueSight) -> JobFinding:
    return at_most(venue.look.latency_p95_ms, venue.rules.jobs.max_latency_ms, "latency yet")
