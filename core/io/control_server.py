"""The control API: HTTP over a Unix socket, for the owner of the process and nobody else.

Root is refused like everybody else who is not the owner: commands are journaled with who gave them, and an order
given by accident under sudo is an order.
"""

import logging
import os
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web

from core.control.commands import AmendOrder, AnyCommand, Command, CommandResult, OrderTerms, Outcome
from core.control.routes import COMMAND_ROUTES, STATUS_OF_OUTCOME, STREAM, Route
from core.io.control_stream import STALLED_AFTER_S, DeskStreams
from core.io.control_views import VIEWS, View, ViewError, show
from core.io.unix_socket import listen, peer_uid, unlink_unanswered
from core.ports.control import EngineAccess

MAX_BODY_BYTES: Final = 64 << 10
_SHUTDOWN_TIMEOUT_S: Final = 1.0
_log = logging.getLogger(__name__)
_encoder = msgspec.json.Encoder(decimal_format="number")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ControlServer:
    """Serve one engine on one socket.

    Parameters
    ----------
    engine
        What is shown and commanded.
    socket_path
        The Unix socket, mode 0600; its folder is made with mode 0700 where it is missing.
    stalled_after_s
        How long an attached console may read nothing before it is sent a whole snapshot instead of what it missed.
    """

    def __init__(self, engine: EngineAccess, socket_path: Path, *, stalled_after_s: float = STALLED_AFTER_S) -> None:
        self._engine = engine
        self._socket_path = socket_path
        self._streams = DeskStreams(engine, stalled_after_s)
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen; raise ControlSocketError where the socket cannot be had."""
        listening = listen(self._socket_path)
        self._runner = web.AppRunner(
            self._application(), handle_signals=False, access_log=None, shutdown_timeout=_SHUTDOWN_TIMEOUT_S
        )
        await self._runner.setup()
        await web.SockSite(self._runner, listening).start()

    async def stop(self) -> None:
        """Say goodbye to attached consoles, stop listening and remove the socket."""
        if self._runner is None:
            return
        await self._streams.close()
        runner, self._runner = self._runner, None
        await runner.cleanup()
        unlink_unanswered(self._socket_path)

    def _application(self) -> web.Application:
        application = web.Application(middlewares=[_errors_as_json, _owner_only], client_max_size=MAX_BODY_BYTES)
        for path, view in VIEWS.items():
            application.router.add_get(path, self._viewing(view), allow_head=False)
        for command_type, route in COMMAND_ROUTES.items():
            # An id found at a venue may hold a slash.
            path = route.path.replace("{client_order_id}", "{client_order_id:.+}")
            application.router.add_route(route.method, path, self._commanding(command_type, route))
        application.router.add_get(STREAM, self._streams.serve, allow_head=False)
        return application

    def _viewing(self, view: View) -> Handler:
        async def handle(request: web.Request) -> web.Response:
            try:
                return _reply(200, show(view, self._engine, request.query))
            except ViewError as error:
                return _error(400, f"{request.method} {request.path}: {error}")

        return handle

    def _commanding(self, command_type: type[Command], route: Route) -> Handler:
        async def handle(request: web.Request) -> web.Response:
            try:
                command = await _read_command(request, command_type, route)
            except ValueError as error:
                result = CommandResult(outcome=Outcome.INVALID, message=f"{request.method} {request.path}: {error}")
            else:
                result = await self._engine.execute(command)
            return _reply_result(result)

        return handle


async def _read_command(request: web.Request, command_type: type[Command], route: Route) -> AnyCommand:
    """Make the command from body, query and path; raise ValueError saying what is allowed."""
    body = await request.read()
    fields = _decode_object(body) if body.strip() else {}
    taken = dict(request.query)
    if route.path_field is not None:
        taken[route.path_field] = request.match_info[route.path_field]
    for name, value in taken.items():
        if name in fields:
            raise ValueError(f"`{name}` is given twice")
        fields[name] = msgspec.Raw(msgspec.json.encode(value))
    fields.setdefault("who", msgspec.Raw(b'"api (uid %d)"' % os.getuid()))
    try:
        command = msgspec.json.decode(msgspec.json.encode(fields), type=command_type)
    except msgspec.DecodeError as error:
        allowed = ", ".join(command_type.__struct_fields__)
        raise ValueError(f"{error}; the fields are {allowed}") from error
    if isinstance(command, OrderTerms | AmendOrder):
        _require_positive(command)
    return command  # pyright: ignore[reportReturnType] - every key of COMMAND_ROUTES is a member of AnyCommand


def _decode_object(body: bytes) -> dict[str, msgspec.Raw]:
    try:
        return msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError as error:
        raise ValueError(f"the body must be a JSON object: {error}") from error


def _require_positive(order: OrderTerms | AmendOrder) -> None:
    """Refuse what JSON lets through as a Decimal and no market knows: "NaN", "Infinity", zero, minus one."""
    for name in ("quantity", "limit_price", "stop_price", "take_profit", "stop_loss"):
        value: Decimal | None = getattr(order, name, None)
        if value is not None and not (value.is_finite() and value > 0):
            raise ValueError(f"`{name}` is {value}; it must be a number above 0")


@web.middleware
async def _owner_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    connection = None if request.transport is None else request.transport.get_extra_info("socket")
    uid = None if connection is None else peer_uid(connection)
    if uid == os.getuid():
        return await handler(request)
    _log.warning("control request %s %s by user id %s refused", request.method, request.path, uid)
    who = "its user id is not known" if uid is None else f"you are user id {uid}"
    refusal = _error(403, f"this engine belongs to user id {os.getuid()} and {who}; run the command as its owner")
    refusal.force_close()
    return refusal


@web.middleware
async def _errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        return _error(error.status, f"{request.method} {request.path}: {error.reason}")
    except Exception as error:
        _log.exception("control request %s %s failed", request.method, request.path)
        return _error(
            500, f"{request.method} {request.path} failed inside the engine ({type(error).__name__}); see its log"
        )


def _reply_result(result: CommandResult) -> web.Response:
    reply: dict[str, object] = {"outcome": result.outcome, "message": result.message, "data": result.data}
    if result.outcome is not Outcome.DONE:
        reply["error"] = {"message": result.message}
    return _reply(STATUS_OF_OUTCOME[result.outcome], reply)


def _error(status: int, message: str) -> web.Response:
    return _reply(status, {"error": {"message": message}})


def _reply(status: int, value: object) -> web.Response:
    return web.Response(status=status, body=_encoder.encode(value), content_type="application/json")
