"""Where each command lives in the HTTP API, and how outcomes become statuses."""

from typing import Final, NamedTuple
from urllib.parse import quote, urlencode

import msgspec

from core.control.commands import (
    AcknowledgeAlarms,
    AmendOrder,
    AnyCommand,
    Arm,
    CancelJob,
    CancelOrder,
    CancelOrders,
    Command,
    Disarm,
    EndOverride,
    Explain,
    ExplainJob,
    Halt,
    Kill,
    ManualOverride,
    Outcome,
    Pause,
    PlaceOrder,
    ProbeAlertSink,
    RehearseOrder,
    RemovePriceAlert,
    Resume,
    SetPriceAlert,
    SetRiskMode,
    SetSafeMode,
    ShelveAlarm,
    StartStrategy,
    StopStrategy,
    UnshelveAlarm,
)

STREAM: Final = "/api/stream"
ROWS_HEADER: Final = "Seraphim-Rows"
"""Names the rows that a client of the stream knows; an engine that knows others, or none, sends sections whole."""


class Route(NamedTuple):
    """Method and path; fields in braces are taken from the path."""

    method: str
    path: str
    path_field: str | None = None


COMMAND_ROUTES: Final[dict[type[Command], Route]] = {
    Pause: Route("POST", "/api/control/pause"),
    Resume: Route("POST", "/api/control/resume"),
    SetRiskMode: Route("POST", "/api/control/set_risk_mode"),
    Kill: Route("POST", "/api/control/kill"),
    PlaceOrder: Route("POST", "/api/orders"),
    RehearseOrder: Route("POST", "/api/orders/what_if"),
    AmendOrder: Route("PATCH", "/api/orders/{client_order_id}", "client_order_id"),
    CancelOrder: Route("DELETE", "/api/orders/{client_order_id}", "client_order_id"),
    CancelOrders: Route("DELETE", "/api/orders"),
    StartStrategy: Route("POST", "/api/strategies/{name}/start", "name"),
    StopStrategy: Route("POST", "/api/strategies/{name}/stop", "name"),
    ManualOverride: Route("POST", "/api/control/manual_override"),
    EndOverride: Route("POST", "/api/control/end_override"),
    Halt: Route("POST", "/api/control/halt"),
    SetSafeMode: Route("POST", "/api/control/set_safe_mode"),
    ExplainJob: Route("POST", "/api/jobs/{job_id}/explain", "job_id"),
    Explain: Route("POST", "/api/explain"),
    CancelJob: Route("DELETE", "/api/jobs/{job_id}", "job_id"),
    Arm: Route("POST", "/api/control/arm"),
    Disarm: Route("POST", "/api/control/disarm"),
    ProbeAlertSink: Route("POST", "/api/alerts/{sink}/test", "sink"),
    AcknowledgeAlarms: Route("POST", "/api/alerts/acknowledge"),
    ShelveAlarm: Route("POST", "/api/alerts/shelve"),
    UnshelveAlarm: Route("POST", "/api/alerts/unshelve"),
    SetPriceAlert: Route("POST", "/api/price_alerts"),
    RemovePriceAlert: Route("DELETE", "/api/price_alerts/{alert_id}", "alert_id"),
}

STATUS_OF_OUTCOME: Final = {
    Outcome.DONE: 200,
    Outcome.INVALID: 400,
    Outcome.REFUSED: 409,
    Outcome.FAILED: 503,
}
OUTCOME_OF_STATUS: Final = {status: outcome for outcome, status in STATUS_OF_OUTCOME.items()}


class CommandRequest(NamedTuple):
    """A command as an HTTP request; `body` is JSON, empty for DELETE."""

    method: str
    path: str
    body: bytes


def request_for(command: AnyCommand) -> CommandRequest:
    """Return the request that carries a command."""
    route = COMMAND_ROUTES[type(command)]
    fields = {name: value for name, value in msgspec.structs.asdict(command).items() if value is not None}
    path = route.path
    if route.path_field is not None:
        path = path.replace(f"{{{route.path_field}}}", quote(str(fields.pop(route.path_field)), safe=""))
    if route.method == "DELETE":
        return CommandRequest(route.method, f"{path}?{urlencode(fields)}", b"")
    return CommandRequest(route.method, path, msgspec.json.encode(fields))
