"""A console that still speaks while its frames are on their way has a slow line; one that says nothing has stalled."""

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest

from core.control.consoles import ConsoleHello, Presence
from core.io.control_stream import CUT_OFF_AFTER_S, DeskStreams, _Client
from tests.control.fake_engine import FakeEngine, desk
from tests.control.test_attach import until
from tests.control.test_engine_stream import Peer, listening
from tui import engine_stream
from tui.engine_stream import follow

STALLED_AFTER_S = 2.0
LONG_S = 5.0


def found_behind(silent_s: float, behind_s: float = LONG_S) -> tuple[float, bool]:
    """Return how far an engine finds a console behind, and whether it still knows what that has been sent."""

    async def run() -> tuple[float, bool]:
        client = _Client(cast("Any", None), cast("Any", None), knows_rows=True)
        client.presence = Presence(ConsoleHello(console="far", who="a", interval_ms=50), 0, lambda _: None)
        client.framer.frame(desk())
        client.heard_at = asyncio.get_running_loop().time() - silent_s
        DeskStreams(FakeEngine(), STALLED_AFTER_S)._fell_behind(client, behind_s)
        return client.presence.behind_s, client.framer._sent is not None

    return asyncio.run(run())


def test_one_that_speaks_is_told_what_changed_next_and_still_counts_as_behind() -> None:
    """A lease must not outlast its console's picture, whyever that is late."""
    assert found_behind(silent_s=0.0) == (LONG_S, True)


def test_one_that_has_said_nothing_either_is_told_the_whole_state_next() -> None:
    assert found_behind(silent_s=1_000.0) == (LONG_S, False)


def test_one_that_was_only_just_sent_its_frame_is_not_behind() -> None:
    assert found_behind(silent_s=1_000.0, behind_s=1.0) == (0.0, True)


def test_one_that_reads_nothing_for_ever_is_cut_off_though_it_speaks() -> None:
    with pytest.raises(TimeoutError):
        found_behind(silent_s=0.0, behind_s=CUT_OFF_AFTER_S + 1)


def test_a_console_speaks_while_it_is_sent_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_stream, "BEAT_EVERY_S", 0.01)
    path, peer = tmp_path / "c.sock", Peer(b"")
    beat = b"\x8a\x80"  # an answer that nobody asked for, without a word

    async def run() -> None:
        async with listening(peer, path):
            following = asyncio.create_task(follow(path, lambda _send: None, lambda _text: None))
            await until(lambda: peer.heard.startswith(beat) and len(peer.heard) >= 12)
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    asyncio.run(run())
    assert peer.heard[6:8] in (beat, b"\x88\x82")
