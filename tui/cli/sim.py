"""`seraphim sim serve`: the embedded market as a venue of its own, spoken to as Binance is."""

from decimal import Decimal, InvalidOperation
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer

from tui.cli.exits import CommandError, ExitCode
from tui.cli.output import Json, say, say_json

HELP: Final = "Run the embedded market as a venue that speaks Binance's protocol, for rehearsals."
EXAMPLES: Final = (
    "Examples: seraphim sim serve · seraphim sim serve --port 8765 --key maker --key taker · "
    "seraphim sim serve --market usdm --keys-file rehearsal-keys.json --json"
)
DEFAULT_PORT: Final = 8765
SERVE_HELP: Final = f"""Open the venue on a port of this machine and serve until ctrl+c.

Books, crowd and candles come from --seed; orders of all keys meet in them. There is no money: accounts live in memory
and are gone when the command ends. Any Binance client can trade on it that lets its addresses be changed.

{EXAMPLES}
"""

group = typer.Typer(help=f"{HELP}\n\n{EXAMPLES}", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="sim")


@group.callback()
def sim() -> None:
    """Keep `serve` a command of the group: with one command alone typer would make it the group itself."""


@group.command("serve", help=SERVE_HELP)
def serve(
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="0 takes a free one.")] = DEFAULT_PORT,
    host: Annotated[str, typer.Option("--host", help="A loopback address; others are refused.")] = "127.0.0.1",
    market: Annotated[Literal["spot", "usdm", "both"], typer.Option("--market", help="What is spoken.")] = "both",
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same crowd and same keys.")] = 1,
    key: Annotated[
        list[str] | None, typer.Option("--key", help="Name of an account; again for more. One, `rehearsal`, without.")
    ] = None,
    keys_file: Annotated[
        Path | None,
        typer.Option("--keys-file", help="Keep the keys in this JSON file, and read them from it where it is there."),
    ] = None,
    balance: Annotated[
        list[str] | None, typer.Option("--balance", help="ASSET=AMOUNT of each spot wallet; again for more.")
    ] = None,
    margin: Annotated[str, typer.Option("--margin", help="USDT in each futures wallet.")] = "100000",
    funding_hours: Annotated[int, typer.Option("--funding-hours", min=1, max=24, help="Funding interval.")] = 8,
    json: Json = False,
) -> None:
    module: Any = import_module("adapters.sim.binance_protocol.serve")
    names = tuple(dict.fromkeys(key or ["rehearsal"]))
    options = module.Options(
        host=host,
        port=port,
        market=market,
        seed=seed,
        names=names,
        keys_file=keys_file,
        balances=dict(_balance(each) for each in balance or []),
        margin=_amount(margin, "--margin"),
        funding_hours=funding_hours,
    )
    key_file: Any = import_module("adapters.sim.binance_protocol.key_file")
    try:
        module.run(options, _tell_json if json else _tell)
    except module.ServeError as error:
        raise CommandError(ExitCode.FAILED, str(error)) from None
    except key_file.KeyFileError as error:
        raise CommandError(ExitCode.USAGE, f"--keys-file {error}") from None


def _balance(text: str) -> tuple[str, Decimal]:
    asset, separator, amount = text.partition("=")
    if not separator or not asset.isalnum():
        raise CommandError(ExitCode.USAGE, f"--balance {text!r} is not ASSET=AMOUNT, e.g. USDT=50000")
    return asset.upper(), _amount(amount, f"--balance {asset}")


def _amount(text: str, what: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise CommandError(ExitCode.USAGE, f"{what} {text!r} is not an amount of 0 or more")
    return amount


def _tell_json(opened: Any) -> None:
    import msgspec  # noqa: PLC0415 - no other command needs it this early

    say_json(msgspec.to_builtins(opened))


def _tell(opened: Any) -> None:
    say(f"rehearsal venue, seed {opened.seed}: play money, nothing is kept; ctrl+c ends it\n")
    say(f"REST            {opened.rest_url}")
    for name, address in (
        ("spot streams", opened.spot_stream_url),
        ("spot API", opened.spot_api_url),
        ("USD-M streams", opened.usdm_stream_url),
    ):
        if address is not None:
            say(f"{name:<15} {address}")
    if opened.keys_file is not None:
        say(f"\nkeys of {', '.join(opened.accounts)} are in {opened.keys_file}")
    for name, pair in opened.keys.items():
        say(f"\naccount         {name}\nAPI key         {pair.key}\nsecret          {pair.secret}")
    say("\nfor seraphim's configuration:\n")
    if opened.spot_stream_url is not None:
        say(_venue("binance", opened.rest_url, opened.spot_stream_url, ""))
    if opened.usdm_stream_url is not None:
        say(_venue("binanceusdm", opened.rest_url, opened.usdm_stream_url, ":USDT"))


def _venue(kind: str, rest_url: str, stream_url: str, settled: str) -> str:
    symbols = ", ".join(f'"{base}/USDT{settled}"' for base in ("BTC", "ETH", "SOL"))
    return (
        f'[venues.{kind}]\nkind = "{kind}"\nsymbols = [{symbols}]\nrest_url = "{rest_url}"\nws_url = "{stream_url}"\n'
    )
