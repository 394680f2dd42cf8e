"""The confirmation that a start with real money takes."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from core.types.control import TradingMode

if TYPE_CHECKING:
    from core.config.config import Config
    from core.paths import Paths
    from tui.compose.start_terms import StartTerms

WORD: Final = "LIVE"


class NotConfirmedError(Exception):
    """A start with real money was asked for and not confirmed; nothing was started."""


def start_terms(config: "Config", paths: "Paths", config_file: Path, *, is_asked_for: bool) -> "StartTerms":
    """Return the keys and the confirmation of this start.

    Without `is_asked_for` an engine in live mode watches and sends nothing. At a terminal the word is typed as well;
    elsewhere, as for a service, the option alone is the confirmation.

    Raises
    ------
    NotConfirmedError
        The option does not fit the configuration, or the word was not typed.
    """
    from tui.compose.start_terms import PAPER_TERMS, StartTerms  # noqa: PLC0415 - not for --help

    if config.engine.mode is TradingMode.PAPER:
        if is_asked_for:
            raise NotConfirmedError('--live: the configuration says mode = "paper" in [engine]; nothing was started')
        return msgspec.structs.replace(PAPER_TERMS, config_file=config_file)
    if is_asked_for and not config.engine.trading_enabled:
        raise NotConfirmedError("--live: trading_enabled is false in [engine]; nothing was started")
    if is_asked_for and sys.stdin.isatty():
        _ask(config)
    from tui.cli.hidden_input import ask_hidden, is_terminal  # noqa: PLC0415 - only with keys
    from tui.compose.keys import key_store  # noqa: PLC0415 - the same

    ask = ask_hidden if is_terminal() else None
    return StartTerms(keys=key_store(paths, config.keys, ask=ask), is_confirmed=is_asked_for, config_file=config_file)


def _ask(config: "Config") -> None:
    venues = ", ".join(name for name, venue in config.venues.items() if getattr(venue, "mode", "") == "live")
    sys.stderr.write(f"Orders will be sent to {venues or 'no venue'} with real money. Type {WORD} to go on: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip() != WORD:
        raise NotConfirmedError("not confirmed; nothing was started")
