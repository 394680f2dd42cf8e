"""Where everything of a running engine lives on disk. Standard library only: every front end starts here."""

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

APPLICATION: Final = "seraphim"
# sockaddr_un.sun_path holds 108 bytes on Linux and 104 on macOS, the terminating NUL included.
SOCKET_PATH_MAX_BYTES: Final = 103 if os.uname().sysname == "Darwin" else 107
PRIVATE_MODE: Final = 0o700


class StateFolderError(Exception):
    """A folder the engine needs cannot be used; the text names the path and the cause."""

    def __init__(self, path: Path, cause: str) -> None:
        super().__init__(f"{path}: {cause}")
        self.path = path
        self.cause = cause


@dataclass(frozen=True, slots=True, kw_only=True)  # no msgspec here: the kill command's process imports this module
class Paths:
    """Every file and folder of one engine, absolute. Two engines never share them."""

    config_file: Path
    strategies_dir: Path
    state_dir: Path
    runtime_dir: Path
    socket: Path
    log_dir: Path
    data_dir: Path
    cache_dir: Path
    notice: str | None = None  # says where the socket went when its usual place is too long a path

    @property
    def journal(self) -> Path:
        return self.state_dir / "journal.sqlite"

    @property
    def key_vault(self) -> Path:
        # Beside the configuration: what is in the state folder may be removed to begin again.
        return self.config_file.with_name("keys.vault")

    @property
    def venue_store(self) -> Path:
        return self.state_dir / "venues.sqlite"

    @property
    def lock(self) -> Path:
        return self.state_dir / "engine.lock"

    @property
    def live_venues(self) -> Path:
        return self.state_dir / "live-venues.json"

    @property
    def kill_file(self) -> Path:
        return self.state_dir / "KILL"

    @property
    def log_file(self) -> Path:
        return self.log_dir / "seraphim.log"

    @classmethod
    def from_environment(cls) -> "Paths":
        """Read ``SERAPHIM_HOME``, else take the platform's usual folders of the user.

        Raises
        ------
        StateFolderError
            Where neither ``SERAPHIM_HOME`` nor a home folder is known.
        """
        home = os.environ.get("SERAPHIM_HOME", "")
        return cls.under(Path(home)) if home else cls._of_platform()

    @classmethod
    def under(cls, home: Path) -> "Paths":
        """Put everything below one folder."""
        root = Path(os.path.abspath(home.expanduser()))  # noqa: PTH100 - resolve() would follow links and need the folder
        return cls._build(
            config_dir=root,
            state_dir=root / "state",
            runtime_dir=root / "run",
            log_dir=root / "logs",
            data_dir=root / "data",
            cache_dir=root / "cache",
        )

    @classmethod
    def _of_platform(cls) -> "Paths":
        _ensure_home_is_known()
        import platformdirs  # noqa: PLC0415 - not needed with SERAPHIM_HOME

        state_dir = platformdirs.user_state_path(APPLICATION)
        return cls._build(
            config_dir=platformdirs.user_config_path(APPLICATION),
            state_dir=state_dir,
            # Not XDG_RUNTIME_DIR: a kill from cron or sudo must find the socket without a login session.
            runtime_dir=state_dir / "run",
            log_dir=platformdirs.user_log_path(APPLICATION),
            data_dir=platformdirs.user_data_path(APPLICATION),
            cache_dir=platformdirs.user_cache_path(APPLICATION),
        )

    @classmethod
    def _build(
        cls, *, config_dir: Path, state_dir: Path, runtime_dir: Path, log_dir: Path, data_dir: Path, cache_dir: Path
    ) -> "Paths":
        socket = runtime_dir / "control.sock"
        notice = None
        if len(os.fsencode(socket)) > SOCKET_PATH_MAX_BYTES:
            wanted, runtime_dir = socket, short_runtime_dir(runtime_dir)
            socket = runtime_dir / "control.sock"
            notice = f"{wanted} is too long for a socket ({SOCKET_PATH_MAX_BYTES} bytes at most); using {socket}"
        return cls(
            config_file=config_dir / "config.toml",
            strategies_dir=config_dir / "strategies",
            state_dir=state_dir,
            runtime_dir=runtime_dir,
            socket=socket,
            log_dir=log_dir,
            data_dir=data_dir,
            cache_dir=cache_dir,
            notice=notice,
        )

    def ensure(self) -> None:
        """Make the folders, private to this user, and prove that they can be written.

        Raises
        ------
        StateFolderError
            Naming the folder and the cause: read-only, full, no permission, a file in its place, somebody else's.
        """
        self.make_folders()
        self.prove_writable()

    def make_folders(self) -> None:
        """Make the folders, private to this user; raise StateFolderError for one that is not there or not his."""
        for folder in (self.state_dir, self.runtime_dir, self.log_dir, self.data_dir, self.cache_dir):
            make_private_folder(folder)
        _refuse_foreign(self.runtime_dir)

    def prove_writable(self) -> None:
        """Write to what an engine must be able to write to; raise StateFolderError where that fails."""
        for folder in (self.state_dir, self.log_dir):
            _prove_writable(folder)

    def export_cache_dir(self, environment: MutableMapping[str, str] = os.environ) -> None:
        """Tell numba where to keep compiled kernels, unless the user has said so; call before numba is imported."""
        environment.setdefault("NUMBA_CACHE_DIR", str(self.cache_dir / "numba"))


def short_runtime_dir(wanted: Path) -> Path:
    """Return a short folder that depends on `wanted` and the user only, so that all front ends find the same."""
    import hashlib  # noqa: PLC0415 - for too long a path only

    digest = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:12]
    return Path("/tmp") / f"{APPLICATION}-{os.getuid()}-{digest}"  # noqa: S108 - owner and mode are checked in ensure()


def make_private_folder(folder: Path) -> None:
    """Create a folder with mode 0700, and its parents; leave one that exists as it is."""
    try:
        folder.mkdir(mode=PRIVATE_MODE, parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise StateFolderError(folder, "a file stands where the folder should be") from None
    except OSError as error:
        raise StateFolderError(folder, f"the folder cannot be made: {describe(error)}") from error


def describe(error: OSError) -> str:
    """Say what the system said, with what to do about it where that is known."""
    causes = {
        errno.EROFS: "the file system is read-only",
        errno.ENOSPC: "the disk is full",
        errno.EDQUOT: "the disk quota is used up",
        errno.EACCES: "permission denied",
        errno.EPERM: "permission denied",
    }
    return causes.get(error.errno or 0, error.strerror or str(error))


def _refuse_foreign(folder: Path) -> None:
    """Refuse a socket folder that is a link, somebody else's, or open to others; close it where it is ours."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise StateFolderError(folder, "is a link, not a folder; remove it")
    if found.st_uid != os.getuid():
        raise StateFolderError(folder, f"belongs to user id {found.st_uid}, not to this user ({os.getuid()})")
    if stat.S_IMODE(found.st_mode) & 0o077:
        try:
            folder.chmod(PRIVATE_MODE)
        except OSError as error:
            raise StateFolderError(folder, f"is open to other users and cannot be closed: {describe(error)}") from error


def _prove_writable(folder: Path) -> None:
    probe: str | None = None
    try:
        descriptor, probe = tempfile.mkstemp(prefix=".probe-", dir=folder)
        try:
            os.write(descriptor, b"\0" * 4096)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise StateFolderError(folder, f"the folder cannot be written: {describe(error)}") from error
    finally:
        if probe is not None:
            with contextlib.suppress(OSError):
                Path(probe).unlink()


def _ensure_home_is_known() -> None:
    if os.environ.get("HOME"):
        return
    import pwd  # noqa: PLC0415 - only where HOME is missing

    try:
        home = pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        home = ""
    if not (home and Path(home).is_dir()):
        raise StateFolderError(Path("~"), "HOME is not set and this user has no home folder; set SERAPHIM_HOME")
    # An empty HOME would put everything into the root folder.
    os.environ["HOME"] = home
