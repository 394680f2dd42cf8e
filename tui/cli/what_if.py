"""`seraphim order … --what-if`: what would become of an order now. Nothing is sent."""

from typing import TYPE_CHECKING, Final

from tui.cli import engine
from tui.cli.exits import CommandError, ExitCode
from tui.cli.output import say, say_json
from tui.cli.tables import Column, print_table
from tui.present import numbers

if TYPE_CHECKING:
    from core.state.rehearsal import OrderRehearsalView

PATH: Final = "/api/orders/what_if"
ROOM_COLUMNS: Final = (
    Column("limit", "name"),
    Column("of", "of"),
    Column("kind", "kind"),
    Column("at most", "limit"),
    Column("left now", "left_now"),
    Column("left after", "left_after"),
    Column("unit", "unit"),
)


def show_what_if(body: engine.Body, *, as_json: bool) -> None:
    """Ask the engine and print its answer; raise CommandError (REFUSED) after it where the order would be refused."""
    import msgspec  # noqa: PLC0415 - for this command alone

    from core.state.rehearsal import OrderRehearsalView  # noqa: PLC0415 - for this command alone

    answer = engine.command(PATH, body)
    data = engine.table(answer, "data")
    try:
        view = msgspec.convert(data, OrderRehearsalView)
    except msgspec.ValidationError as error:
        problem = f"the engine's answer cannot be read ({error}); do engine and command line differ?"
        raise CommandError(ExitCode.FAILED, problem) from error
    if as_json:
        say_json(answer)
    else:
        _print(view)
    if view.verdict != "approved":
        raise CommandError(ExitCode.REFUSED, f"would be refused: {view.reason}", data)


def _print(view: "OrderRehearsalView") -> None:
    from tui.present import rehearsal  # noqa: PLC0415 - for this command alone

    value = f"{numbers.money(view.value)} in the quote currency, {numbers.money(view.value_usd)} USD"
    rows = [
        ("what if", f"{view.order}   (nothing is sent)"),
        ("verdict", rehearsal.verdict_text(view)),
        ("value", value if view.value is not None else rehearsal.UNKNOWN),
        ("fills now", rehearsal.fill_text(view)),
        ("then", rehearsal.rest_text(view)),
        ("fees", rehearsal.fees_text(view)),
        ("none" if view.funding is None else view.funding.kind, rehearsal.funding_text(view)),
        *(("note", note) for note in view.notes),
    ]
    say("\n".join(f"{name:<10} {text}" for name, text in rows if text))
    rooms = (
        {
            "name": rehearsal.room_name(room),
            "of": room.of,
            "kind": "hard" if room.is_hard else "soft",
            "limit": numbers.room(room.limit),
            "left_now": numbers.room(room.left_now),
            "left_after": f"{numbers.room(room.left_after)}{f': {room.note}' if room.note else ''}",
            "unit": room.unit,
        }
        for room in view.rooms
    )
    print_table("", ROOM_COLUMNS, rows=rooms, empty="no limit is known")
