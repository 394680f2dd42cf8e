"""The control socket of an engine on another machine, brought here by OpenSSH's own client.

The first connection may ask for a password or a host key on the terminal, before there is a console; later ones ask
nothing. At the other end sshd opens the socket as the user who logged in, so an engine still refuses everybody else.
"""

import asyncio
import contextlib
import json
import shutil
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from typing import IO, Final

from core.paths import SOCKET_PATH_MAX_BYTES
from tui.attach_target import SshAddress, remote_socket

ASKED_THERE: Final = "seraphim version --json"
FIRST_BACKOFF_S: Final = 1.0
MAX_BACKOFF_S: Final = 30.0
_LOOK_EVERY_S: Final = 0.05
_END_PATIENCE_S: Final = 2.0
_REASON_BYTES: Final = 400
_COMMON: Final = (
    "-T",
    *("-o", "ControlMaster=no"),  # an end of this console must not be the end of somebody's session, nor the reverse
    *("-o", "ControlPath=none"),
    *("-o", "ForwardAgent=no"),
    *("-o", "ForwardX11=no"),
    *("-o", "PermitLocalCommand=no"),
    *("-o", "ConnectTimeout=15"),
    *("-o", "ServerAliveInterval=5"),
    *("-o", "ServerAliveCountMax=3"),
)
_FORWARDING: Final = (
    "-N",
    *("-o", "ExitOnForwardFailure=yes"),
    *("-o", "StreamLocalBindUnlink=yes"),
    *("-o", "StreamLocalBindMask=0177"),
)


class SshTunnelError(Exception):
    """The engine's socket cannot be brought here; the text says why, in ssh's own words where it has any."""


class SshTunnel:
    """Hold one `ssh -L` from `start` to `stop`; one that ends is started again, later each time.

    Parameters
    ----------
    address
        The machine, and where the socket is there unless it has to be asked.
    first_backoff_s
        How long to wait before the first new start.
    """

    def __init__(self, address: SshAddress, first_backoff_s: float = FIRST_BACKOFF_S) -> None:
        self._address = address
        self._first_backoff_s = first_backoff_s
        self._folder = Path(tempfile.mkdtemp(prefix="seraphim-", dir=_short_folder()))  # mode 0700
        self.socket: Final = self._folder / "engine.sock"
        self._words = self._folder / "ssh.log"
        self._process: Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._lost_reason: str | None = None

    @property
    def lost_reason(self) -> str | None:
        """Return why there is no way to the other machine, None while ssh runs."""
        keeper = self._keeper
        fault = keeper.exception() if keeper is not None and keeper.done() and not keeper.cancelled() else None
        if fault is not None:
            return f"{self._address.shown}: nobody starts ssh again ({type(fault).__name__}: {fault}); attach anew"
        return self._lost_reason

    async def start(self) -> None:
        """Connect, asking on the terminal where ssh has to; raise SshTunnelError where it cannot."""
        if shutil.which("ssh") is None:
            raise SshTunnelError("there is no `ssh` here; install OpenSSH's client")
        there = self._address.socket or await self._ask_for_socket()
        self._process = await self._connect(there, may_ask=True)
        if not await self._is_through(self._process):
            raise SshTunnelError(f"{self._address.shown}: {self._why_ended(self._process)}")
        self._keeper = asyncio.create_task(self._keep(self._process, there), name="ssh-tunnel")

    async def stop(self) -> None:
        """End ssh and remove what was made for it."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        if self._process is not None:
            await _end(self._process)
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _ask_for_socket(self) -> str:
        process = await asyncio.create_subprocess_exec(
            *self._command(may_ask=True), *self._destination(), ASKED_THERE, stdin=DEVNULL, stdout=PIPE, stderr=PIPE
        )
        try:
            answer, words = await process.communicate()
        finally:
            await _end(process)
        hint = "give the socket's path there with ?socket=/path/there.sock"
        if process.returncode != 0:
            told = " ".join(words.decode(errors="replace").split())[-_REASON_BYTES:]
            raise SshTunnelError(f"{self._address.shown} does not say where its socket is ({told}); {hint}")
        try:
            return remote_socket(str(json.loads(answer)["paths"]["socket"]))
        except (ValueError, KeyError, TypeError) as error:
            raise SshTunnelError(f"{self._address.shown}: `{ASKED_THERE}` names no socket ({error}); {hint}") from None

    async def _connect(self, there: str, *, may_ask: bool) -> Process:
        self.socket.unlink(missing_ok=True)
        forwarding = ("-L", f"{self.socket}:{there}")
        with self._open_words() as words:
            return await asyncio.create_subprocess_exec(
                *self._command(may_ask=may_ask), *_FORWARDING, *forwarding, *self._destination(),
                stdin=DEVNULL, stdout=DEVNULL, stderr=words,
                start_new_session=not may_ask,  # without a terminal nothing can be painted over the console
            )  # fmt: skip

    def _open_words(self) -> IO[bytes]:
        return self._words.open("wb")

    def _command(self, *, may_ask: bool) -> list[str]:
        port = [] if self._address.port is None else ["-p", str(self._address.port)]
        user = [] if self._address.user is None else ["-l", self._address.user]
        return ["ssh", *_COMMON, "-o", f"BatchMode={'no' if may_ask else 'yes'}", *port, *user]

    def _destination(self) -> list[str]:
        return ["--", self._address.host]

    async def _is_through(self, process: Process) -> bool:
        """Wait until ssh has logged in and listens, however long a person types a password; False where it ends."""
        while process.returncode is None:
            if self.socket.exists():
                return True
            await asyncio.sleep(_LOOK_EVERY_S)
        return False

    async def _keep(self, process: Process, there: str) -> None:
        backoff_s = self._first_backoff_s
        running: Process | None = process
        why = ""
        while True:
            if running is not None:
                await running.wait()
                why = self._why_ended(running)
            self._lost_reason = f"{self._address.shown}: {why}; connecting again"
            await asyncio.sleep(backoff_s)
            backoff_s = min(2 * backoff_s, MAX_BACKOFF_S)
            try:
                running = await self._connect(there, may_ask=False)
            except OSError as error:  # no process or no file is to be had at the moment
                running, why = None, f"ssh cannot be started ({error})"
                continue
            self._process = running
            if await self._is_through(running):
                self._lost_reason = None
                backoff_s = self._first_backoff_s

    def _why_ended(self, process: Process) -> str:
        with contextlib.suppress(OSError):
            words = " ".join(self._words.read_bytes()[-_REASON_BYTES:].decode(errors="replace").split())
            if words:
                return words
        return f"ssh ended with code {process.returncode}"


async def _end(process: Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _END_PATIENCE_S)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _short_folder() -> str | None:
    """Return where a socket's path stays short enough, None for the usual temporary folder."""
    name_bytes = len("/seraphim-12345678/engine.sock.0123456789abcdef")  # ssh binds a longer name first
    return None if len(tempfile.gettempdir().encode()) + name_bytes <= SOCKET_PATH_MAX_BYTES else "/tmp"  # noqa: S108 - a folder of its own is made there
