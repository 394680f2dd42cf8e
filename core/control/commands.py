"""What can be asked of a running engine. A key, a palette entry, a CLI command and an API call are one of these."""

from decimal import Decimal
from enum import StrEnum

import msgspec


class Command(msgspec.Struct, frozen=True, kw_only=True, tag=True, tag_field="command", forbid_unknown_fields=True):
    """An order to the engine, in the imperative; `who` names the front end and user.

    Unknown fields are refused: a misspelt `reduce_only` must not become an order without it.
    """

    who: str = "unknown"
    console: str | None = None  # the id of the console it was given in; None from anywhere else
    engine: str | None = None  # the run whose picture it was given on; None: whichever runs
    as_of_ns: int | None = None  # the engine's time of the picture it was decided on; None where nobody says


class Pause(Command, frozen=True, kw_only=True):
    """Take no new risk: no new jobs, no new directional orders; cancels and reducing go on."""

    reason: str = ""


class Resume(Command, frozen=True, kw_only=True):
    """Lift a pause. Lifting a halt takes a reason and the typed word `resume`.

    `scope` ("global", "venue:<name>", "strategy:<name>") lifts what stands there and leaves the rest; empty lifts all.
    """

    reason: str = ""
    word: str = ""
    scope: str = ""


class SetRiskMode(Command, frozen=True, kw_only=True):
    """Change the risk mode; with `only_safer` a mode that is riskier than that of now is refused."""

    mode: str
    only_safer: bool | None = None  # not sent where nobody asks for it, as an older engine does not know it


class Kill(Command, frozen=True, kw_only=True):
    """Halt: no new risk, cancel every order on every venue; `flatten` also closes positions reduce-only."""

    flatten: bool = False
    reason: str = ""


class OrderTerms(Command, frozen=True, kw_only=True):
    """What an order is: how `PlaceOrder` and `RehearseOrder` are filled in."""

    venue: str
    symbol: str
    side: str
    quantity: Decimal
    order_type: str = "market"  # market, limit, stop, stop_limit, oco
    limit_price: Decimal | None = None
    time_in_force: str = "gtc"
    post_only: bool = False
    reduce_only: bool = False
    stop_price: Decimal | None = None
    trigger: str = "last"  # last (trade), mark (middle of the book)
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None


class PlaceOrder(OrderTerms, frozen=True, kw_only=True):
    """Send an order, or have one held until the market comes to it.

    `stop` and `stop_limit` are held at `stop_price`; `oco` rests at `limit_price` with a stop at `stop_price`, and
    what one fills is taken off the other. `take_profit` and `stop_loss` protect what a market or limit order fills.
    """


class RehearseOrder(OrderTerms, frozen=True, kw_only=True):
    """Say what would become of an order now: verdict, fill, fees, margin and room. Changes nothing, sends nothing."""

    @property
    def order(self) -> PlaceOrder:
        """Return the order that is asked about."""
        return PlaceOrder(**msgspec.structs.asdict(self))

    @classmethod
    def of(cls, order: PlaceOrder) -> "RehearseOrder":
        return cls(**msgspec.structs.asdict(order))


class AmendOrder(Command, frozen=True, kw_only=True):
    """Give a resting limit order another price, another total quantity, or both; what is not given stays.

    `quantity` counts what is filled already. A venue that cannot amend has the order cancelled and, once its end is
    confirmed, replaced by a new one for what is left.
    """

    client_order_id: str
    limit_price: Decimal | None = None
    quantity: Decimal | None = None


class CancelOrder(Command, frozen=True, kw_only=True):
    client_order_id: str


class CancelOrders(Command, frozen=True, kw_only=True):
    """Cancel all orders of this engine, or those of one venue, symbol or side.

    With a side, what is held to close a position (reduce-only stops, a bracket's stop loss) stays.
    """

    venue: str | None = None
    symbol: str | None = None
    side: str | None = None


class StartStrategy(Command, frozen=True, kw_only=True):
    name: str
    parameters: dict[str, str] = {}


class StopStrategy(Command, frozen=True, kw_only=True):
    name: str


class ManualOverride(Command, frozen=True, kw_only=True):
    """Lift the soft rules for a time; hard ones stand. Each acceptance under it is marked in the journal."""

    seconds: float
    reason: str


class EndOverride(Command, frozen=True, kw_only=True):
    reason: str = ""


class Halt(Command, frozen=True, kw_only=True):
    """Tighten one scope ("global", "venue:<name>", "strategy:<name>") to a level; `Resume` loosens it."""

    scope: str
    level: str  # reduce_only, cancel_only, halted, flatten
    reason: str = ""


class SetSafeMode(Command, frozen=True, kw_only=True):
    """Let a venue use its hedge and reserve pools only, or all of them again."""

    venue: str
    is_on: bool
    reason: str = ""


class CancelJob(Command, frozen=True, kw_only=True):
    """Drop a pending job; of a running one, stop the primary leg and bring what was filled to its end."""

    job_id: str
    reason: str = ""


class ExplainJob(Command, frozen=True, kw_only=True):
    """Say why a job waits, was refused, runs or ended: every control with its numbers. Changes nothing."""

    job_id: str


class Explain(Command, frozen=True, kw_only=True):
    """Say why something is as it is: "order:ID", "venue:NAME", "strategy:NAME", "limit:NAME", "alarm:NAME", "global".

    Changes nothing. Jobs have a command of their own.
    """

    subject: str


class Arm(Command, frozen=True, kw_only=True):
    """Let one attached console be the only one that raises risk, for a time.

    `take_over` takes it from the console that has it.
    """

    seconds: float = 600.0
    take_over: bool = False


class Disarm(Command, frozen=True, kw_only=True):
    """End it at once, whichever console has it."""


class ProbeAlertSink(Command, frozen=True, kw_only=True):
    """Send one message through a sink of alerts, and say whether it was taken."""

    sink: str


class AcknowledgeAlarms(Command, frozen=True, kw_only=True):
    """Say that a person has seen alarms, each by its name at the severity they saw; a worse one is not acknowledged."""

    alarms: dict[str, str]


class ShelveAlarm(Command, frozen=True, kw_only=True):
    """Put an alarm aside, for `seconds` or until the UTC day ends; it comes back when it gets worse.

    A critical one takes the typed word `shelve`.
    """

    name: str
    severity: str  # that the person saw
    seconds: float | None = None
    until_day_end: bool = False
    word: str = ""


class UnshelveAlarm(Command, frozen=True, kw_only=True):
    """Bring a shelved alarm back at once."""

    name: str


class SetPriceAlert(Command, frozen=True, kw_only=True):
    """Have the engine tell when the market is at a price or beyond: once, or each time that it comes there anew.

    `crossing` is above or below; empty takes the side that the price is on now.
    """

    venue: str
    symbol: str
    price: Decimal
    crossing: str = ""
    is_repeated: bool = False
    severity: str = "warning"  # info, warning, severe: which sinks are told


class RemovePriceAlert(Command, frozen=True, kw_only=True):
    alert_id: str


AnyCommand = (
    Pause
    | Resume
    | SetRiskMode
    | Kill
    | PlaceOrder
    | RehearseOrder
    | AmendOrder
    | CancelOrder
    | CancelOrders
    | StartStrategy
    | StopStrategy
    | ManualOverride
    | EndOverride
    | Halt
    | SetSafeMode
    | CancelJob
    | ExplainJob
    | Explain
    | Arm
    | Disarm
    | ProbeAlertSink
    | AcknowledgeAlarms
    | ShelveAlarm
    | UnshelveAlarm
    | SetPriceAlert
    | RemovePriceAlert
)


class Outcome(StrEnum):
    DONE = "done"
    FAILED = "failed"  # could not be done; the message says why
    INVALID = "invalid"  # asked for something that makes no sense
    REFUSED = "refused"  # the risk gate said no


class CommandResult(msgspec.Struct, frozen=True, kw_only=True):
    outcome: Outcome
    message: str
    data: dict[str, object] = {}
