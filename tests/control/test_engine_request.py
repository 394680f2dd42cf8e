"""A command's own connection: what was not sent is told apart from what may have been carried out."""

import asyncio
from pathlib import Path

import pytest

from core.control.commands import Pause
from core.control.routes import request_for
from tui.engine_request import InDoubtError, NotSentError, Reply, ask_engine


def asked(path: Path, answer: bytes | None, timeout_s: float = 20.0) -> Reply:
    """Ask somebody who gives this answer, or none at all."""
    heard: list[bytes] = []
    gone = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        await reader.readexactly(2)
        if answer is None:
            await reader.read()
        else:
            writer.write(answer)
        writer.close()
        gone.set()

    async def run() -> Reply:
        async with await asyncio.start_unix_server(talk, path):
            try:
                return await ask_engine(path, request_for(Pause()), timeout_s)
            finally:
                await gone.wait()

    try:
        return asyncio.run(run())
    finally:
        assert heard[0].startswith(b"POST /api/control/pause HTTP/1.1\r\n")


def test_an_answer_is_read_with_its_status(tmp_path: Path) -> None:
    answer = b"HTTP/1.1 409 Conflict\r\nContent-Type: application/json\r\ncontent-length: 2\r\n\r\n{}"
    assert asked(tmp_path / "s", answer) == Reply(409, b"{}")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n{}",
        b"hello\r\n\r\n",
    ],
)
def test_an_answer_that_is_not_whole_leaves_the_command_in_doubt(tmp_path: Path, answer: bytes) -> None:
    with pytest.raises(InDoubtError, match="broke off"):
        asked(tmp_path / "s", answer)


def test_no_answer_in_time_leaves_the_command_in_doubt(tmp_path: Path) -> None:
    with pytest.raises(InDoubtError, match=r"no answer within 0\.05 s"):
        asked(tmp_path / "s", None, timeout_s=0.05)


def test_where_nobody_listens_nothing_was_sent(tmp_path: Path) -> None:
    with pytest.raises(NotSentError, match="No such file"):
        asyncio.run(ask_engine(tmp_path / "s", request_for(Pause()), 1.0))
