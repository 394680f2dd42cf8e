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
AMEND: Final = Verb("amend", "Change price or total quantity of a resting limit order; it passes the risk gate.")
CANCEL: Final = Verb("cancel", "Cancel one order, or all of them.")
STATUS: Final = Verb("status", "Show what the engine is doing.")
POSITIONS: Final = Verb("positions", "Show positions, per venue and net.")
ORDERS: Final = Verb("orders", "Show live orders and the newest finished ones.")
FILLS: Final = Verb("fills", "Show the newest fills.")
STRATEGIES: Final = Verb("strategies", "List strategies; start or stop one.")
LOGS: Final = Verb("logs", "Show the engine's log.")
REPLAY: Final = Verb("replay", "Play a recording through the live feed code.")
VERSION: Final = Verb("version", "Show versions.")
JOBS: Final = Verb("jobs", "Show running, pending and finished jobs; cancel one.")
CAPITAL: Final = Verb("capital", "Show each venue's pools: budget, reserved, committed, free.")
RISK: Final = Verb("risk", "Show every limit with the room left, and everything that blocks.")
OVERRIDE: Final = Verb("override", "Lift the soft rules for a time, with a reason; hard rules stand.")
HALT: Final = Verb("halt", "Tighten one venue or strategy, or everything, to a halt level.")
SAFE_MODE: Final = Verb("safe-mode", "Keep a venue to its hedge and reserve pools, or let it use all again.")
EXPLAIN: Final = Verb(
    "explain", "Say why something is as it is: a job, an order or a fill rule by rule, a halt, a limit, an alarm."
)
ALERTS: Final = Verb("alerts", "Show what stands and needs a person; acknowledge or shelve it; test a sink.")
VENUES: Final = Verb("venues", "Show the configured venues: what serves them, in which mode, for which symbols.")
INSTRUMENTS: Final = Verb("instruments", "List what a venue trades, with its rules.")
ARM: Final = Verb("arm", "Let this console alone raise risk for ten minutes; others look and protect.")
DISARM: Final = Verb("disarm", "Disarm the armed console at once, whichever it is.")
AWAY: Final = Verb("away", "Show what happened while your console was away.")
SESSIONS: Final = Verb("sessions", "List what consoles have recorded of themselves; show one, remove old ones.")
DOCTOR: Final = Verb("doctor", "Look whether each venue is reached, how fast, and what is missing; say how to fix it.")
RECORD: Final = Verb("record", "Write what a venue sends to a file that `replay` plays back.")
