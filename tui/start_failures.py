"""What keeps a start from going on, and the exit code of each: loaded when one of them happened."""

from typing import Final

from adapters.venue_store.store import VenueStoreError
from core.config.problem import ConfigError
from core.io.instance_lock import InstanceHeldError
from core.io.unix_socket import ControlSocketError
from core.paths import StateFolderError
from core.ports.journal import JournalError
from core.ports.keys import KeyStoreError
from tui.going_live import NotConfirmedError
from tui.ssh_tunnel import SshTunnelError

EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
# Strategy parameters are part of the configuration, and a wrong one is a ValueError.
_OF_THE_TRADER: Final = (ConfigError, ValueError, NotConfirmedError)
_OF_THE_WORLD: Final = (
    InstanceHeldError,
    KeyStoreError,
    JournalError,
    StateFolderError,
    ControlSocketError,
    VenueStoreError,
    SshTunnelError,
    OSError,
)


def exit_code_of(error: Exception) -> int | None:
    """Return the exit code of a failure that its text explains; None for a fault of the program."""
    if isinstance(error, _OF_THE_TRADER):
        return EXIT_USAGE
    return EXIT_FAILED if isinstance(error, _OF_THE_WORLD) else None
