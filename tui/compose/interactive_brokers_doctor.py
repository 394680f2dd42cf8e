"""Look at TWS as it is configured: is it reached, which account is it, does it quote live; and say what to do."""

from collections.abc import Iterator
from typing import Final

from adapters.interactive_brokers.examination import Examination, examine
from adapters.interactive_brokers.session import RequestRefusedError
from core.config.venues import InteractiveBrokersConfig, VenueMode
from core.io.system_clock import SystemClock
from core.io.system_randomness import SystemRandomness
from tui.compose.diagnosis import Diagnosis, Finding
from tui.compose.interactive_brokers import settings_of

RESOLUTION_MS: Final = 1_000.0  # TWS tells whole seconds
MS_PER_S: Final = 1_000.0
REACH: Final = (
    "start TWS or IB Gateway and log in; there, Global Configuration, API, Settings: enable socket clients, and the "
    "port that the configuration says (7496 TWS live, 7497 TWS paper, 4001 Gateway live, 4002 Gateway paper)"
)
ACCOUNT: Final = "name the account of the login in account_code"
TAKEN: Final = "another program at this TWS has the client id: give the venue another client_id"
LINK: Final = "TWS has lost IB's servers: look at its network; the nightly reset ends by itself"
QUOTES: Final = (
    "subscribe to the exchange's live data on IB's Client Portal (Market Data Subscriptions), sign what it asks for, "
    "and let no other session of this user take the data; a paper login has its live one's data where that is shared"
)
ORDERS: Final = "switch off Read-Only API in Global Configuration, API, Settings, or set the venue's mode to data"


async def look_at_interactive_brokers(name: str, venue: InteractiveBrokersConfig, max_offset_ms: float) -> Diagnosis:
    """Ask over a connection of its own; an engine that runs is not disturbed."""
    where = f"TWS at {venue.host}:{venue.port}"
    try:
        seen = await examine(settings_of(name, venue), clock=SystemClock(), randomness=SystemRandomness())
    except (OSError, TimeoutError, RequestRefusedError) as error:
        finding = Finding(check="api", is_well=False, detail=f"{where}: {_words(error)}", fix=_way_in(str(error)))
        return _diagnosis(name, venue, (finding,), None)
    findings = (
        Finding(
            check="api", is_well=True, detail=f"{where} took us within {seen.connected_ms:.0f} ms, "
            f"server version {seen.server_version}, account {seen.account}",
        ),
        _clock(seen, max_offset_ms),
        *_link(seen),
        *_symbols(seen, venue),
        *_quotes(seen),
        *_orders(seen, venue),
    )  # fmt: skip
    return _diagnosis(name, venue, findings, seen)


def _diagnosis(
    name: str, venue: InteractiveBrokersConfig, findings: tuple[Finding, ...], seen: Examination | None
) -> Diagnosis:
    return Diagnosis(
        venue=name,
        kind=venue.kind,
        mode=venue.mode.value,
        rest_latency_ms=None if seen is None else seen.connected_ms,
        stream_latency_ms=None,
        clock_offset_ms=None if seen is None else seen.clock_offset_s * MS_PER_S,
        findings=findings,
    )


def _words(error: Exception) -> str:
    return str(error) or "no answer: it listens and does not speak as TWS does, or asks its user to let us in"


def _way_in(words: str) -> str:
    if "account" in words:
        return ACCOUNT
    return TAKEN if "client id" in words else REACH


def _clock(seen: Examination, max_offset_ms: float) -> Finding:
    offset_ms = seen.clock_offset_s * MS_PER_S
    is_well = -max_offset_ms <= offset_ms <= max_offset_ms + RESOLUTION_MS
    return Finding(
        check="clock",
        is_well=is_well,
        detail=f"this machine is {offset_ms:+.0f} ms off TWS, which tells whole seconds",
        fix="" if is_well else "let NTP set the clock here and where TWS runs, then look again",
    )


def _link(seen: Examination) -> Iterator[Finding]:
    if seen.broker_trouble:
        yield Finding(check="link", is_well=False, detail=seen.broker_trouble, fix=LINK)


def _symbols(seen: Examination, venue: InteractiveBrokersConfig) -> Iterator[Finding]:
    for trouble in seen.listing_trouble.values():
        fix = "take the symbol out, or name it as IB lists it: BRK.B"
        yield Finding(check="symbols", is_well=False, detail=trouble, fix=fix)
    if not seen.listing_trouble:
        yield Finding(check="symbols", is_well=True, detail=f"all {len(venue.symbols)} are listed")


def _quotes(seen: Examination) -> Iterator[Finding]:
    for symbol, trouble in seen.quote_trouble.items():
        yield Finding(check="quotes", is_well=False, detail=f"{symbol}: {trouble}", fix=QUOTES)
    if seen.closed:
        detail = f"{', '.join(seen.closed)}: the market is closed, so whether quotes are live shows when it opens"
        yield Finding(check="quotes", is_well=True, detail=detail)
    elif not seen.quote_trouble:
        yield Finding(check="quotes", is_well=True, detail="live")


def _orders(seen: Examination, venue: InteractiveBrokersConfig) -> Iterator[Finding]:
    if venue.mode is not VenueMode.LIVE:
        return
    is_well = not seen.orders_trouble
    detail = seen.orders_trouble or "open orders can be read"
    yield Finding(check="orders", is_well=is_well, detail=detail, fix="" if is_well else ORDERS)
