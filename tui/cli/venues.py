"""`seraphim venues`, `instruments` and `doctor`: what is configured, what is traded there, and whether it works."""

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any, Final

import typer

from core.control.verbs import DOCTOR, INSTRUMENTS, VENUES
from core.paths import Paths
from tui.cli.configured import configuration, examined_venues, real_venue, real_venues, simulated_venues
from tui.cli.exits import CommandError, ExitCode
from tui.cli.hidden_input import ask_hidden, is_terminal
from tui.cli.output import Json, say, say_json
from tui.cli.program import ConfigFile
from tui.cli.tables import Column, print_table

VENUE_COLUMNS: Final = (
    Column("venue", "venue"),
    Column("kind", "kind"),
    Column("mode", "mode"),
    Column("account", "account"),
    Column("symbols", "symbols"),
    Column("address", "address"),
)
INSTRUMENT_COLUMNS: Final = (
    Column("symbol", "symbol"),
    Column("at the venue", "venue_symbol"),
    Column("type", "asset_type"),
    Column("tick", "tick", "number"),
    Column("lot", "lot", "number"),
    Column("least quantity", "min_quantity", "number"),
    Column("least value", "min_notional", "number"),
    Column("maker %", "maker_pct", "number"),
    Column("taker %", "taker_pct", "number"),
)
EXAMPLES: Final = "Examples: seraphim instruments kraken · seraphim instruments binance BTC --json"


def register(app: typer.Typer) -> None:
    app.command(VENUES.name, help=VENUES.help)(venues)
    app.command(INSTRUMENTS.name, help=f"{INSTRUMENTS.help}\n\n{EXAMPLES}")(instruments)
    app.command(DOCTOR.name, help=f"{DOCTOR.help} Exit with 1 where something is wrong.")(doctor)


def venues(config: ConfigFile = None, json: Json = False) -> None:
    rows = list(_rows(configuration(config)))
    if json:
        say_json({"venues": rows})
        return
    shown = [{**row, "symbols": ", ".join(row["symbols"]) or "all"} for row in rows]
    print_table("", VENUE_COLUMNS, shown, empty="no venues; name some in [venues.<name>] of the configuration")


def _rows(config: Any) -> Iterator[dict[str, Any]]:
    from tui.compose.kinds.registry import venue_kind  # noqa: PLC0415 - the adapters with it

    real = real_venues(config)
    for name, venue in config.venues.items():
        row: dict[str, Any] = {"venue": name, "kind": venue.kind, "mode": "paper", "account": None}
        if name in real:
            address = venue_kind(venue.kind).addresses(venue)
            row |= {"mode": venue.mode.value, "account": venue.account, "symbols": list(venue.symbols)}
            row |= {"address": address.rest_url, "stream": address.ws_url}
        elif venue.kind == "interactive_brokers":
            row |= {"mode": venue.mode.value, "account": venue.account_code or None, "symbols": list(venue.symbols)}
            row |= {"address": f"{venue.host}:{venue.port}", "stream": None}
        else:
            row |= {"symbols": [], "address": getattr(venue, "path", "in this process"), "stream": None}
        yield row


def instruments(
    venue: Annotated[str, typer.Argument(help="A configured venue, or a kind of venue.")],
    search: Annotated[str, typer.Argument(help="Part of the symbol; left out: all.")] = "",
    config: ConfigFile = None,
    json: Json = False,
) -> None:
    loaded = configuration(config)
    found = simulated = _simulated(loaded, venue)
    if found is None:
        found = asyncio.run(_listed(real_venue(loaded, venue, simulated_venues(loaded))))
    wanted = [row for row in found if search.upper() in str(row["symbol"]).upper()]
    if json:
        say_json({"venue": venue, "simulated": simulated is not None, "instruments": wanted})
        return
    if simulated is not None:
        say(f"{venue} is simulated, a venue of the embedded market: no network, no keys, no money")
    print_table("", INSTRUMENT_COLUMNS, wanted, empty=f"{venue} trades nothing that has {search!r} in its symbol")


def _simulated(config: Any, name: str) -> list[dict[str, object]] | None:
    """Return what a configured venue of the embedded market trades, None for any other name."""
    if name not in simulated_venues(config):
        return None
    from adapters.sim.instruments import listings  # noqa: PLC0415 - only where a simulated venue is asked

    listed = [each.instrument for each in listings(config.sim.funding_interval_s)[name]]
    return [_instrument_row(each) for each in sorted(listed, key=lambda each: each.symbol)]


async def _listed(venue: Any) -> list[dict[str, object]]:
    from adapters.network.transport import NetworkTransport  # noqa: PLC0415 - only where a venue is asked
    from core.io.redaction import redact  # noqa: PLC0415 - the same
    from tui.compose.kinds.registry import venue_kind  # noqa: PLC0415 - the same
    from tui.compose.venue_reading import ReadOnce, VenueUnreachableError  # noqa: PLC0415 - the same

    transport = NetworkTransport()
    try:
        found = await venue_kind(venue.kind).instruments(venue, ReadOnce(transport))
    except VenueUnreachableError as error:
        raise CommandError(ExitCode.FAILED, str(error)) from None
    except Exception as error:  # of whichever library the venue's adapter reads with
        raise CommandError(ExitCode.FAILED, redact(f"the venue's list cannot be read: {error}")) from None
    finally:
        await transport.close()
    return [_instrument_row(each) for each in sorted(found.values(), key=lambda each: each.symbol)]


def _instrument_row(instrument: Any) -> dict[str, object]:
    return {
        "symbol": instrument.symbol,
        "venue_symbol": instrument.venue_symbol,
        "asset_type": instrument.asset_type.value,
        "tick": instrument.order_tick,
        "lot": instrument.order_lot,
        "min_quantity": instrument.min_quantity,
        "min_notional": instrument.min_notional,
        "contract_size": instrument.contract_size,
        "maker_pct": instrument.maker_fee_rate * 100,
        "taker_pct": instrument.taker_fee_rate * 100,
    }


def doctor(
    venue: Annotated[str | None, typer.Argument(help="One venue; left out: all configured ones.")] = None,
    config: ConfigFile = None,
    json: Json = False,
) -> None:
    loaded = configuration(config)
    chosen = examined_venues(loaded, venue)
    from tui.compose.doctor import diagnose  # noqa: PLC0415 - the adapters with it
    from tui.compose.keys import key_store  # noqa: PLC0415 - the same

    paths = Paths.from_environment()
    keys = key_store(paths, loaded.keys, ask=ask_hidden if is_terminal() else None)
    found = asyncio.run(diagnose(chosen, keys, paths, float(loaded.risk.max_clock_offset_ms)))
    if json:
        import msgspec  # noqa: PLC0415 - only here

        say_json({"well": all(each.is_well for each in found), "venues": [msgspec.to_builtins(each) for each in found]})
    else:
        _print(found)
    if not all(each.is_well for each in found):
        raise typer.Exit(ExitCode.FAILED)


def _print(found: list[Any]) -> None:
    if not found:
        say("no real venue is configured: the embedded market needs no doctor")
    for diagnosis in found:
        say(f"{diagnosis.venue} ({diagnosis.kind}, {diagnosis.mode})")
        for finding in diagnosis.findings:
            say(f"  {'ok   ' if finding.is_well else 'WRONG'} {finding.check:<8} {finding.detail}")
            if finding.fix:
                say(f"                 -> {finding.fix}")
