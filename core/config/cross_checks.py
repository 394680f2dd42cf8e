"""Checks of one section against another. They read the raw tables, so that they speak up beside other problems."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from difflib import get_close_matches
from typing import Final, TypeGuard, cast

from core.config.problem import Key
from core.config.venues import SIM_VENUE_NAMES

BINANCE_KINDS: Final = ("binance", "binanceusdm")

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


def _orders_stay_on_paper(tables: Tables) -> Iterator[Finding]:
    for name, venue in _table(tables, "venues").items():
        settings = _as_table(venue)
        if settings.get("kind") != "sim" and settings.get("execution") == "venue":
            yield ("venues", name, "execution"), "venue", 'real orders are not part of this version; must be "paper"'


def _venues_are_named_after_what_they_are(tables: Tables) -> Iterator[Finding]:
    for name, venue in _table(tables, "venues").items():
        settings = _as_table(venue)
        served = settings.get("venue") if settings.get("kind") == "replay" else settings.get("kind")
        if served in BINANCE_KINDS and name != served:
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
    _orders_stay_on_paper,
    _venues_are_named_after_what_they_are,
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
