"""Seeds that once found a violation of the core; each stays for good."""

import pytest

from core.book.warm_up import warm_up
from strategies.simulation.episode import run_episode

SEEDS = {
    39: "an order in doubt was given up at once by an engine with a later clock, and its position sold twice",
    44: "an order without an answer was given up because its cancel had been asked for, and its book was crossed",
    53: "the same, between two jobs",
    76: "an order in doubt was given up early because the venue's clock was ahead",
    106: "a silent book counted as fresh after the clock was set back",
    319: "an order in doubt was given up early because the clock was set forward, and crossed on a shared book",
    335: "a silent book counted as fresh after the clock was set back by less than its age",
    441: "an account read before an order's end counted as read after it, and the next slice was sent on top",
    40: "a take profit that was amended by itself could close more than its entry had filled",
    51: "an unwind's late fill made the other leg open a position on the wrong side",
    2259: "the judge let a flattening take what owners hold against each other, where only their net is closed",
    139: "the judge wanted more bound than was claimed, of a fill behind a jump of the market",
    417: "the judge looked before a venue could be compared twice behind the last job",
    101: "a stop's fill that came after its position was closed counted against the legs of jobs",
    190: "an engine with an earlier clock used up all attempts to give a naked leg back at once",
    900000: "the judge wanted jobs to claim by a price that had jumped but was not yet shown to the engine",
    204: "a naked leg was left to itself because the next engine began with an earlier clock",
}


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    warm_up()


@pytest.mark.parametrize("seed", SEEDS)
def test_seed_that_found_a_violation_finds_none(seed: int):
    assert run_episode(seed).violations == ()
