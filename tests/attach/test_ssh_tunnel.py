"""An engine's socket brought over by ssh: the stand-in forwards as ssh does; the real one only where sshd is here."""

import asyncio
import os
import signal
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from core.control.commands import Outcome, Pause
from core.io.control_server import ControlServer
from core.io.system_clock import SystemClock
from tests.attach.ssh_folder import SshFolder
from tests.control.fake_engine import FakeEngine
from tests.control.test_attach import WAIT_S, until
from tui.attach import AttachedLink
from tui.attach_target import SshAddress, attach_target
from tui.ssh_tunnel import SshTunnel, SshTunnelError


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SshFolder:
    folder = SshFolder(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{folder.path}:{os.environ['PATH']}")
    return folder


@pytest.fixture
def there(tmp_path: Path) -> Path:
    return tmp_path / "there" / "control.sock"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", None),
        ("/run/x.sock", Path("/run/x.sock")),
        ("ssh://desk", SshAddress(host="desk")),
        ("ssh://al@desk.example:2222", SshAddress(host="desk.example", user="al", port=2222)),
        ("ssh://desk?socket=/run/s/control.sock", SshAddress(host="desk", socket="/run/s/control.sock")),
        ("ssh://[::1]:22", SshAddress(host="::1", port=22)),
    ],
)
def test_what_attach_takes(text: str, wanted: object) -> None:
    assert attach_target(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "desk",
        "http://desk",
        "ssh://",
        "ssh://-oProxyCommand=x",
        "ssh://-l@desk",
        "ssh://desk/x",
        "ssh://desk:99999",
        "ssh://al:secret@desk",
        "ssh://desk?socket=relative",
        "ssh://desk?socket=/a:b",
        "ssh://desk?socket=/a%20b",
        "ssh://desk?socket=/%24HOME",
        "ssh://desk?other=1",
    ],
)
def test_what_ssh_would_read_as_something_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"attach|socket") as refusal:
        attach_target(text)
    assert "secret" not in str(refusal.value)


def test_a_console_follows_an_engine_over_ssh_and_commands_go_back(ssh: SshFolder, there: Path) -> None:
    async def run() -> None:
        engine, server = FakeEngine(), None
        server = ControlServer(engine, there)
        await server.start()
        ssh.answer({"paths": {"socket": str(there)}})
        tunnel = SshTunnel(SshAddress(host="desk", user="al", port=2222))
        await tunnel.start()
        folder = tunnel.socket.parent
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        link = AttachedLink(tunnel.socket, SystemClock(), interval_ms=50, way_lost=lambda: tunnel.lost_reason)
        await link.start()
        await until(lambda: link.latest() == engine.state)
        assert (await link.execute(Pause(who="x"))).outcome is Outcome.DONE
        assert engine.commands == [Pause(who="x")]
        asked, forwarded = ssh.calls()
        assert asked["arguments"][-3:] == ["--", "desk", "seraphim version --json"]
        assert forwarded["arguments"][-2:] == ["--", "desk"]
        for arguments in (asked["arguments"], forwarded["arguments"]):
            assert arguments[arguments.index("-p") + 1] == "2222"
            assert arguments[arguments.index("-l") + 1] == "al"
            assert "ControlMaster=no" in arguments
            assert "BatchMode=no" in arguments
        assert {"ExitOnForwardFailure=yes", "StreamLocalBindUnlink=yes"} <= set(forwarded["arguments"])
        await link.stop()
        await tunnel.stop()
        assert not folder.exists()
        with pytest.raises(ProcessLookupError):
            os.kill(forwarded["pid"], 0)
        await server.stop()

    asyncio.run(run())


def test_an_ssh_that_ends_is_a_lost_link_and_comes_back_without_asking(ssh: SshFolder, there: Path) -> None:
    async def run() -> None:
        engine = FakeEngine()
        server = ControlServer(engine, there)
        await server.start()
        tunnel = SshTunnel(SshAddress(host="desk", socket=str(there)), first_backoff_s=0.05)
        await tunnel.start()
        link = AttachedLink(tunnel.socket, SystemClock(), interval_ms=50, way_lost=lambda: tunnel.lost_reason)
        await link.start()
        await until(lambda: link.lost_reason is None)
        ssh.take_down()
        os.kill(ssh.calls()[0]["pid"], signal.SIGKILL)
        await until(lambda: "Connection refused" in (link.lost_reason or ""))
        assert "ssh://desk: ssh: connect to host desk" in (link.lost_reason or "")
        await until(lambda: engine.present == [])  # an armed console would be disarmed by that
        ssh.bring_up()
        await until(lambda: link.lost_reason is None)
        assert "BatchMode=yes" in ssh.calls()[-1]["arguments"]
        await link.stop()
        await tunnel.stop()
        await server.stop()

    asyncio.run(run())


def test_an_ssh_that_cannot_be_started_again_is_said_and_tried_again(
    ssh: SshFolder, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        tunnel = SshTunnel(SshAddress(host="desk", socket=str(there)), first_backoff_s=0.05)
        await tunnel.start()
        start, said = asyncio.create_subprocess_exec, list[str | None]()

        async def fail_once(*command: Any, **options: Any) -> Any:
            if not said:
                said.append(tunnel.lost_reason)
                raise BlockingIOError(11, "Resource temporarily unavailable")
            said.append(tunnel.lost_reason)
            return await start(*command, **options)

        monkeypatch.setattr(asyncio, "create_subprocess_exec", fail_once)
        os.kill(ssh.calls()[0]["pid"], signal.SIGKILL)
        await until(lambda: len(said) == 2)
        assert "ssh ended with code -9" in (said[0] or "")
        assert "cannot be started ([Errno 11] Resource temporarily unavailable); connecting again" in (said[1] or "")
        await until(lambda: tunnel.lost_reason is None)
        await tunnel.stop()

    asyncio.run(run())


def test_a_tunnel_whose_keeper_failed_still_takes_ssh_and_its_folder_along(
    ssh: SshFolder, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        tunnel = SshTunnel(SshAddress(host="desk", socket=str(there)), first_backoff_s=0.01)
        await tunnel.start()
        asked = asyncio.Event()

        async def fail(**_: Any) -> Any:
            asked.set()
            raise ZeroDivisionError

        monkeypatch.setattr(tunnel, "_connect", lambda *_, **__: fail())
        os.kill(ssh.calls()[0]["pid"], signal.SIGKILL)
        await asyncio.wait_for(asked.wait(), WAIT_S)
        await until(lambda: "ZeroDivisionError" in (tunnel.lost_reason or ""))
        await tunnel.stop()
        assert not tunnel.socket.parent.exists()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("answer", "said"),
    [("not json", "names no socket"), ({"paths": {}}, "names no socket"), ({"paths": {"socket": "/a b"}}, "socket")],
)
def test_a_machine_that_does_not_say_where_its_socket_is_is_told_how_to_be_given_it(
    ssh: SshFolder, answer: Any, said: str
) -> None:
    async def run() -> None:
        ssh.answer(answer)
        tunnel = SshTunnel(SshAddress(host="desk"))
        with pytest.raises(SshTunnelError, match=said) as refusal:
            await tunnel.start()
        assert "?socket=" in str(refusal.value)
        await tunnel.stop()

    asyncio.run(run())


def test_a_machine_that_is_not_reached_is_said_in_sshs_own_words(ssh: SshFolder) -> None:
    async def run(address: SshAddress) -> None:
        tunnel = SshTunnel(address)
        with pytest.raises(SshTunnelError, match="Connection refused"):
            await tunnel.start()
        await tunnel.stop()

    ssh.take_down()
    asyncio.run(run(SshAddress(host="desk")))
    asyncio.run(run(SshAddress(host="desk", socket="/run/x.sock")))


def test_without_ssh_it_is_said_that_it_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    async def run() -> None:
        tunnel = SshTunnel(SshAddress(host="desk"))
        with pytest.raises(SshTunnelError, match="install OpenSSH"):
            await tunnel.start()
        await tunnel.stop()

    asyncio.run(run())


@pytest.mark.parametrize("more", ["--daemon", "--live", "--leave-orders"])
def test_attach_goes_with_nothing_that_starts_an_engine(
    more: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tui.launch import main

    monkeypatch.setattr(sys, "argv", ["seraphim-tui", "--attach", "ssh://desk", more])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "--attach" in capsys.readouterr().err
