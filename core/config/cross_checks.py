"""Checks of one section against another. They read the raw tables, so that they speak up beside other problems."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from difflib import get_close_matches
from typing import Final, TypeGuard, cast

from core.config.problem import Key
from core.config.venues import SIM_VENUE_NAMES

PAPER_KINDS: Final = ("sim", "replay")

Finding = tuple[Key, object, str]
Tables = Mapping[str, object]


def cross_check(tables: Tables) -> Iterator[Finding]:
    """Yield key, value and what is allowed for everything that does not fit together."""
    for check in _CHECKS:
        yield from check(tables)


def _instruments_are_at_known_venues(tables: Tables) -> Iterator[Finding]:
    venues = list(_table(tables, "venues"))
    for name, strategy in _table(tables, "strategies").items():
        for instrument in _items(_as_table(strategy).get("instruments")):
            _, separator, venue = instrument.rpartition("@")
            if separator and venue not in venues:
                close = get_close_matches(venue, venues, n=1)
                nearest = f"; did you mean {close[0]!r}?" if close else ""
                key = ("strategies", name, "instruments")
                yield key, instrument, f"there is no venue {venue!r}; venues are {', '.join(venues)}{nearest}"


def _simulated_venues_are_listed(tables: Tables) -> Iterator[Finding]:
    for name, venue in _table(tables, "venues").items():
        if _as_table(venue).get("kind") == "sim" and name not in SIM_VENUE_NAMES:
            yield ("venues", name), None, f"a sim venue is one of {', '.join(SIM_VENUE_NAMES)}"


def _flattening_stays_within_the_collar(tables: Tables) -> Iterator[Finding]:
    risk = _table(tables, "risk")
    band, collar = risk.get("flatten_band_pct", 2), risk.get("price_deviation_pct", 5)
    if _is_number(band) and _is_number(collar) and band > collar:
        yield ("risk", "flatten_band_pct"), band, f"must be at most price_deviation_pct, here {collar}"


def _cancels_leave_room_for_orders(tables: Tables) -> Iterator[Finding]:
    risk = _table(tables, "risk")
    kept, rate = risk.get("cancel_reserve_per_s", 5), risk.get("message_rate_per_s", 20)
    if _is_number(kept) and _is_number(rate) and kept >= rate:
        yield ("risk", "cancel_reserve_per_s"), kept, f"must be less than message_rate_per_s, here {rate}"


def _money_is_not_mixed_with_paper(tables: Tables) -> Iterator[Finding]:
    is_live = _table(tables, "engine").get("mode") == "live"
    for name, venue in _table(tables, "venues").items():
        settings = _as_table(venue)
        mode = settings.get("mode")
        if mode == "live" and not is_live:
            yield ("venues", name, "mode"), mode, 'money also needs mode = "live" in [engine]; here it is "paper"'
        elif is_live and (settings.get("kind") in PAPER_KINDS or mode in {None, "paper"}):
            key = ("venues", name, "mode") if "mode" in settings else ("venues", name)
            yield key, mode, 'no paper beside money: with mode = "live" in [engine] a venue is live, data or off'


def _replays_are_named_after_their_venue(tables: Tables) -> Iterator[Finding]:
    for name, venue in _table(tables, "venues").items():
        settings = _as_table(venue)
        served = settings.get("venue")
        if settings.get("kind") == "replay" and name != served:
            yield ("venues", name), None, f"this venue must be named {served!r}"


def _replays_run_alone(tables: Tables) -> Iterator[Finding]:
    venues = _table(tables, "venues")
    replays = [name for name, venue in venues.items() if _as_table(venue).get("kind") == "replay"]
    if replays and len(venues) > 1:
        yield ("venues", replays[0]), None, "a replay runs on the recording's own time; no other venue beside it"


_CHECKS: Final[tuple[Callable[[Tables], Iterator[Finding]], ...]] = (
    _instruments_are_at_known_venues,
    _simulated_venues_are_listed,
    _flattening_stays_within_the_collar,
    _cancels_leave_room_for_orders,
    _money_is_not_mixed_with_paper,
    _replays_are_named_after_their_venue,
    _replays_run_alone,
)


def _table(tables: Tables, name: str) -> Tables:
    return _as_table(tables.get(name))


def _as_table(value: object) -> Tables:
    return cast("Tables", value) if isinstance(value, dict) else {}


def _is_number(value: object) -> TypeGuard[int | Decimal]:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _items(value: object) -> list[str]:
    return (
        [item for item in cast("list[object]", value) if isinstance(item, str)]
        if isinstance(value, list | tuple)
        else []
    )
