"""`seraphim keys`: keep the keys of venues, list them without showing them, test and remove them."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from core.paths import Paths
from tui.cli.exits import CommandError, ExitCode
from tui.cli.hidden_input import ask_hidden, is_terminal
from tui.cli.key_input import read_parts
from tui.cli.output import Json, note, say, say_json
from tui.cli.tables import Column, print_table

if TYPE_CHECKING:
    from adapters.keys.key_name import KeyName
    from adapters.keys.key_store import KeyStore
    from adapters.keys.stores import WritableStore
    from core.ports.keys import KeyRights
    from core.types.credentials import Credentials
    from tui.compose.key_testing import KeyTester

HELP: Final = "Keep, list, test and remove the keys of venues."
EXAMPLES: Final = (
    "Examples: seraphim keys add binance · seraphim keys add coinbase --from-file cdp_api_key.json"
    " · seraphim keys list · seraphim keys remove binance"
)
COLUMNS: Final = (
    Column("venue", "venue"),
    Column("account", "account"),
    Column("store", "store"),
    Column("shown in part", "shown"),
    Column("place", "place"),
)
KEYRING_TIMEOUT_S: Final = 60.0
"""A person may have to type the keyring's password into its window."""
TEST_TIMEOUT_S: Final = 30.0

Venue = Annotated[str, typer.Argument(help="The venue, e.g. binance.")]
Account = Annotated[str, typer.Option("--account", help="A name of your choice where you have several accounts there.")]

group = typer.Typer(help=f"{HELP}\n\n{EXAMPLES}", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="keys")


@group.command("add", help="Keep a key: asked for without showing it, from a file, or as JSON on the standard input.")
def add(
    *,
    venue: Venue,
    account: Account = "main",
    from_file: Annotated[
        Path | None, typer.Option("--from-file", help="JSON of the key's parts, or its PEM alone.", show_default=False)
    ] = None,
    store: Annotated[
        Literal["keyring", "vault"] | None,
        typer.Option("--store", help="Where to; left out: the keyring if it answers."),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of a key that is there.")] = False,
    test: Annotated[
        bool, typer.Option("--test/--no-test", help="Ask the venue what the key may do, before it is kept.")
    ] = True,
    json: Json = False,
) -> None:
    from adapters.keys.fields import fields_of, make_credentials  # noqa: PLC0415 - msgspec, not for every command
    from adapters.keys.key_store import remember_key  # noqa: PLC0415 - as above
    from adapters.keys.stores import StoreKind  # noqa: PLC0415 - as above

    with _Told():
        name = _name(venue, account)
        fields = fields_of(venue)
        kept = _open()
        target = kept.target(name, None if store is None else StoreKind(store))
        if not replace and target.read(name) is not None:
            raise CommandError(ExitCode.USAGE, f"{target.place}: has a key of {name}; --replace takes its place")
        credentials = make_credentials(name, read_parts(fields, from_file))
        remember_key(credentials)
        rights = _tested(credentials) if test and _tester(venue) is not None else _untested(venue, test=test)
        kept.put(credentials, target)
    _say_kept(name, target, rights, as_json=json)


@group.command("list", help="List the keys that are kept; of each only the ends of what tells it apart are shown.")
def show(json: Json = False) -> None:
    from adapters.keys.fields import labels_of  # noqa: PLC0415 - msgspec, not for every command

    with _Told():
        found = _open().listing()
    rows = [
        {
            "venue": key.credentials.venue,
            "account": key.credentials.account,
            "store": key.store.value,
            "place": key.place,
            "fields": labels_of(key.credentials),
        }
        for key in found.keys
    ]
    if json:
        say_json(
            {"keys": rows, "troubles": [{"store": each.store.value, "text": each.text} for each in found.troubles]}
        )
    else:
        shown = [
            {**row, "shown": " ".join(labels_of(key.credentials).values())}
            for row, key in zip(rows, found.keys, strict=True)
        ]
        nothing = "no key could be read" if found.troubles else "no keys; `seraphim keys add VENUE` keeps one"
        print_table("", COLUMNS, shown, empty=nothing)
        for trouble in found.troubles:
            note(f"warning: {trouble.text}")
    if found.troubles:
        raise typer.Exit(ExitCode.FAILED)


@group.command("test", help="Ask the venue what a kept key may do; exit with 1 where it may withdraw.")
def probe(venue: Venue, account: Account = "main", json: Json = False) -> None:
    with _Told():
        name = _name(venue, account)
        found = _open().find(name)
        if found is None:
            raise CommandError(ExitCode.FAILED, f"there is no key of {name}; `seraphim keys add {venue}` keeps one")
        rights = _tested(found.credentials)
    if json:
        say_json({"venue": venue, "account": account, "store": found.store.value, **_rights_fields(rights)})
    else:
        say(f"{name} in {found.place}: {_rights_text(rights)}")


@group.command("remove", help="Remove a key from every place that has it; asks for the venue's name.")
def remove(
    venue: Venue,
    account: Account = "main",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    with _Told():
        name = _name(venue, account)
        _confirm_removal(name, yes=yes)
        places = [store.place for store in _open().remove(name)]
    if not places:
        raise CommandError(ExitCode.FAILED, f"there is no key of {name} that could be removed")
    if json:
        say_json({"venue": venue, "account": account, "removed_from": places})
    else:
        say(f"{name} removed from {', '.join(places)}; revoke it at the venue too if somebody else may have seen it")


class _Told:
    """Turn what stores and forms raise into the errors of a command; the traceback is not followed further."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        from adapters.keys.key_name import KeyRefusedError  # noqa: PLC0415 - not for every command
        from core.ports.keys import KeyStoreError  # noqa: PLC0415 - msgspec, not for every command

        if isinstance(error, KeyRefusedError):
            raise CommandError(ExitCode.USAGE, str(error)) from None
        if isinstance(error, KeyStoreError):
            raise CommandError(ExitCode.FAILED, str(error)) from None


def _name(venue: str, account: str) -> "KeyName":
    from adapters.keys.key_name import key_name  # noqa: PLC0415 - msgspec, not for every command

    return key_name(venue, account)


def _open() -> "KeyStore":
    from core.config.load import load_config  # noqa: PLC0415 - pydantic is not for every command
    from tui.compose.keys import key_store  # noqa: PLC0415 - as above

    paths = Paths.from_environment()
    config = load_config(paths.config_file).keys
    return key_store(paths, config, ask=ask_hidden if is_terminal() else None, keyring_timeout_s=KEYRING_TIMEOUT_S)


def _tested(credentials: "Credentials") -> "KeyRights":
    """Ask the venue; raise CommandError where it does not tell, or for a key that may withdraw."""
    from core.io.redaction import redact  # noqa: PLC0415 - only here
    from tui.compose.key_testing import may_withdraw  # noqa: PLC0415 - the adapters, not for every command

    tester = _tester(credentials.venue)
    if tester is None:
        raise CommandError(ExitCode.FAILED, f"{_no_test(credentials.venue)}; nothing was asked")

    async def ask() -> "KeyRights":
        async with asyncio.timeout(TEST_TIMEOUT_S):
            return await tester(credentials)

    try:
        rights = asyncio.run(ask())
    except TimeoutError:
        problem = f"no answer within {TEST_TIMEOUT_S:.0f} s"
    except Exception as error:  # of whichever library the venue's adapter uses
        problem = redact(f"{type(error).__name__}: {error}").replace("\n", " ")
    else:
        if not may_withdraw(rights):
            return rights
        problem = f"this key of {credentials.venue} may withdraw: make one that may not, and revoke this one"
        raise CommandError(ExitCode.FAILED, problem)
    raise CommandError(ExitCode.FAILED, f"{credentials.venue} did not say what the key may do: {problem}")


def _tester(venue: str) -> "KeyTester | None":
    from core.config.load import load_config  # noqa: PLC0415 - pydantic is not for every command
    from tui.compose.key_testing import tester_of  # noqa: PLC0415 - the adapters, not for every command

    paths = Paths.from_environment()
    return tester_of(venue, load_config(paths.config_file), paths)


def _confirm_removal(name: "KeyName", *, yes: bool) -> None:
    if yes:
        return
    if not is_terminal():
        raise CommandError(ExitCode.USAGE, "removing a key needs --yes where nobody can be asked; nothing was removed")
    if typer.prompt(f"Type {name.venue} to remove the key of {name}", err=True) != name.venue:
        raise CommandError(ExitCode.USAGE, "that is another name; nothing was removed")


def _say_kept(name: "KeyName", target: "WritableStore", rights: "KeyRights", *, as_json: bool) -> None:
    if as_json:
        body = {"venue": name.venue, "account": name.account, "store": target.kind.value, "place": target.place}
        say_json({**body, "strength": target.strength, **_rights_fields(rights)})
        return
    say(f"{name} is kept in {target.place}")
    say(f"protection: {target.strength}")
    say(f"rights: {_rights_text(rights)}")


def _untested(venue: str, *, test: bool) -> "KeyRights":
    from core.ports.keys import KeyRights  # noqa: PLC0415 - msgspec, not for every command

    return KeyRights(rights=None, detail=_no_test(venue) if test else "not tested")


def _no_test(venue: str) -> str:
    return f"there is no test for {venue} yet"


def _rights_fields(rights: "KeyRights") -> dict[str, object]:
    known = None if rights.rights is None else sorted(right.value for right in rights.rights)
    return {"rights": known, "detail": rights.detail}


def _rights_text(rights: "KeyRights") -> str:
    if rights.rights is None:
        return f"not known: {rights.detail or 'the venue does not tell'}"
    known = ", ".join(sorted(rights.rights)) or "none"
    return f"{known} ({rights.detail})" if rights.detail else known
