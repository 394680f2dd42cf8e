"""`seraphim order` and `cancel`. Safer is one word, riskier is typed out.

What `order` makes of its options: `--stop` holds a stop, with `--limit` a stop-limit, with `--limit --oco` a pair;
`--take-profit` and `--stop-loss` make a bracket of a market or limit order.
"""

import sys
from decimal import Decimal, InvalidOperation
from typing import Annotated, Final, Literal, NamedTuple

import typer

from core.control.verbs import AMEND, CANCEL, ORDER
from tui.cli import engine
from tui.cli.exits import CommandError, ExitCode
from tui.cli.output import Json, say, say_json
from tui.cli.what_if import show_what_if

# A manual order above this is typed out once more, whatever the mode.
TYPED_CONFIRMATION_USD: Final = Decimal(5000)
MAX_EXPONENT: Final = 18  # as the engine takes it

ORDER_EXAMPLES: Final = """Examples:

seraphim order buy 0.01 BTC/USDT@sim-a

seraphim order sell 0.5 ETH/USDT:USDT@sim-b --limit 2650 --post-only

seraphim order sell 0.01 BTC/USDT@sim-a --reduce-only --json

seraphim order buy 0.01 BTC/USDT@sim-a --what-if

seraphim order sell 0.01 BTC/USDT:USDT@sim-a --stop 61000 --reduce-only

seraphim order buy 0.01 BTC/USDT:USDT@sim-a --stop 66000 --limit 66100 --trigger mark

seraphim order sell 0.01 BTC/USDT:USDT@sim-a --limit 66000 --stop 61000 --oco --reduce-only

seraphim order buy 0.01 BTC/USDT:USDT@sim-a --limit 63500 --take-profit 65000 --stop-loss 62500"""
AMEND_TIMEOUT_S: Final = 30.0  # where the venue cannot amend: cancel, confirmed end, account, new order
AMEND_EXAMPLES: Final = """Examples:

seraphim amend s0001-42 --price 2651.5

seraphim amend s0001-42 --quantity 0.4 --json"""
CANCEL_EXAMPLES: Final = (
    "Examples: seraphim cancel s0001-42 · seraphim cancel held-s0001-7 · seraphim cancel --all --venue sim-a"
)


def register(app: typer.Typer) -> None:
    app.command(ORDER.name, help=f"{ORDER.help}\n\n{ORDER_EXAMPLES}")(order)
    app.command(AMEND.name, help=f"{AMEND.help}\n\n{AMEND_EXAMPLES}")(amend)
    app.command(CANCEL.name, help=f"{CANCEL.help}\n\n{CANCEL_EXAMPLES}")(cancel)


def order(
    *,
    side: Annotated[Literal["buy", "sell"], typer.Argument(help="buy or sell")],
    quantity: Annotated[str, typer.Argument(help="How much of the base asset, e.g. 0.01")],
    instrument: Annotated[str, typer.Argument(help="SYMBOL@venue, e.g. BTC/USDT@sim-a")],
    limit: Annotated[str | None, typer.Option("--limit", help="Limit price; without it a market order.")] = None,
    stop: Annotated[
        str | None, typer.Option("--stop", help="Hold it until the market is at this price; with --limit a stop-limit.")
    ] = None,
    trigger: Annotated[
        Literal["last", "mark"] | None,
        typer.Option("--trigger", help="Held against a stop: the last trade (default) or the middle of the book."),
    ] = None,
    take_profit: Annotated[
        str | None, typer.Option("--take-profit", help="Close what is filled at this limit, reduce-only.")
    ] = None,
    stop_loss: Annotated[
        str | None, typer.Option("--stop-loss", help="Close what is filled once the market is at this price.")
    ] = None,
    oco: Annotated[
        bool, typer.Option("--oco", help="Rest at --limit and stop at --stop: what one fills is taken off the other.")
    ] = False,
    ioc: Annotated[bool, typer.Option("--ioc", help="Fill at once what can be, cancel the rest.")] = False,
    post_only: Annotated[bool, typer.Option("--post-only", help="Rest or be rejected; needs --limit.")] = False,
    reduce_only: Annotated[bool, typer.Option("--reduce-only", help="Only make the position smaller.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before a live order.")] = False,
    confirm: Annotated[
        str | None, typer.Option("--confirm", help="The quantity once more, for orders above 5,000 USD.")
    ] = None,
    what_if: Annotated[
        bool, typer.Option("--what-if", help="Send nothing: say verdict, fill, fees, margin and the room left.")
    ] = False,
    json: Json = False,
) -> None:
    symbol, venue = _instrument(instrument)
    amount, price = _positive(quantity, "quantity"), None if limit is None else _positive(limit, "--limit")
    _refuse_contradictions(price, ioc=ioc, post_only=post_only)
    held = HeldOptions(stop, trigger, take_profit, stop_loss, oco)
    order_type, prices = held.read(price, ioc=ioc, post_only=post_only, reduce_only=reduce_only)
    body: dict[str, object] = {
        "venue": venue,
        "symbol": symbol,
        "side": side,
        "quantity": format(amount, "f"),
        "order_type": order_type,
        "time_in_force": "ioc" if ioc else "gtc",
        "post_only": post_only,
        "reduce_only": reduce_only,
    }
    if price is not None:
        body["limit_price"] = format(price, "f")
    body |= {name: format(value, "f") for name, value in prices.items()}
    if trigger is not None:
        body["trigger"] = trigger
    if what_if:
        show_what_if(body, as_json=json)
        return
    known_price = price if price is not None else prices.get("stop_price")
    _confirm(f"{side} {amount} {instrument}", venue, symbol, amount, known_price, yes=yes, confirm=confirm)
    _finish(engine.command("/api/orders", body | engine.as_of_now()), json)


def amend(
    order_id: Annotated[str, typer.Argument(help="The order's id, as `seraphim orders` shows it.")],
    price: Annotated[str | None, typer.Option("--price", help="The new limit price.")] = None,
    quantity: Annotated[
        str | None, typer.Option("--quantity", help="The new total quantity, what is filled included.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before a live order is changed.")] = False,
    confirm: Annotated[
        str | None, typer.Option("--confirm", help="The total quantity once more, above 5,000 USD.")
    ] = None,
    json: Json = False,
) -> None:
    if price is None and quantity is None:
        raise CommandError(ExitCode.USAGE, "give --price, --quantity or both")
    new_price = None if price is None else _positive(price, "--price")
    new_quantity = None if quantity is None else _positive(quantity, "--quantity")
    known = _order(order_id)
    total = new_quantity or _decimal(known.get("quantity")) or Decimal(0)
    limit = new_price or _decimal(known.get("limit_price"))
    venue, symbol = str(known.get("venue")), str(known.get("symbol"))
    what = f"{order_id} to {total} {symbol}@{venue} at {limit}"
    if total * (limit or 0) > _value(known):  # what makes an order smaller is one word
        _confirm(what, venue, symbol, total, limit, yes=yes, confirm=confirm)
    changed = (("limit_price", new_price), ("quantity", new_quantity))
    body = {name: format(value, "f") for name, value in changed if value is not None}
    path = f"/api/orders/{engine.segment(order_id)}"
    _finish(engine.patch(path, body | engine.as_of_now(), timeout_s=AMEND_TIMEOUT_S), json)


def _order(order_id: str) -> engine.Body:
    """Return what the engine says of an order, to size what is asked for; it judges an unknown one itself."""
    found = engine.rows(engine.read("/api/orders"), "orders")
    nothing: engine.Body = {}
    return next((order for order in found if order.get("client_order_id") == order_id), nothing)


def _value(order: engine.Body) -> Decimal:
    return (_decimal(order.get("quantity")) or Decimal(0)) * (_decimal(order.get("limit_price")) or Decimal(0))


def cancel(
    order_id: Annotated[str | None, typer.Argument(help="The order's id, as `seraphim orders` shows it.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Cancel all orders of this engine.")] = False,
    venue: Annotated[str | None, typer.Option("--venue", help="With --all: only at this venue.")] = None,
    symbol: Annotated[str | None, typer.Option("--symbol", help="With --all: only this symbol.")] = None,
    side: Annotated[
        Literal["buy", "sell"] | None, typer.Option("--side", help="With --all: only this side; stop losses stay.")
    ] = None,
    json: Json = False,
) -> None:
    if every == (order_id is not None):
        raise CommandError(ExitCode.USAGE, "give either one order id or --all")
    if order_id is not None and (venue or symbol or side):
        raise CommandError(ExitCode.USAGE, "--venue, --symbol and --side go with --all, not with an order id")
    if order_id is not None:
        _finish(engine.delete(f"/api/orders/{engine.segment(order_id)}"), json)
        return
    wanted = {"venue": venue, "symbol": symbol, "side": side}
    _finish(engine.delete("/api/orders", {key: value for key, value in wanted.items() if value}), json)


class HeldOptions(NamedTuple):
    """The options that have something held."""

    stop: str | None
    trigger: str | None
    take_profit: str | None
    stop_loss: str | None
    oco: bool

    def read(
        self, price: Decimal | None, *, ioc: bool, post_only: bool, reduce_only: bool
    ) -> tuple[str, dict[str, Decimal]]:
        """Return the order type and the prices beside the limit; refuse what does not go together."""
        given = {"stop_price": self.stop, "take_profit": self.take_profit, "stop_loss": self.stop_loss}
        prices = {
            name: _positive(text, f"--{name.removesuffix('_price').replace('_', '-')}")
            for name, text in given.items()
            if text is not None
        }
        self._refuse(price, ioc=ioc, post_only=post_only, reduce_only=reduce_only)
        if self.stop is None:
            return ("market" if price is None else "limit"), prices
        return ("oco" if self.oco else "stop" if price is None else "stop_limit"), prices

    def _refuse(self, price: Decimal | None, *, ioc: bool, post_only: bool, reduce_only: bool) -> None:
        is_bracket = self.take_profit is not None or self.stop_loss is not None
        if self.oco and (self.stop is None or price is None):
            raise CommandError(ExitCode.USAGE, "--oco needs both --limit and --stop: the two prices of the pair")
        if self.stop is not None and is_bracket:
            raise CommandError(
                ExitCode.USAGE, "--take-profit and --stop-loss protect a market or limit order, not one with --stop"
            )
        if self.stop is not None and (ioc or post_only):
            raise CommandError(ExitCode.USAGE, "--ioc and --post-only do not go with --stop: a stop is held until then")
        if is_bracket and reduce_only:
            raise CommandError(ExitCode.USAGE, "a bracket protects what its order opens: --reduce-only does not fit")
        if self.trigger is not None and self.stop is None and self.stop_loss is None:
            raise CommandError(
                ExitCode.USAGE, "--trigger goes with --stop or --stop-loss: it says which price they watch"
            )


def _finish(answer: engine.Body, as_json: bool) -> None:
    if as_json:
        say_json(answer)
    else:
        say(str(answer.get("message") or "done"))


def _instrument(text: str) -> tuple[str, str]:
    symbol, separator, venue = text.rpartition("@")
    if not (symbol and separator and venue):
        raise CommandError(ExitCode.USAGE, f"instrument {text!r} is not SYMBOL@venue, e.g. BTC/USDT@sim-a")
    return symbol, venue


def _positive(text: str, name: str) -> Decimal:
    try:
        # Python also reads 1_5 and the digits of other scripts: too easily another number than the one meant.
        value = Decimal(text if text.isascii() and "_" not in text else "")
    except InvalidOperation:
        raise CommandError(ExitCode.USAGE, f"{name} {text!r} is not a number, e.g. 0.01") from None
    if not value.is_finite() or value <= 0 or abs(value.adjusted()) > MAX_EXPONENT:
        allowed = f"above 0, within 10^-{MAX_EXPONENT} and 10^{MAX_EXPONENT}"
        raise CommandError(ExitCode.USAGE, f"{name} {text} must be {allowed}")
    return value


def _refuse_contradictions(price: Decimal | None, *, ioc: bool, post_only: bool) -> None:
    if post_only and price is None:
        raise CommandError(ExitCode.USAGE, "--post-only needs --limit: a market order never rests")
    if post_only and ioc:
        raise CommandError(ExitCode.USAGE, "--post-only and --ioc exclude each other: one rests, the other never does")


def _confirm(
    what: str,
    venue: str,
    symbol: str,
    quantity: Decimal,
    price: Decimal | None,
    *,
    yes: bool,
    confirm: str | None,
) -> None:
    state = engine.read("/api/monitoring/state")
    # A state that does not say `paper` counts as live.
    live = engine.table(state, "global").get("trading_mode") != "paper"
    market = engine.table(engine.table(engine.table(state, "market"), venue), symbol)
    # A market order is sized at the dearer side; without any price the risk gate refuses it.
    reference = price if price is not None else _decimal(market.get("ask") or market.get("last"))
    point_value = _decimal(market.get("point_value_usd")) or Decimal(1)  # unknown: the risk gate refuses new risk
    notional = None if reference is None else quantity * reference * point_value
    if notional is not None and notional > TYPED_CONFIRMATION_USD:
        _confirm_size(what, quantity, notional, confirm)
    elif live and not yes:
        _confirm_live(what)


def _confirm_size(what: str, quantity: Decimal, notional: Decimal, confirm: str | None) -> None:
    if confirm is None and sys.stdin.isatty():
        confirm = str(typer.prompt(f"{what} is about {notional:,.0f} USD. Type the quantity to send it", err=True))
    try:
        agreed = confirm is not None and Decimal(confirm.strip()) == quantity
    except InvalidOperation:
        agreed = False
    if not agreed:
        raise CommandError(
            ExitCode.USAGE,
            f"{what} is about {notional:,.0f} USD, above {TYPED_CONFIRMATION_USD:,} USD:"
            f" it needs --confirm {quantity}; nothing was sent",
        )


def _confirm_live(what: str) -> None:
    agreed = sys.stdin.isatty() and typer.prompt(f"LIVE, real money: {what}. Type live to send it", err=True) == "live"
    if not agreed:
        raise CommandError(ExitCode.USAGE, "a live order needs --yes; nothing was sent")


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))
