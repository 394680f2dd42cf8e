"""The risk pane says what is left of every limit, when it is reached at this rate, and who is halted."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.state.monitoring import LimitUse, MonitoringState
from core.types.control import Blocker, HaltLevel
from tests.console.driving import LARGE, MEDIUM, SMALL, Desk, run_console
from tests.console.fake_jobs import START_NS
from tests.console.fake_link import FakeLink
from tests.console.scenes import SceneLink
from tui.present.cells import line_width
from tui.present.ink import Line, text_of
from tui.present.risk import about, limit_lines, risk_lines
from tui.present.scopes import scope_lines


def day_loss(reached_in_s: int | None, left: int = 415) -> LimitUse:
    return LimitUse(
        name="day loss",
        unit="USD",
        limit=Decimal(500),
        used=Decimal(500 - left),
        left=Decimal(left),
        reached_in_s=reached_in_s,
    )


def state(*blockers: Blocker) -> MonitoringState:
    return FakeLink(scoped_blockers=list(blockers)).snapshot().monitoring


def blocker(scope: str, level: HaltLevel) -> Blocker:
    return Blocker(scope=scope, cause="manual", level=level, since_ns=START_NS, who="cli:me", reason="slow")


def texts(lines: list[Line]) -> str:
    return "\n".join(text_of(line) for line in lines)


def test_a_limit_says_when_it_is_reached_beside_its_room_or_below_where_that_is_narrow() -> None:
    (wide,) = limit_lines(day_loss(720), 110)
    assert text_of(wide).endswith("415 left of 500  at this rate, reached in 12 min")
    first, second = limit_lines(day_loss(720), 46)
    assert "415 left of 500" in text_of(first)
    assert "at this rate, reached in 12 min" in text_of(second)


def test_a_limit_of_which_nobody_can_tell_says_nothing_of_it() -> None:
    assert "rate" not in texts(limit_lines(day_loss(None), 110))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "less than a minute"), (59, "less than a minute"), (119, "1 min"), (3599, "59 min"), (10_000, "2 h")],
)
def test_an_estimate_has_one_unit(seconds: int, text: str) -> None:
    assert about(seconds) == text


def test_a_limit_that_is_reached_soon_comes_before_one_with_less_haste() -> None:
    assert names_shown(limit("net sim-a"), limit("gross sim-a", reached_in_s=300)) == ["gross sim-a", "net sim-a"]


def test_loss_drawdown_and_what_is_invested_come_first_and_the_others_by_how_near_they_are() -> None:
    roomy, half, tight, used_up = (
        limit(name, left) for name, left in (("order", 400), ("net", 200), ("gross", 60), ("reserve", 0))
    )
    account = [limit("invested"), limit("drawdown", 10), limit("day loss")]
    assert names_shown(roomy, half, *account, tight, used_up) == [
        "day loss", "drawdown", "invested", "reserve", "gross", "net", "order",
    ]  # fmt: skip


def test_a_limit_of_unknown_room_comes_before_those_with_little() -> None:
    unknown = LimitUse(name="net", unit="USD", limit=Decimal(500), used=None, left=None)
    assert names_shown(limit("gross", 60), unknown) == ["net", "gross"]


def test_limits_that_are_about_as_near_keep_their_places_when_prices_move() -> None:
    assert names_shown(limit("order", 410), limit("net", 390)) == ["order", "net"]
    assert names_shown(limit("order", 390), limit("net", 410)) == ["order", "net"]


def limit(name: str, left: int = 415, reached_in_s: int | None = None) -> LimitUse:
    return msgspec.structs.replace(day_loss(reached_in_s, left), name=name)


def names_shown(*limits: LimitUse) -> list[str]:
    monitoring = state()
    monitoring.risk.limits = list(limits)
    lines = [text_of(line) for line in risk_lines(monitoring, START_NS, 60)]
    known = [each.name for each in limits]
    return [name for line in lines for name in known if line.startswith(f"{name} ")]


@pytest.mark.parametrize("size", [MEDIUM, LARGE], ids=str)
def test_the_first_desk_shows_loss_drawdown_and_what_is_invested(size: tuple[int, int]) -> None:
    async def script(desk: Desk) -> None:
        for fact in ("nothing blocks new risk", "mode BALANCED", "day loss", "drawdown", "invested"):
            assert fact in desk.pane("risk")

    run_console(script, SceneLink(), size)


def test_where_all_is_as_usual_mode_venues_and_strategies_take_few_lines() -> None:
    assert texts(scope_lines(state(), 100)) == (
        "mode BALANCED · 3 venues normal · 1 strategy normal · 1 strategy stopped"
    )


def test_a_halted_venue_and_strategy_are_named_once_with_their_level_and_the_others_counted() -> None:
    halted = blocker("venue:sim-b", HaltLevel.HALTED), blocker("strategy:ma_cross", HaltLevel.REDUCE_ONLY)
    text = texts(risk_lines(state(*halted), START_NS, 60))
    assert text.count("■ HALTED venue sim-b") == 1
    assert text.count("■ REDUCE ONLY strategy ma_cross") == 1
    assert "mode BALANCED · 2 other venues normal" in text
    assert "1 other strategy stopped" in text


def test_a_venue_that_a_wider_halt_bears_on_is_named_beside_one_with_a_tighter_halt_of_its_own() -> None:
    halts = blocker("venue:sim-b", HaltLevel.HALTED), blocker("global", HaltLevel.REDUCE_ONLY)
    text = texts(scope_lines(state(*halts), 60))
    assert "■ REDUCE ONLY venue sim-a" in text
    assert "venue sim-b" not in text


def test_a_halt_of_everything_bears_on_every_venue_and_strategy() -> None:
    text = texts(scope_lines(state(blocker("global", HaltLevel.CANCEL_ONLY)), 60))
    assert "■ CANCEL ONLY all 3 venues" in text
    assert "■ CANCEL ONLY all 2 strategies" in text


def test_nothing_is_said_to_block_only_where_equity_and_profit_are_known() -> None:
    monitoring = state()
    assert "nothing blocks new risk" in texts(risk_lines(monitoring, START_NS, 60))
    monitoring.risk.unvalued = ["price of BTC at sim-a"]
    assert "nothing blocks" not in texts(risk_lines(monitoring, START_NS, 60))


def test_a_venue_in_safe_mode_is_named() -> None:
    monitoring = state()
    monitoring.venues["sim-a"].safe_mode = True
    assert "! safe mode venue sim-a" in texts(scope_lines(monitoring, 60))


@given(st.integers(36, 200), st.sampled_from([level for level in HaltLevel if level]))
def test_no_line_of_modes_is_wider_than_the_pane(width: int, level: HaltLevel) -> None:
    lines = scope_lines(state(blocker("venue:sim-b", level), blocker("strategy:ma_cross", level)), width)
    assert all(line_width(line) <= width for line in lines)


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE], ids=str)
def test_the_pane_shows_halts_and_room_at_every_size(size: tuple[int, int]) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("4")
        text = desk.pane("risk")
        for fact in ("■ HALTED", "venue sim-b", "mode BALANCED", "415 left of 500"):
            assert fact in text

    run_console(script, FakeLink(scoped_blockers=[blocker("venue:sim-b", HaltLevel.HALTED)]), size)
