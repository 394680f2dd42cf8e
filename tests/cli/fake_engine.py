"""An HTTP server on a Unix socket that answers like an engine and remembers what it was asked."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit


class Request(NamedTuple):
    method: str
    path: str
    query: dict[str, str]
    body: dict[str, Any] | None


@dataclass
class FakeEngine:
    """`answers` maps (method, path) to (status, body); everything else is a 404."""

    answers: dict[tuple[str, str], tuple[int, dict[str, Any]]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    def answer(self, method: str, path: str, body: dict[str, Any], status: int = 200) -> None:
        self.answers[method, path] = (status, body)

    @property
    def last(self) -> Request:
        return self.requests[-1]


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def _handler_of(engine: FakeEngine) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            address = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            request = Request(self.command, address.path, dict(parse_qsl(address.query)), body)
            engine.requests.append(request)
            missing = (404, {"error": {"message": f"{self.command} {address.path}: not found"}})
            status, answer = engine.answers.get((request.method, request.path), missing)
            payload = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815 - names that http.server looks for

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 - named by http.server

        def address_string(self) -> str:
            return "unix"

    return Handler


@contextmanager
def fake_engine(socket: Path) -> Iterator[FakeEngine]:
    socket.parent.mkdir(parents=True, exist_ok=True)
    engine = FakeEngine()
    server = _Server(str(socket), _handler_of(engine))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield engine
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def done(message: str = "done", **data: object) -> dict[str, Any]:
    return {"outcome": "done", "message": message, "data": data}


def not_done(outcome: str, message: str, **data: object) -> dict[str, Any]:
    return {"outcome": outcome, "message": message, "data": data, "error": {"message": message}}
