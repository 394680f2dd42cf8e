"""An order that lay before an engine which stood still meant another market: it is refused, what is safer is not."""

import math
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from core.config.engine_settings import engine_settings
from core.config.load import load_config
from core.control.commands import (
    AmendOrder,
    AnyCommand,
    CancelOrders,
    CommandResult,
    Kill,
    ManualOverride,
    Outcome,
    Pause,
    PlaceOrder,
    Resume,
    SetRiskMode,
    StartStrategy,
)
from core.control.consoles import ConsoleHello
from core.engine.settings import PICTURE_LIVES_S
from core.io.virtual_loop import VirtualLoop
from core.state.desk import DeskRequest, DeskSnapshot
from tests.engine.rig import PERP, EngineRig, in_virtual_time

S = 1_000_000_000


def order(*, reduce_only: bool = False) -> PlaceOrder:
    return PlaceOrder(venue="v1", symbol=PERP, side="buy", quantity=Decimal(1), reduce_only=reduce_only)


BOUND: list[AnyCommand] = [
    order(),
    order(reduce_only=True),
    AmendOrder(client_order_id="x", quantity=Decimal(2)),
    StartStrategy(name="s"),
    Resume(),
    SetRiskMode(mode="aggressive"),
    ManualOverride(seconds=60, reason="r"),
]
ALWAYS: list[AnyCommand] = [Kill(), Pause(), CancelOrders(), SetRiskMode(mode="conservative")]


def over_a_rig(script: Callable[[EngineRig], Awaitable[None]]) -> None:
    async def main(loop: VirtualLoop) -> None:
        await script(await EngineRig(loop).start())

    in_virtual_time(main)


def shown(rig: EngineRig) -> DeskSnapshot:
    return rig.engine.desk(DeskRequest(depth=1, bars=1))


async def given(rig: EngineRig, command: AnyCommand, picture_age_s: float, console: str | None = None) -> CommandResult:
    as_of_ns = rig.clock.utc_ns() - round(picture_age_s * S)
    return await rig.execute(msgspec.structs.replace(command, as_of_ns=as_of_ns, console=console))


@pytest.mark.parametrize("command", BOUND, ids=lambda command: type(command).__name__)
def test_what_trades_or_raises_risk_is_refused_by_an_old_picture_and_logged(command: AnyCommand) -> None:
    async def script(rig: EngineRig) -> None:
        late = await given(rig, command, 24)
        assert late.outcome is Outcome.REFUSED
        assert "the picture it was decided on is 24 s old" in late.message
        assert any("24 s old" in line.text for line in shown(rig).log)
        assert "picture" not in (await given(rig, command, PICTURE_LIVES_S)).message

    over_a_rig(script)


@pytest.mark.parametrize("command", ALWAYS, ids=lambda command: type(command).__name__)
def test_what_makes_things_safer_passes_however_late_it_comes(command: AnyCommand) -> None:
    async def script(rig: EngineRig) -> None:
        assert "picture" not in (await given(rig, command, 3_600)).message

    over_a_rig(script)


def test_a_command_that_names_no_picture_is_not_held_to_one() -> None:
    async def script(rig: EngineRig) -> None:
        assert "picture" not in (await rig.execute(order())).message

    over_a_rig(script)


def test_a_console_that_is_sent_a_picture_rarely_may_have_one_that_is_older_by_as_much() -> None:
    async def script(rig: EngineRig) -> None:
        rig.engine.attach(ConsoleHello(console="slow", who="console:slow", interval_ms=5_000))
        assert "picture" not in (await given(rig, order(), PICTURE_LIVES_S + 4.9, "slow")).message
        assert "picture" in (await given(rig, order(), PICTURE_LIVES_S + 4.9, "another")).message

    over_a_rig(script)


def test_a_replay_whose_time_runs_at_another_speed_holds_nobody_to_it(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        '[venues.binanceusdm]\nkind = "replay"\npath = "x.gz"\nvenue = "binanceusdm"\nspeed = 10\n', "utf-8"
    )
    assert engine_settings(load_config(file, {}), "0").picture_lives_s == math.inf
    assert engine_settings(load_config(tmp_path / "none.toml", {}), "0").picture_lives_s == PICTURE_LIVES_S
