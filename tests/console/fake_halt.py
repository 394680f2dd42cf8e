"""A halt as an engine tells of it, at the venues of the scripted engine."""

from core.state.monitoring import KillState, LeftPosition, VenueKill


def kill_state(
    level: str, open_orders: int, unconfirmed: set[str], left: dict[str, list[LeftPosition]], at_ns: int
) -> KillState:
    """Show a halt that all venues have confirmed but the unconfirmed ones, with what is left open there."""
    venues = {"sim-a": max(0, open_orders - 3), "sim-b": 1 if open_orders else 0, "sim-x": 0}
    is_flattening = level == "flatten"
    return KillState(
        level=level,
        cause="kill",
        since_ns=at_ns,
        who="console:trader",
        reason="kill key in the console",
        is_journaled=True,
        is_finished=not unconfirmed and not (is_flattening and left),
        venues={
            name: VenueKill(
                asked_ns=at_ns,
                acknowledged_ns=None if name in unconfirmed else at_ns + 12_000_000,
                acknowledged_ms=None if name in unconfirmed else 12.0,
                answer="has not answered yet" if name in unconfirmed else "cancelled",
                orders_left=orders,
                positions_left=left.get(name, []),
                flat_verified_ns=at_ns if is_flattening and name not in left else None,
            )
            for name, orders in venues.items()
        },
    )
