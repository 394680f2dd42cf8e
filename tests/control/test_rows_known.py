"""Consoles and engines of different versions: what one does not know the other does not send."""

import asyncio
import copy
from pathlib import Path

import msgspec
import pytest

from core.control.desk_stream import ROWS_KNOWN
from core.control.routes import ROWS_HEADER
from core.io import control_stream
from core.state.desk import DeskRequest, DeskSnapshot
from tests.console.fake_jobs import job
from tests.control.fake_engine import FakeEngine
from tests.control.serving import serving
from tests.control.test_attach import attached, until

OTHERS = "1.00000000"


class WorkingEngine(FakeEngine):
    """Every look is another desk, on which one of its jobs has gone on."""

    def desk(self, request: DeskRequest) -> DeskSnapshot:
        state = copy.copy(super().desk(request))
        state.sequence = len(self.requests)
        state.jobs = [job(number, "running", naked_age_s=state.sequence / 7) for number in range(5)]
        return state


def fields_of_a_delta(path: Path, headers: dict[str, str]) -> set[str]:
    """Return what the first delta consists of for a client that says this."""

    async def run() -> set[str]:
        async with (
            serving(WorkingEngine(), path) as session,
            session.ws_connect("/api/stream", headers=headers) as stream,
        ):
            await stream.send_str('{"interval_ms": 50}')
            frames = [msgspec.json.decode(await stream.receive_str()) for _ in range(2)]
            assert [frame["type"] for frame in frames] == ["snapshot", "delta"]
            return set(frames[1])

    return asyncio.run(run())


def test_a_client_that_knows_the_rows_is_told_what_changed_of_them(tmp_path: Path) -> None:
    assert "edited" in fields_of_a_delta(tmp_path / "c.sock", {ROWS_HEADER: ROWS_KNOWN})


@pytest.mark.parametrize("headers", [{}, {ROWS_HEADER: OTHERS}, {ROWS_HEADER: ""}])
def test_a_client_that_knows_none_or_others_is_sent_whole_sections(tmp_path: Path, headers: dict[str, str]) -> None:
    assert fields_of_a_delta(tmp_path / "c.sock", headers) == {"type", "sequence", "set", "removed"}


@pytest.mark.parametrize("known", [ROWS_KNOWN, OTHERS])
def test_a_console_is_shown_an_engine_whatever_rows_that_knows(
    tmp_path: Path, known: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control_stream, "ROWS_KNOWN", known)

    async def run() -> None:
        engine, path = WorkingEngine(), tmp_path / "c.sock"
        async with serving(engine, path):
            link = attached(path)
            await link.start()
            seen: dict[int, DeskSnapshot] = {}
            await until(lambda: len(seen) > 4 or _note(seen, link.latest()))
            await link.stop()
        assert all(shown.jobs[4].naked_age_s == shown.sequence / 7 for shown in seen.values())

    asyncio.run(run())


def _note(seen: dict[int, DeskSnapshot], snapshot: DeskSnapshot | None) -> bool:
    if snapshot is not None:
        seen[snapshot.sequence] = snapshot
    return False
