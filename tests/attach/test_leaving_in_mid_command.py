"""Who leaves an attached console right behind a key has its command carried out, or is told that nobody knows."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from core.control.commands import AnyCommand, CommandResult, Kill, Outcome
from core.paths import Paths
from tests.control.fake_engine import FakeEngine
from tests.control.serving import serving
from tests.control.test_attach import until
from tui import attached
from tui.attach import AttachedLink
from tui.console import sender
from tui.console.sender import CommandSender
from tui.console.settings import DEFAULTS
from tui.console_reading import FirstSettings

ANSWERS_AFTER_S = 0.3


class SlowEngine(FakeEngine):
    """Takes its time for a command, and forgets one whose console is gone."""

    def __init__(self, goes_on: asyncio.Event) -> None:
        super().__init__()
        self.goes_on = goes_on
        self.done: list[AnyCommand] = []

    async def execute(self, command: AnyCommand) -> CommandResult:
        self.commands.append(command)
        await self.goes_on.wait()
        self.done.append(command)
        return CommandResult(outcome=Outcome.DONE, message="halted")


class HastyConsole:
    """Halts and is left before the halt has begun to travel."""

    def __init__(self, link: AttachedLink, told: list[str], left: asyncio.Event) -> None:
        self.painted = asyncio.Event()
        self.painted.set()
        self.sender = CommandSender(link, "console:test", lambda _level, text: told.append(text))
        self._link, self._left = link, left

    async def run_async(self, **_: Any) -> None:
        await until(lambda: self._link.latest() is not None)
        self.sender.send(Kill(reason="kill key in the console"), "HALT")
        self._left.set()


def leave_in_mid_halt(
    monkeypatch: pytest.MonkeyPatch, path: Path, *, is_answered: bool
) -> tuple[SlowEngine, list[str]]:
    async def run() -> tuple[SlowEngine, list[str]]:
        goes_on, left, told = asyncio.Event(), asyncio.Event(), list[str]()
        engine = SlowEngine(goes_on)
        monkeypatch.setattr(attached, "make_console", lambda link, *_: HastyConsole(link, told, left))
        first = FirstSettings(DEFAULTS, lambda: "")
        async with serving(engine, path / "c.sock"):
            leaving = asyncio.create_task(attached.run_attached(path / "c.sock", Paths.under(path), first))
            await left.wait()
            await until(lambda: bool(engine.commands))
            if is_answered:
                asyncio.get_running_loop().call_later(ANSWERS_AFTER_S, goes_on.set)
            await leaving
            heard = list(told)  # the process ends here
            goes_on.set()
        return engine, heard

    return asyncio.run(run())


def test_a_halt_that_is_on_its_way_when_the_console_is_left_reaches_the_engine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine, told = leave_in_mid_halt(monkeypatch, tmp_path, is_answered=True)
    assert [type(command) for command in engine.done] == [Kill]
    assert told == ["HALT: halted"]
    assert capsys.readouterr().err == ""


def test_a_command_without_an_answer_is_named_on_the_way_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sender, "LEAVING_PATIENCE_S", 0.1)
    leave_in_mid_halt(monkeypatch, tmp_path, is_answered=False)
    assert "HALT: NO ANSWER before the console was left" in capsys.readouterr().err
