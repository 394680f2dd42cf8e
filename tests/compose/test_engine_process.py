"""What the process around the engine owes its owner when something in the engine breaks."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.sim.market import SimMarket
from core.config.config import Config
from core.control.commands import Kill, Outcome, Resume
from core.engine.engine import Engine
from core.io.kill_file import read_kill_file
from core.paths import Paths
from core.types.control import HaltLevel
from tui.compose import engine_process
from tui.compose.engine_process import EngineProcess

PATIENCE_S = 60.0


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - the engine tells nobody of its conditions
            await asyncio.sleep(0.02)


def run(tmp_path: Path, script: Callable[[EngineProcess], "asyncio.Future[None]"]) -> None:
    async def life() -> None:
        paths = Paths.under(tmp_path / "home")
        paths.ensure()
        process = EngineProcess(Config(), paths)
        await process.start()
        try:
            await script(process)
        finally:
            await process.stop("the test is over", cancel_orders=True)

    asyncio.run(life())


def test_engine_whose_second_fails_takes_no_new_risk_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def broken(_: Engine) -> None:
        raise NameError("parts")

    async def script(process: EngineProcess) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(Engine, "second", broken)
            await until(lambda: bool(process.engine.parts.conditions.blockers()))
            (blocker,) = process.engine.parts.conditions.blockers()
            assert blocker.level is HaltLevel.CANCEL_ONLY
            assert "NameError: parts" in blocker.reason
        await until(lambda: not process.engine.parts.conditions.blockers())

    run(tmp_path, lambda process: asyncio.ensure_future(script(process)))


def test_kill_file_is_obeyed_by_an_engine_whose_second_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def broken(_: Engine) -> None:
        raise NameError("parts")

    async def script(process: EngineProcess) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(Engine, "second", broken)
            process.paths.kill_file.touch()
            halts = process.engine.parts.fold.halts
            await until(lambda: any(blocker.level is HaltLevel.HALTED for blocker in halts.blockers))

    run(tmp_path, lambda process: asyncio.ensure_future(script(process)))


def test_kill_from_elsewhere_does_not_take_away_a_file_that_also_asks_to_flatten(tmp_path: Path):
    async def script(process: EngineProcess) -> None:
        killing = asyncio.ensure_future(process.access.execute(Kill(who="somebody else")))
        await asyncio.sleep(0)
        process.paths.kill_file.write_text('{"who": "a script", "flatten": true}')
        await killing
        halts = process.engine.parts.fold.halts
        await until(lambda: any(blocker.level is HaltLevel.FLATTEN for blocker in halts.blockers))
        await until(lambda: not process.paths.kill_file.exists())

    run(tmp_path, lambda process: asyncio.ensure_future(script(process)))


def test_a_kill_whose_file_cannot_be_taken_away_is_told_as_done_with_what_is_in_the_way(tmp_path: Path):
    async def script(process: EngineProcess) -> None:
        process.paths.kill_file.mkdir()
        result = await process.access.execute(Kill(who="me", reason="prices"))
        assert result.outcome is Outcome.DONE
        assert "HALTED: orders cancelled" in result.message
        assert "KILL cannot be taken away (" in result.message
        seconds = process.engine.monitoring().last_update
        await until(lambda: process.engine.monitoring().last_update > seconds + 3_000_000_000)
        assert [blocker.cause for blocker in process.engine.monitoring().risk.blockers] == ["kill"]
        assert [line.text for line in process.engine.parts.log.lines if "cannot be taken away" in line.text] != []

    run(tmp_path, lambda process: asyncio.ensure_future(script(process)))


def test_a_kill_file_that_stays_is_carried_out_once_and_a_person_can_resume(tmp_path: Path):
    async def script(process: EngineProcess) -> None:
        process.paths.kill_file.mkdir()
        await until(lambda: process.engine.kill_state() is not None)
        runs: list[int] = []
        second = process.engine.second
        process.engine.second = lambda: (runs.append(1), second())[1]
        await until(lambda: len(runs) >= 3)  # time goes on for everything else
        await process.access.execute(Resume(reason="looked", word="resume"))
        await until(lambda: len(runs) >= 6)
        assert process.engine.kill_state() is None
        said = [line.text for line in process.engine.parts.log.lines if "cannot be taken away" in line.text]
        assert len(said) == 1

    run(tmp_path, lambda process: asyncio.ensure_future(script(process)))


def test_a_start_behind_a_kill_file_that_cannot_be_taken_away_begins_halted_and_says_why(tmp_path: Path):
    (tmp_path / "home").mkdir()
    paths = Paths.under(tmp_path / "home")
    paths.ensure()
    paths.kill_file.mkdir()

    async def script(process: EngineProcess) -> None:
        halt = process.engine.kill_state()
        assert halt is not None
        assert "cannot be read: Is a directory" in halt.reason
        said = [line.text for line in process.engine.parts.log.lines if "cannot be taken away" in line.text]
        assert len(said) == 1
        assert str(paths.kill_file) in said[0]

    run(tmp_path, lambda process: asyncio.ensure_future(script(process)))


def test_every_second_of_a_healthy_engine_passes(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    async def script(process: EngineProcess) -> None:
        runs = process.engine.monitoring().last_update
        await until(lambda: process.engine.monitoring().last_update > runs + 2_000_000_000)

    run(tmp_path, lambda process: asyncio.ensure_future(script(process)))
    assert [record.message for record in caplog.records if "second" in record.message] == []


def test_halt_that_the_journal_did_not_take_leaves_the_kill_file_and_is_carried_out_once(tmp_path: Path):
    async def script(process: EngineProcess) -> None:
        process._journal._failed_reason = "disk full"
        result = await process.access.execute(Kill(who="me", reason="prices"))
        assert "makes the next start begin HALTED" in result.message
        wish = read_kill_file(process.paths.kill_file)
        assert wish is not None
        assert (wish.who, wish.reason) == ("kill file of me", "prices")
        await asyncio.sleep(3.5)
        kills = [line.text for line in process.engine.parts.log.lines if "HALTED" in line.text]
        assert len(kills) <= 2

    run(tmp_path, lambda process: asyncio.ensure_future(script(process)))


def test_nothing_of_the_embedded_market_goes_on_after_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    markets: list[SimMarket] = []
    arm = SimMarket._arm
    monkeypatch.setattr(SimMarket, "_arm", lambda market: (markets.append(market), arm(market)))

    async def life() -> None:
        paths = Paths.under(tmp_path / "home")
        paths.ensure()
        process = EngineProcess(Config(), paths)
        await process.start()
        await process.stop("the test is over", cancel_orders=True)
        moves = len(markets)
        later = asyncio.Event()
        step_s = markets[0].config.step_ns / 1e9
        asyncio.get_running_loop().call_later(3 * step_s, later.set)
        await later.wait()
        assert len(markets) == moves

    asyncio.run(life())


def test_a_start_that_compiles_says_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    may_end = threading.Event()

    async def life() -> None:
        paths = Paths.under(tmp_path / "home")
        paths.ensure()
        process = EngineProcess(Config(), paths)
        process._venues.warm_ups = [lambda: None, lambda: may_end.wait(PATIENCE_S) and None]
        starting = asyncio.ensure_future(process.start())
        try:
            await until(lambda: any("2 of 2" in text for text in said(process)))
        finally:
            may_end.set()
            await starting
            await process.stop("the test is over", cancel_orders=True)

    monkeypatch.setattr(engine_process, "COMPILED_ALREADY_S", 0.05)
    asyncio.run(life())


def said(process: EngineProcess) -> list[str]:
    return [line.text for line in process.engine.parts.log.lines]
