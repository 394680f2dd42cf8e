"""apprise against servers on this machine: one that takes messages, one that refuses, one that hangs, and none."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest

from adapters.alerts.apprise_sink import AppriseSink, url_problem
from core.ports.alert_sink import AlertEvent, AlertMessage, AlertSinkError, Severity

SECRET = "geheim-7f3a"
MESSAGE = AlertMessage(
    event=AlertEvent.STANDING, severity=Severity.CRITICAL, name="kill global", text="HALTED by person: wrong prices",
    since_ns=0, at_ns=0,
)  # fmt: skip


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, status: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = status
        self.bodies: list[dict[str, object]] = []
        self.may_answer = threading.Event()
        self.may_answer.set()

    @property
    def url(self) -> str:
        return f"json://user:{SECRET}@127.0.0.1:{self.server_port}/{SECRET}"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Server)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(msgspec.json.decode(body))
        self.server.may_answer.wait(30)
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by http.server
        return


@contextmanager
def serving(status: int = 200) -> Iterator[Server]:
    with Server(status) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.may_answer.set()
            server.shutdown()
            thread.join()


def test_a_message_arrives_with_its_title_and_text():
    with serving() as server:
        asyncio.run(AppriseSink(server.url).deliver(MESSAGE))
    (body,) = server.bodies
    assert body["title"] == "seraphim CRITICAL: kill global"
    assert body["message"] == "HALTED by person: wrong prices"
    assert body["type"] == "failure"


def test_a_service_that_refuses_is_an_error_without_its_address(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    with serving(status=500) as server, pytest.raises(AlertSinkError) as caught:
        asyncio.run(AppriseSink(server.url).deliver(MESSAGE))
    assert len(server.bodies) == 1
    assert SECRET not in str(caught.value) + repr(caught.value) + repr(AppriseSink(server.url)) + caplog.text


def test_nobody_there_is_an_error_without_the_address(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    with serving() as server:
        url = server.url
    with pytest.raises(AlertSinkError) as caught:
        asyncio.run(AppriseSink(url).deliver(MESSAGE))
    assert SECRET not in str(caught.value) + caplog.text


def test_a_service_that_hangs_holds_neither_the_loop_nor_a_second_thread():
    async def work(server: Server) -> None:
        sink = AppriseSink(server.url)
        first = asyncio.ensure_future(sink.deliver(MESSAGE))
        while not server.bodies:  # noqa: ASYNC110 - a thread of the server tells nobody
            await asyncio.sleep(0.01)
        first.cancel()
        await asyncio.wait((first,))
        assert first.cancelled()
        with pytest.raises(AlertSinkError, match="has not ended yet"):
            await sink.deliver(MESSAGE)
        server.may_answer.set()
        while True:
            try:
                await sink.deliver(MESSAGE)
                return
            except AlertSinkError:
                await asyncio.sleep(0.01)

    with serving() as server:
        server.may_answer.clear()
        asyncio.run(work(server))
        assert len(server.bodies) == 2


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        (f"jsn://{SECRET}", "such as json"),
        (SECRET, "must be an apprise URL"),
        (f"tgram://{SECRET}", "is not complete: see what apprise asks for after tgram://"),
        ("", "must be an apprise URL"),
    ],
)
def test_a_url_that_cannot_work_is_named_without_what_it_holds(url: str, wanted: str):
    problem = url_problem(url)
    assert problem is not None
    assert wanted in problem
    assert SECRET not in problem


def test_a_good_url_has_no_problem():
    assert url_problem(f"json://127.0.0.1:1/{SECRET}") is None
