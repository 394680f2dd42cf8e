"""Look at each configured venue: is it reached, how fast, is the clock right, do its symbols exist; and what to do."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from adapters.instrument_selection import UnknownSymbolError, select_instruments
from adapters.network.transport import NetworkTransport
from adapters.streams.market_data import UNREADABLE
from core.config.venues import InteractiveBrokersConfig, RealVenue, VenueMode
from core.io.redaction import redact
from core.io.system_clock import SystemClock
from core.io.system_randomness import SystemRandomness
from core.paths import Paths
from core.ports.keys import KeyRight, KeySource, KeyStoreError
from tui.compose.diagnosis import Diagnosis, Finding
from tui.compose.key_testing import may_withdraw
from tui.compose.kinds.registry import venue_kind
from tui.compose.kinds.venue_kind import NoTimeError, ServerTime, TradingAccount, VenueKind, Wire, key_venue
from tui.compose.venue_reading import TIMEOUT_S, ReadOnce, VenueUnreachableError, ask, open_stream

ASKED_TIMES: Final = 3
NS_PER_MS: Final = 1_000_000
MS_PER_S: Final = 1_000
NS_PER_S: Final = 1_000_000_000


async def diagnose(
    venues: Mapping[str, RealVenue | InteractiveBrokersConfig],
    keys: KeySource,
    paths: Paths,
    max_clock_offset_ms: float,
) -> list[Diagnosis]:
    """Look at all venues at once; keys are read for live venues only."""
    transport = NetworkTransport()
    try:
        looks = (_look_at(transport, name, venue, keys, paths, max_clock_offset_ms) for name, venue in venues.items())
        return list(await asyncio.gather(*looks))
    finally:
        await transport.close()


async def _look_at(
    transport: NetworkTransport,
    name: str,
    venue: RealVenue | InteractiveBrokersConfig,
    keys: KeySource,
    paths: Paths,
    max_offset_ms: float,
) -> Diagnosis:
    if venue.mode is VenueMode.OFF:
        finding = Finding(check="mode", is_well=True, detail="off: nothing is asked there")
        return _diagnosis(name, venue, (finding,))
    if isinstance(venue, InteractiveBrokersConfig):
        from tui.compose.interactive_brokers_doctor import (  # noqa: PLC0415 - only where TWS is configured
            look_at_interactive_brokers,
        )

        return await look_at_interactive_brokers(name, venue, max_offset_ms)
    return await _look(transport, name, venue, keys, paths, max_offset_ms)


async def _look(
    transport: NetworkTransport,
    name: str,
    venue: RealVenue,
    keys: KeySource,
    paths: Paths,
    max_offset_ms: float,
) -> Diagnosis:
    kind = venue_kind(venue.kind)
    (rest_ms, offset_ms, time_finding), (stream_ms, stream_finding), symbols = await asyncio.gather(
        _time(transport, kind.server_time(venue), max_offset_ms),
        _stream(transport, kind.probe_url(venue)),
        _symbols(transport, kind, name, venue),
    )
    key = [await _key(transport, kind, name, venue, keys, paths)] if venue.mode is VenueMode.LIVE else []
    findings = (*time_finding, stream_finding, symbols, *key)
    return _diagnosis(name, venue, findings, rest_ms, stream_ms, offset_ms)


def _diagnosis(
    name: str,
    venue: RealVenue | InteractiveBrokersConfig,
    findings: Sequence[Finding],
    rest_ms: float | None = None,
    stream_ms: float | None = None,
    offset_ms: float | None = None,
) -> Diagnosis:
    return Diagnosis(
        venue=name,
        kind=venue.kind,
        mode=venue.mode.value,
        rest_latency_ms=rest_ms,
        stream_latency_ms=stream_ms,
        clock_offset_ms=offset_ms,
        findings=tuple(findings),
    )


async def _time(
    transport: NetworkTransport, server_time: ServerTime | None, max_offset_ms: float
) -> tuple[float | None, float | None, tuple[Finding, ...]]:
    """Ask for the time a few times and believe the quickest answer: it says most about the clock."""
    untold = Finding(check="clock", is_well=True, detail="the venue does not tell its time: keep NTP on")
    if server_time is None:
        return None, None, (untold,)
    best_ms, offset_ms, told = float("inf"), 0.0, list[int]()
    try:
        for _ in range(ASKED_TIMES):
            answer = await (server_time.ask() if server_time.ask else ask(transport, server_time.url, {}))
            told.append(server_time.read(answer.body))
            took_ms = (answer.received_ns - answer.sent_ns) / NS_PER_MS
            if took_ms < best_ms:
                middle_ns = (answer.sent_ns + answer.received_ns) // 2
                best_ms, offset_ms = took_ms, (middle_ns - told[-1]) / NS_PER_MS
    except NoTimeError:
        return None, None, (untold,)
    except VenueUnreachableError as error:
        fix = "look at the network, a proxy or firewall, and rest_url of the venue"
        return None, None, (Finding(check="rest", is_well=False, detail=str(error), fix=fix),)
    except UNREADABLE as error:
        detail = f"{server_time.url}: the answer cannot be read: {error}"
        fix = "rest_url of the venue leads somewhere else"
        return None, None, (Finding(check="rest", is_well=False, detail=detail, fix=fix),)
    rest = Finding(check="rest", is_well=True, detail=f"{server_time.url} answers within {best_ms:.0f} ms")
    resolution_ns = NS_PER_S if all(moment % NS_PER_S == 0 for moment in told) else server_time.resolution_ns
    allowed_ms = max_offset_ms + resolution_ns / NS_PER_MS + best_ms / 2
    clock = Finding(
        check="clock",
        is_well=abs(offset_ms) <= allowed_ms,
        detail=f"this machine is {offset_ms:+.0f} ms off, {max_offset_ms:g} ms are allowed",
        fix="" if abs(offset_ms) <= allowed_ms else "let NTP set the clock (timedatectl set-ntp true), then look again",
    )
    return best_ms, offset_ms, (rest, clock)


async def _stream(transport: NetworkTransport, url: str | None) -> tuple[float | None, Finding]:
    if url is None:
        return None, Finding(check="stream", is_well=True, detail="ccxt opens it at an address of its own")
    try:
        took_ms = await open_stream(transport, url) * MS_PER_S
    except VenueUnreachableError as error:
        fix = "look at the network, a proxy that stops websockets, and ws_url of the venue"
        return None, Finding(check="stream", is_well=False, detail=str(error), fix=fix)
    return took_ms, Finding(check="stream", is_well=True, detail=f"{url} opens within {took_ms:.0f} ms")


async def _symbols(transport: NetworkTransport, kind: VenueKind, name: str, venue: RealVenue) -> Finding:
    try:
        listed = await kind.instruments(venue, ReadOnce(transport))
        select_instruments(listed, venue.symbols, name)
    except VenueUnreachableError as error:
        return Finding(check="symbols", is_well=False, detail=str(error), fix="see rest")
    except UnknownSymbolError as error:
        fix = f"take a symbol from: seraphim instruments {name}"
        return Finding(check="symbols", is_well=False, detail=str(error), fix=fix)
    except Exception as error:  # of whichever library reads here: the other findings are told all the same
        detail = redact(f"what is traded cannot be read: {error}")
        return Finding(check="symbols", is_well=False, detail=detail, fix="look at the network, and at rest_url")
    return Finding(check="symbols", is_well=True, detail=f"{len(venue.symbols)} of {len(listed)} instruments followed")


async def _key(
    transport: NetworkTransport, kind: VenueKind, name: str, venue: RealVenue, keys: KeySource, paths: Paths
) -> Finding:
    """Look for the key of a live venue and ask what it may do."""
    kept = key_venue(venue)
    add = f"seraphim keys add {kept} --account {venue.account}"
    try:
        key = await asyncio.to_thread(keys.read, kept, venue.account)
    except KeyStoreError as error:
        return Finding(check="key", is_well=False, detail=str(error), fix="see docs/keys.md")
    if key is None:
        detail = f"{name} is live and there is no key {kept}/{venue.account}"
        return Finding(check="key", is_well=False, detail=detail, fix=add)
    wire = Wire(transport, SystemClock(), SystemRandomness())
    try:
        async with asyncio.timeout(TIMEOUT_S):
            rights = await kind.key_rights(TradingAccount(key, paths.state_dir), venue, wire)
    except TimeoutError:
        return Finding(check="key", is_well=False, detail=f"no answer within {TIMEOUT_S:g} s", fix="see rest")
    except Exception as error:  # of whichever adapter; a doctor looks on
        detail = redact(f"the venue does not say what the key may do: {error}")
        return Finding(check="key", is_well=False, detail=detail, fix=f"seraphim keys test {kept}, or {add}")
    if may_withdraw(rights):
        fix = f"make a key that may not, revoke this one, then {add} --replace"
        return Finding(check="key", is_well=False, detail="the key may withdraw", fix=fix)
    may = "not told" if rights.rights is None else ", ".join(sorted(right.value for right in rights.rights))
    if rights.rights is not None and KeyRight.TRADE not in rights.rights:
        fix = "let the key trade on the venue's own page, or set the venue's mode to data"
        return Finding(check="key", is_well=False, detail=f"the key may {may}, not trade", fix=fix)
    return Finding(check="key", is_well=True, detail=f"rights: {may}")
