"""An older engine refuses what it does not know; the console says that versions differ, and which to update."""

import asyncio
from collections.abc import Collection
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.control.commands import CommandResult, Outcome, Pause, PlaceOrder
from core.control.desk_stream import DeskFramer, StreamRequest
from core.control.routes import COMMAND_ROUTES
from core.io import control_server, control_stream
from core.state.desk import DeskSnapshot
from tests.control.fake_engine import FakeEngine, desk
from tests.control.serving import serving
from tests.control.test_attach import attached, until
from tui.attach import AttachedLink
from tui.program_version import program_version

ORDER = PlaceOrder(venue="sim-a", symbol="BTC/USDT", side="buy", quantity=Decimal(1))


def without(kind: type[msgspec.Struct], names: Collection[str]) -> Any:
    """Return a type as it was before it had these fields."""
    fields = [
        (field.name, field.type, field.default) if field.default is not msgspec.NODEFAULT else (field.name, field.type)
        for field in msgspec.structs.fields(kind)
        if field.name not in names
    ]
    return msgspec.defstruct(kind.__name__, fields, kw_only=True, frozen=True, forbid_unknown_fields=True)


def answer_to_an_order(tmp_path: Path, engine_version: str) -> CommandResult:
    async def run() -> CommandResult:
        engine, path = FakeEngine(), tmp_path / "c.sock"
        engine.state.version = engine_version
        async with serving(engine, path):
            link = attached(path)
            await link.start()
            await until(lambda: link.latest() is not None)
            answer = await link.execute(ORDER)
            await link.stop()
        assert engine.commands == []
        return answer

    return asyncio.run(run())


def test_a_command_with_a_field_that_an_older_engine_does_not_know_is_refused_with_which_to_update(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = without(PlaceOrder, {"as_of_ns", "engine"})
    monkeypatch.setattr(control_server, "COMMAND_ROUTES", {older: COMMAND_ROUTES[PlaceOrder]})
    answer = answer_to_an_order(tmp_path, "0.0.7")
    assert answer.outcome is Outcome.INVALID
    assert f"different versions (engine 0.0.7, console {program_version()})" in answer.message
    assert "the engine is the older one: update the engine" in answer.message
    assert "unknown field" in answer.message


def test_builds_of_one_version_are_told_apart_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older = without(PlaceOrder, {"as_of_ns"})
    monkeypatch.setattr(control_server, "COMMAND_ROUTES", {older: COMMAND_ROUTES[PlaceOrder]})
    assert f"(both say version {program_version()})" in answer_to_an_order(tmp_path, program_version()).message


def test_a_command_that_an_older_engine_does_not_know_at_all_says_so_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control_server, "COMMAND_ROUTES", {Pause: COMMAND_ROUTES[Pause]})
    answer = answer_to_an_order(tmp_path, "0.0.7")
    assert answer.outcome is not Outcome.DONE
    assert "the engine is the older one: update the engine" in answer.message


def test_what_this_engine_finds_wrong_is_no_matter_of_versions(tmp_path: Path) -> None:
    async def run() -> CommandResult:
        path = tmp_path / "c.sock"
        async with serving(FakeEngine(), path):
            return await attached(path).execute(msgspec.structs.replace(ORDER, quantity=Decimal(-1)))

    assert asyncio.run(run()).message == "POST /api/orders: `quantity` is -1; it must be a number above 0"


def test_an_engine_that_does_not_know_what_is_asked_of_its_stream_is_said_to_be_older(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control_stream, "_requests", msgspec.json.Decoder(without(StreamRequest, {"accounts"})))

    async def run() -> None:
        path = tmp_path / "c.sock"
        async with serving(FakeEngine(), path):
            link = attached(path)
            await link.start()
            await until(lambda: "the engine is the older one: update the engine" in (link.lost_reason or ""))
            await link.stop()

    asyncio.run(run())


def shown(link: AttachedLink) -> int | None:
    latest = link.latest()
    return None if latest is None else latest.sequence


class NewerFramer(DeskFramer):
    """Frames of an engine that shows more: new sections, some by rows, some that come and go."""

    def frame(self, snapshot: DeskSnapshot, gap_ms: int = 0) -> bytes:
        frame = msgspec.json.decode(super().frame(snapshot, gap_ms))
        if frame["type"] == "snapshot":
            frame["state"]["opportunities"] = [1]
        else:
            frame["set"] += [[["opportunities"], [frame["sequence"]]], [["monitoring", "weather"], "fair"]]
            frame["edited"] = [[["opportunities"], [[0, 0, 1]]]]
            frame["removed"] += [["opportunities"], ["opportunity", "a"]]
        return msgspec.json.encode(frame)


def test_what_a_newer_engine_shows_besides_is_passed_over_and_it_is_told_once_which_to_update(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control_stream, "DeskFramer", NewerFramer)

    async def run() -> tuple[list[str], set[str | None]]:
        engine, path, reasons = FakeEngine(), tmp_path / "c.sock", set[str | None]()
        engine.state.version = "99.0"
        async with serving(engine, path):
            link = attached(path)
            await link.start()
            await until(lambda: link.latest() is not None)
            for number in range(2, 8):
                engine.state = desk(number)
                engine.state.version = "99.0"
                await until(lambda: reasons.add(link.lost_reason) or shown(link) == engine.state.sequence)
            told = link.take_notices()
            await link.stop()
        return told, reasons

    [told], reasons = asyncio.run(run())
    assert f"different versions (engine 99.0, console {program_version()})" in told
    assert "the engine is the newer one" in told
    assert "update the console" in told
    assert reasons == {None}
