"""What the configuration's models allow, in a trader's words: found by a key, read from the models alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from core.config.problem import Key, show


@dataclass(frozen=True, slots=True)
class Found:
    """Where a location of the models leads: its key as written in a file, what it takes, the table around it."""

    key: Key
    allowed: str
    table: type[BaseModel]


def find(root: type[BaseModel], location: Sequence[str | int]) -> Found:
    """Follow a location of a validation error, whose parts are keys, list positions and names of union members."""
    current: Any = root
    key: Key = ()
    takes = "a table"
    table: type[BaseModel] = root
    for part in location:
        kind = bare(current)
        if is_table(kind):
            table, name = kind, str(part)
            key += (name,)
            field = kind.model_fields.get(name)
            if field is None:
                break
            current, takes = field.annotation, allowed(field)
        elif get_origin(kind) is dict:
            key += (str(part),)
            current = get_args(kind)[1]
            takes = describe(current)
        elif part in (members := {kind_of(member): member for member in tables_of(kind)}):
            current = members[str(part)]
        else:
            break
    return Found(key, takes, table)


def bare(annotation: Any) -> Any:
    """Take the outermost ``Annotated`` off."""
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def is_table(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def tables_of(annotation: Any) -> list[type[BaseModel]]:
    """Return the models of a union that `kind` chooses from, none for any other annotation."""
    if get_origin(annotation) not in (Union, UnionType):
        return []
    return [member for member in get_args(annotation) if is_table(member)]


def kind_of(table: type[BaseModel]) -> str:
    """Return the value of `kind` that chooses this table."""
    return str(get_args(table.model_fields["kind"].annotation)[0])


def allowed(field: FieldInfo) -> str:
    """Say what a field takes: its type and its bounds, e.g. ``a number > 0 and ≤ 100``."""
    return describe(field.annotation, tuple(field.metadata))


def describe(annotation: Any, metadata: Sequence[object] = ()) -> str:
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return describe(inner, (*metadata, *more))
    if get_origin(annotation) in (Union, UnionType):
        return " or ".join(describe(member) for member in get_args(annotation) if member is not NoneType)
    if get_origin(annotation) is Literal:
        return "one of " + ", ".join(show(value) for value in get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "one of " + ", ".join(show(member) for member in annotation)
    return " ".join([_noun(annotation), " and ".join(_bounds(metadata))]).strip()


def _noun(annotation: Any) -> str:
    nouns: dict[object, str] = {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        Decimal: "a number",
        str: "a text in quotes",
    }
    if get_origin(annotation) is tuple:
        return f"a list, each {describe(get_args(annotation)[0])}"
    return nouns.get(annotation, "a table")


def _bounds(metadata: Sequence[object]) -> Iterator[str]:
    for bound in _flat(metadata):
        match bound:
            case annotated_types.Gt(gt=limit):
                yield f"> {limit}"
            case annotated_types.Ge(ge=limit):
                yield f"≥ {limit}"
            case annotated_types.Lt(lt=limit):
                yield f"< {limit}"
            case annotated_types.Le(le=limit):
                yield f"≤ {limit}"
            case _:
                pass


def _flat(metadata: Sequence[object]) -> Iterator[object]:
    for item in metadata:
        if isinstance(item, FieldInfo):
            yield from cast("Sequence[object]", item.metadata)
        else:
            yield item
