"""The same over a real sshd on this machine, where one can be run: an unprivileged port, keys and rules of its own."""

import asyncio
import getpass
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.control.commands import Outcome, Pause
from core.io.control_server import ControlServer
from core.io.system_clock import SystemClock
from tests.control.fake_engine import FakeEngine
from tests.control.test_attach import until
from tui.attach import AttachedLink
from tui.attach_target import SshAddress
from tui.ssh_tunnel import SshTunnel

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin") or shutil.which("sshd")


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SshAddress]:
    """Run an sshd that lets this user in by a key of this test, and make `ssh` use that key."""
    if SSHD is None:
        pytest.skip("there is no sshd on this machine")
    for name in ("host", "user"):
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)]
        subprocess.run(make, check=True, capture_output=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "sshd_config").write_text(
        f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {tmp_path}/host\nPidFile none\nUsePAM no\nStrictModes no\n"
        f"AuthorizedKeysFile {tmp_path}/user.pub\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n"
    )
    options = (
        f"IdentityFile={tmp_path}/user",
        f"UserKnownHostsFile={tmp_path}/known",
        "StrictHostKeyChecking=accept-new",
    )
    flags = " ".join(f"-o '{option}'" for option in options)
    wrapper = tmp_path / "bin" / "ssh"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F none -o IdentitiesOnly=yes {flags} "$@"\n')
    wrapper.chmod(0o700)
    check = subprocess.run(
        [SSHD, "-t", "-f", str(tmp_path / "sshd_config")], check=False, capture_output=True, text=True
    )
    if check.returncode:
        pytest.skip(f"sshd cannot be run here: {check.stderr.strip()}")
    daemon = subprocess.Popen(
        [SSHD, "-D", "-e", "-f", str(tmp_path / "sshd_config")], stderr=subprocess.PIPE, text=True
    )
    assert daemon.stderr is not None
    assert "listening on" in daemon.stderr.readline()
    monkeypatch.setenv("PATH", f"{wrapper.parent}:/usr/bin:/bin")
    yield SshAddress(host="127.0.0.1", user=getpass.getuser(), port=port, socket=str(tmp_path / "there" / "c.sock"))
    daemon.terminate()
    daemon.wait()
    daemon.stderr.close()


def test_an_engine_is_attached_over_a_real_sshd(address: SshAddress) -> None:
    async def run() -> None:
        engine = FakeEngine()
        server = ControlServer(engine, Path(address.socket or ""))
        await server.start()
        tunnel = SshTunnel(address, first_backoff_s=0.05)
        await tunnel.start()
        link = AttachedLink(tunnel.socket, SystemClock(), interval_ms=50, way_lost=lambda: tunnel.lost_reason)
        await link.start()
        await until(lambda: link.latest() == engine.state)
        assert (await link.execute(Pause(who="x"))).outcome is Outcome.DONE
        process = tunnel._process
        assert process is not None
        process.kill()
        await until(lambda: link.lost_reason is not None)
        await until(lambda: link.lost_reason is None)
        await link.stop()
        await tunnel.stop()
        assert tunnel._process is not None
        assert tunnel._process.returncode is not None
        await server.stop()

    asyncio.run(run())
