"""Names and help texts of everything a trader can do: key, palette, CLI and API use these and no others."""

from typing import Final, NamedTuple


class Verb(NamedTuple):
    name: str
    help: str


PAUSE: Final = Verb("pause", "Take no new risk; cancels and reducing orders go on.")
RESUME: Final = Verb("resume", "Lift a pause; lifting a halt takes a reason and the typed word.")
SET_RISK_MODE: Final = Verb("set-risk-mode", "Set the risk mode: conservative, balanced or aggressive.")
KILL: Final = Verb("kill", "Halt: no new risk, cancel every order everywhere; optionally flatten.")
ORDER: Final = Verb("order", "Place an order; it passes the risk gate like any other.")
CANCEL: Final = Verb("cancel", "Cancel one order, or all of them.")
STATUS: Final = Verb("status", "Show what the engine is doing.")
POSITIONS: Final = Verb("positions", "Show positions, per venue and net.")
ORDERS: Final = Verb("orders", "Show live orders and the newest finished ones.")
FILLS: Final = Verb("fills", "Show the newest fills.")
STRATEGIES: Final = Verb("strategies", "List strategies; start or stop one.")
LOGS: Final = Verb("logs", "Show the engine's log.")
REPLAY: Final = Verb("replay", "Play a recording through the live feed code.")
VERSION: Final = Verb("version", "Show versions.")
