"""Where no engine takes a kill: the orders at the venues are cancelled from this process."""

import asyncio
import threading
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

from core.io.instance_lock import last_holder
from core.paths import Paths
from tui.cli.hidden_input import ask_hidden, is_terminal

NOTHING_LIVE: Final = ""


class Alone(NamedTuple):
    """What was done at the venues; `text` is empty where none is live."""

    text: str
    venues: list[dict[str, object]]


def prepare(paths: Paths) -> None:
    """Load what a kill without an engine takes, in a thread, while the engine is asked: seconds count then."""

    def load() -> None:
        with suppress(Exception):  # said when it is needed
            file = _config_file(paths)
            if paths.live_venues.exists() or (file.exists() and 'mode = "live"' in file.read_text("utf-8")):
                for module in ("tui.compose.keys", "tui.compose.kill_alone"):
                    import_module(module)

    threading.Thread(target=load, name="kill-alone", daemon=True).start()


def cancel_alone(paths: Paths) -> Alone:
    """Cancel every own order at every live venue of the configuration; never raises: it is the last resort."""
    try:
        found = _cancel(paths, _config_file(paths))
    except Exception as error:  # whatever is wrong here, the rest of what the command says must be said
        return Alone(f"Orders at the venues could not be cancelled from here: {error}", [])
    if not found:
        return Alone(NOTHING_LIVE, [])
    texts = [f"{each.venue}: {each.detail}" for each in found]
    rows: list[dict[str, object]] = [
        {"venue": each.venue, "is_clear": each.is_clear, "detail": each.detail} for each in found
    ]
    clear = all(each.is_clear for each in found)
    head = "Cancelled from here" if clear else "NOT ALL ORDERS ARE CANCELLED"
    return Alone(f"{head}: {'; '.join(texts)}", rows)


def _config_file(paths: Paths) -> Path:
    """Return the configuration of the engine that runs or ran last."""
    holder = last_holder(paths.lock)
    return paths.config_file if holder is None or holder.config_file is None else holder.config_file


def _cancel(paths: Paths, config_file: Path) -> list[Any]:
    # Each import is for the emergency alone: an engine that answers never waits for them.
    if not (paths.live_venues.exists() or config_file.exists()):
        return []
    from core.ports.keys import KeyStoreError  # noqa: PLC0415 - see above
    from tui.compose.live_venues import live_venues, noted_live_venues  # noqa: PLC0415 - see above

    live = damage = None
    try:
        live = noted_live_venues(paths.live_venues)
    except KeyStoreError as error:  # no reason not to try what the configuration names
        damage = error
    if live is None:
        from core.config.load import load_config  # noqa: PLC0415 - see above

        live = live_venues(load_config(config_file))
    if not live.venues:
        if damage is not None:
            raise damage
        return []
    from tui.compose.keys import key_store  # noqa: PLC0415 - see above
    from tui.compose.kill_alone import cancel_everywhere  # noqa: PLC0415 - see above

    keys = key_store(paths, live.keys, ask=ask_hidden if is_terminal() else None)
    return asyncio.run(cancel_everywhere(live.venues, paths, keys))
