"""The control API over a real Unix socket."""

import asyncio
import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.control.client import ControlClient, EngineUnresponsive, NoEngine
from core.control.commands import (
    AcknowledgeAlarms,
    AmendOrder,
    AnyCommand,
    Arm,
    CancelOrder,
    CancelOrders,
    CommandResult,
    Disarm,
    Kill,
    Outcome,
    Pause,
    PlaceOrder,
    Resume,
    SetRiskMode,
    ShelveAlarm,
    StartStrategy,
    StopStrategy,
    UnshelveAlarm,
)
from core.control.routes import STATUS_OF_OUTCOME, request_for
from core.io.control_server import MAX_BODY_BYTES, ControlServer
from core.io.unix_socket import ControlSocketError
from tests.control.fake_engine import FakeEngine
from tests.control.serving import serving

ORDER: dict[str, Any] = {"venue": "sim-a", "symbol": "BTC/USDT", "side": "buy", "quantity": 0.1}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "control.sock"


def ask(path: Path, engine: FakeEngine, method: str, url: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    """Ask with the standard-library client, in a thread beside the server's loop."""

    async def run() -> tuple[int, dict[str, Any]]:
        async with serving(engine, path):
            client = ControlClient(path, timeout_s=10)
            calls = {
                "GET": client.get,
                "DELETE": client.delete,
                "POST": lambda url: client.post(url, body),
                "PATCH": lambda url: client.patch(url, body or {}),
            }
            return await asyncio.to_thread(calls[method], url)

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("url", "keys"),
    [
        ("/api/capital/snapshot", {"venues", "last_update"}),
        ("/api/jobs/running", {"jobs", "counts", "limit", "left_out"}),
        ("/api/jobs/pending", {"jobs", "counts", "limit", "left_out"}),
        ("/api/positions", {"positions", "net_positions"}),
        ("/api/orders", {"orders"}),
        ("/api/fills", {"fills"}),
        ("/api/strategies", {"strategies"}),
        ("/api/logs", {"log", "last_sequence"}),
    ],
)
def test_every_view_is_an_object(path: Path, url: str, keys: set[str]) -> None:
    status, answer = ask(path, FakeEngine(), "GET", url)
    assert (status, set(answer)) == (200, keys)


def test_the_monitoring_state_has_exact_numbers(path: Path) -> None:
    engine = FakeEngine()

    async def run() -> bytes:
        async with serving(engine, path) as session, session.get("/api/monitoring/state") as reply:
            assert reply.status == 200
            assert reply.content_type == "application/json"
            return await reply.read()

    body = asyncio.run(run())
    assert b'"today_pnl_usd":-12.345678901234567890' in body
    assert msgspec.json.decode(body, type=type(engine.state.monitoring)) == engine.state.monitoring
    assert {"schema", "global", "capital", "venues", "jobs", "risk", "market", "strategies", "alerts"} <= set(
        json.loads(body)
    )


def test_logs_after_a_sequence(path: Path) -> None:
    _, answer = ask(path, FakeEngine(), "GET", "/api/logs?after=2")
    assert [line["sequence"] for line in answer["log"]] == [3]
    assert answer["last_sequence"] == 3


def test_the_desk_takes_its_request_from_the_query(path: Path) -> None:
    engine = FakeEngine()
    query = "books=BTC/USDT@sim-a&books=NVDA@sim-x&depth=5&timeframe=5m&tapes=NVDA@sim-x&prints=7"
    query += "&studies=ema+20&studies=vwap"
    status, answer = ask(path, engine, "GET", f"/api/desk?{query}")
    assert status == 200
    assert answer["engine_id"] == "engine-1"
    [request] = engine.requests
    assert (request.books, request.depth, request.timeframe) == (("BTC/USDT@sim-a", "NVDA@sim-x"), 5, "5m")
    assert (request.tapes, request.prints) == (("NVDA@sim-x",), 7)
    assert request.studies == ("ema 20", "vwap")


@pytest.mark.parametrize(
    ("query", "allowed"),
    [
        ("studies=hull+9", "ema, sma, vwap"), ("studies=ema", "1 to 400 bars"),
        ("&".join(["studies=vwap"] * 9), "at most 8 are allowed"),
    ],
)  # fmt: skip
def test_a_study_that_cannot_be_drawn_is_refused_with_what_can(path: Path, query: str, allowed: str) -> None:
    status, answer = ask(path, FakeEngine(), "GET", f"/api/desk?{query}")
    assert status == 400
    assert allowed in answer["error"]["message"]


@pytest.mark.parametrize(
    "query", ["depth=0", "depth=x", "depth=-1", "bars=999999", "color=red", "prints=501", "depth=" + "9" * 5000]
)
def test_a_query_that_makes_no_sense_says_what_is_allowed(path: Path, query: str) -> None:
    status, answer = ask(path, FakeEngine(), "GET", f"/api/desk?{query}")
    assert status == 400
    assert "allowed are" in answer["error"]["message"]


def test_a_filter_that_is_not_there_is_refused_instead_of_ignored(path: Path) -> None:
    status, answer = ask(path, FakeEngine(), "GET", "/api/orders?venue=sim-a")
    assert (status, answer["error"]["message"]) == (
        400,
        "GET /api/orders: query field `venue` is not known; allowed are limit",
    )


@pytest.mark.parametrize("garbage", [b"\x00" * 70_000, b"GET / HTTP/9.9\r\n\r\n", b"POST /api/orders HTTP/1.1\r\n"])
def test_garbage_on_the_wire_disturbs_nobody_else(path: Path, garbage: bytes) -> None:
    async def run() -> int:
        engine = FakeEngine()
        async with serving(engine, path) as session:
            _, writer = await asyncio.open_unix_connection(path)
            writer.write(garbage)
            async with session.get("/api/orders") as reply:
                status = reply.status
            writer.close()
            assert engine.commands == []
            return status

    assert asyncio.run(run()) == 200


COMMANDS: list[AnyCommand] = [
    Pause(who="me", reason="lunch"),
    Arm(who="me", console="a11ce", seconds=60.5, take_over=True),
    Disarm(who="me"),
    Resume(who="me", reason="back", word="resume", scope="venue:sim-a"),
    SetRiskMode(who="me", mode="aggressive"),
    Kill(who="me", flatten=True, reason="now"),
    PlaceOrder(
        who="me",
        venue="sim-a",
        symbol="BTC/USDT:USDT",
        side="sell",
        quantity=Decimal("0.00000001"),
        order_type="limit",
        limit_price=Decimal("60000.10"),
        reduce_only=True,
    ),
    AmendOrder(who="me", client_order_id="web/external id?&ü", limit_price=Decimal("0.10")),
    CancelOrder(who="me", client_order_id="web/external id?&ü"),
    CancelOrders(who="me", symbol="BTC/USDT:USDT"),
    StartStrategy(who="me", name="ma_cross", parameters={"fast": "10"}),
    StopStrategy(who="me", name="my strategy"),
    AcknowledgeAlarms(who="me", console="a11ce", alarms={"feed okx": "severe", "order web/1?&ü": "critical"}),
    ShelveAlarm(who="me", name="unwatched BTC/USDT:USDT@okx", severity="severe", seconds=900.0),
    ShelveAlarm(who="me", name="kill global", severity="critical", until_day_end=True, word="shelve"),
    UnshelveAlarm(who="me", name="kill global"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_a_command_arrives_as_it_was_given(path: Path, command: AnyCommand) -> None:
    engine = FakeEngine()

    async def run() -> int:
        request = request_for(command)
        async with (
            serving(engine, path) as session,
            session.request(request.method, request.path, data=request.body) as reply,
        ):
            return reply.status

    assert asyncio.run(run()) == 200
    assert engine.commands == [command]


def test_without_a_name_a_command_says_that_it_came_over_the_api(path: Path) -> None:
    engine = FakeEngine()
    ask(path, engine, "POST", "/api/control/pause")
    assert engine.commands == [Pause(who=f"api (uid {os.getuid()})")]


def test_a_json_number_is_an_exact_quantity(path: Path) -> None:
    engine = FakeEngine()
    status, answer = ask(path, engine, "POST", "/api/orders", ORDER)
    assert (status, answer) == (200, {"outcome": "done", "message": "done", "data": {"client_order_id": "s0001-1"}})
    [order] = engine.commands
    assert isinstance(order, PlaceOrder)
    assert order.quantity == Decimal("0.1")


def test_who_was_away_is_named(path: Path) -> None:
    status, answer = ask(path, FakeEngine(), "GET", "/api/away?who=console:alice")
    assert (status, answer["who"], answer["orders_then"]) == (200, "console:alice", 2)
    status, answer = ask(path, FakeEngine(), "GET", "/api/away")
    assert (status, "`who` is missing" in answer["error"]["message"]) == (400, True)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_outcomes_are_statuses_and_carry_their_message(path: Path, outcome: Outcome) -> None:
    engine = FakeEngine()
    engine.answer = CommandResult(outcome=outcome, message="because", data={"rule": "x"})
    status, answer = ask(path, engine, "POST", "/api/control/pause")
    assert status == STATUS_OF_OUTCOME[outcome]
    assert (answer["outcome"], answer["message"], answer["data"]) == (outcome.value, "because", {"rule": "x"})
    assert ("error" in answer) == (outcome is not Outcome.DONE)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({**ORDER, "quantity": "NaN"}, "`quantity` is NaN; it must be a number above 0"),
        ({**ORDER, "quantity": "Infinity"}, "`quantity` is Infinity"),
        ({**ORDER, "quantity": 0}, "`quantity` is 0"),
        ({**ORDER, "quantity": -1}, "`quantity` is -1"),
        ({**ORDER, "limit_price": "-5"}, "`limit_price` is -5"),
        ({**ORDER, "quantity": "much"}, "$.quantity"),
        ({**ORDER, "reduce_onyl": True}, "unknown field `reduce_onyl`"),
        ({"venue": "sim-a"}, "missing required field"),
    ],
)
def test_an_order_that_makes_no_sense_never_reaches_the_engine(path: Path, body: dict[str, Any], said: str) -> None:
    engine = FakeEngine()
    status, answer = ask(path, engine, "POST", "/api/orders", body)
    assert (status, answer["outcome"], engine.commands) == (400, "invalid", [])
    assert said in answer["message"] == answer["error"]["message"]


@pytest.mark.parametrize(
    ("method", "url", "body", "status"),
    [
        ("POST", "/api/orders", b"{", 400),
        ("POST", "/api/orders", b"[]", 400),
        ("POST", "/api/orders", b"\xff", 400),
        ("POST", "/api/orders", b'{"venue": "' + b"x" * MAX_BODY_BYTES + b'"}', 413),
        ("POST", "/api/strategies/a/start", b'{"name": "b"}', 400),
        ("DELETE", "/api/orders?colour=red", b"", 400),
        ("GET", "/api/nothing", b"", 404),
        ("PUT", "/api/orders", b"", 405),
        ("GET", "/api/stream", b"", 400),
    ],
)
def test_every_refusal_is_json_with_a_message(path: Path, method: str, url: str, body: bytes, status: int) -> None:
    engine = FakeEngine()

    async def run() -> tuple[int, Any]:
        async with serving(engine, path) as session, session.request(method, url, data=body) as reply:
            return reply.status, await reply.json()

    found, answer = asyncio.run(run())
    assert found == status
    assert answer["error"]["message"]
    assert engine.commands == []


def test_an_engine_that_fails_answers_and_the_server_lives(path: Path) -> None:
    class Failing(FakeEngine):
        def monitoring(self) -> Any:
            raise ZeroDivisionError("secret detail")

    async def run() -> tuple[int, Any, int]:
        async with serving(Failing(), path) as session:
            async with session.get("/api/monitoring/state") as reply:
                status, answer = reply.status, await reply.json()
            async with session.get("/api/orders") as reply:
                return status, answer, reply.status

    status, answer, afterwards = asyncio.run(run())
    assert (status, afterwards) == (500, 200)
    assert "ZeroDivisionError" in answer["error"]["message"]
    assert "secret detail" not in answer["error"]["message"]


def test_the_socket_is_private_and_gone_after_the_stop(path: Path) -> None:
    def mode(file: Path) -> int:
        return stat.S_IMODE(file.stat().st_mode)

    async def run() -> tuple[int, int]:
        async with serving(FakeEngine(), path):
            return mode(path), mode(path.parent)

    assert asyncio.run(run()) == (0o600, 0o700)
    assert not path.exists()


def test_a_stale_socket_is_replaced_and_a_live_one_is_not(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))

    async def run() -> None:
        async with serving(FakeEngine(), path) as session:
            with pytest.raises(ControlSocketError, match="another engine answers"):
                await ControlServer(FakeEngine(), path).start()
            async with session.get("/api/orders") as reply:
                assert reply.status == 200

    asyncio.run(run())


def test_something_else_than_a_socket_is_left_alone(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    path.write_text("precious")
    with pytest.raises(ControlSocketError, match=f"{path}.*move it away"):
        asyncio.run(ControlServer(FakeEngine(), path).start())
    assert path.read_text() == "precious"


def test_a_folder_that_others_can_write_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.parent.chmod(0o777)
    with pytest.raises(ControlSocketError, match=f"chmod 700 {path.parent}"):
        asyncio.run(ControlServer(FakeEngine(), path).start())


AS_NOBODY = """
import os, socket, sys
os.setuid(65534)
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(sys.argv[1])
    connection.sendall(b"GET /api/monitoring/state HTTP/1.1\\r\\nHost: engine\\r\\n\\r\\n")
    while data := connection.recv(65536):
        sys.stdout.write(data.decode())
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_is_refused_by_the_kernels_word_even_where_the_files_let_him_in() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        path = Path(folder) / "control.sock"

        def let_everybody_in() -> None:
            path.parent.chmod(0o711)
            path.chmod(0o666)

        async def run() -> str:
            async with serving(FakeEngine(), path):
                let_everybody_in()
                process = await asyncio.to_thread(
                    subprocess.run, [sys.executable, "-c", AS_NOBODY, path], capture_output=True, text=True, timeout=30
                )
                return process.stdout + process.stderr

        said = asyncio.run(run())
    assert said.startswith("HTTP/1.1 403")
    assert "you are user id 65534" in said
    assert "equity" not in said


def test_without_an_engine_the_client_says_so(path: Path) -> None:
    with pytest.raises(NoEngine, match=str(path)):
        ControlClient(path).get("/api/monitoring/state")
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with pytest.raises(NoEngine, match="nobody listens"):
        ControlClient(path).get("/api/monitoring/state")


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", b"nonsense\r\n\r\n"])
def test_an_answer_that_makes_no_sense_is_told_from_no_engine(path: Path, answer: bytes) -> None:
    async def run() -> None:
        async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
            writer.close()
            await writer.wait_closed()

        path.parent.mkdir()
        async with await asyncio.start_unix_server(reply, path):
            with pytest.raises(EngineUnresponsive, match=str(path)):
                await asyncio.to_thread(ControlClient(path, 10).get, "/api/orders")

    asyncio.run(run())


def test_a_silent_engine_is_unresponsive_and_a_command_in_doubt(path: Path) -> None:
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(path))
        silent.listen()
        with pytest.raises(EngineUnresponsive, match="may or may not have been carried out"):
            ControlClient(path, timeout_s=0.01).post("/api/control/kill", {})


def test_the_front_process_loads_the_standard_library_only() -> None:
    program = (
        "import sys; before = set(sys.modules); import core.control.client;"
        "print(sorted({name.partition('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "['core']"
