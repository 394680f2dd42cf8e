"""Dialogs, and what belongs to them, by name: each is loaded when it is first used, for none is in the first picture.

The dialog of a halt and the base of all are loaded with the console: a kill key waits for nothing.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tui.console.dialogs.choice import Choice as Choice
    from tui.console.dialogs.choice import ChoiceDialog as ChoiceDialog
    from tui.console.dialogs.explanation import ExplanationDialog as ExplanationDialog
    from tui.console.dialogs.job import JobDialog as JobDialog
    from tui.console.dialogs.jump import JumpDialog as JumpDialog
    from tui.console.dialogs.override import OverrideDialog as OverrideDialog
    from tui.console.dialogs.override import Wanted as Wanted
    from tui.console.dialogs.pages import PageDialog as PageDialog
    from tui.console.dialogs.pages import help_lines as help_lines
    from tui.console.dialogs.pages import pane_help_lines as pane_help_lines
    from tui.console.dialogs.passing import PassingDialog as PassingDialog
    from tui.console.dialogs.pick import PickDialog as PickDialog
    from tui.console.dialogs.price_alert import PriceAlertDialog as PriceAlertDialog
    from tui.console.dialogs.price_alert import WantedAlert as WantedAlert
    from tui.console.dialogs.settings import SettingsDialog as SettingsDialog
    from tui.console.dialogs.size import SizeDialog as SizeDialog
    from tui.console.dialogs.studies import StudiesDialog as StudiesDialog
    from tui.console.dialogs.symbol_search import SymbolSearchDialog as SymbolSearchDialog
    from tui.console.dialogs.ticket import TicketDialog as TicketDialog
    from tui.console.dialogs.typed import Typed as Typed
    from tui.console.dialogs.typed import TypedDialog as TypedDialog

HOMES: Final = {
    "Choice": "choice",
    "ChoiceDialog": "choice",
    "ExplanationDialog": "explanation",
    "JobDialog": "job",
    "JumpDialog": "jump",
    "OverrideDialog": "override",
    "PageDialog": "pages",
    "PassingDialog": "passing",
    "PickDialog": "pick",
    "PriceAlertDialog": "price_alert",
    "SettingsDialog": "settings",
    "SizeDialog": "size",
    "StudiesDialog": "studies",
    "SymbolSearchDialog": "symbol_search",
    "TicketDialog": "ticket",
    "Typed": "typed",
    "TypedDialog": "typed",
    "Wanted": "override",
    "WantedAlert": "price_alert",
    "help_lines": "pages",
    "pane_help_lines": "pages",
}


def __getattr__(name: str) -> object:
    home = HOMES.get(name)
    if home is None:
        raise AttributeError(f"there is no dialog {name!r}")
    found: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = found
    return found


def load_one_more() -> bool:
    """Load a file of dialogs that nobody has needed yet; return whether there was one."""
    waiting = next((home for home in HOMES.values() if f"{__name__}.{home}" not in sys.modules), None)
    if waiting is not None:
        import_module(f"{__name__}.{waiting}")
    return waiting is not None
