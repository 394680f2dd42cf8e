"""Values of the console as bytes: numbers and texts as they are, small data types by their name.

What is read back comes from a file, so only data of this program's own is made from it: no function is ever called
but the constructors of data types, and none but those of the modules below.
"""

import dataclasses
import enum
import importlib
from collections import deque
from decimal import Decimal
from typing import Any, Final, cast

import msgspec

_MODULES: Final = ("core.state.", "core.types.", "core.config.", "tui.console.", "tui.panes.", "tui.present.")
_TYPE, _VALUE, _MOST = "type", "of", "most"
_BARE: Final = (bool, int, float, str, bytes, type(None))


class NotPlainError(TypeError):
    """A value that is more than data."""


def packed(values: dict[str, object]) -> bytes:
    """Encode what `plain` returned."""
    return msgspec.msgpack.encode(values)


def unpacked(text: bytes) -> dict[str, object]:
    """Return what was packed; raise ValueError where it is damaged."""
    try:
        return msgspec.msgpack.decode(text, type=dict[str, object])
    except msgspec.DecodeError as error:
        raise ValueError(f"the kept screen cannot be read: {error}") from None


def plain(value: object) -> object:
    """Return a value as texts, numbers, lists and tagged tables; raise NotPlainError for anything that lives."""
    kind = type(value)
    if kind in _BARE:
        return value
    if kind is list:
        return [plain(each) for each in cast("list[object]", value)]
    if kind is dict:
        pairs = cast("dict[object, object]", value)
        return {_TYPE: "dict", _VALUE: [[plain(key), plain(each)] for key, each in pairs.items()]}
    if kind is deque:
        series = cast("deque[object]", value)
        return {_TYPE: "deque", _VALUE: [plain(each) for each in series], _MOST: series.maxlen}
    if kind in {tuple, set, frozenset}:
        return {_TYPE: kind.__name__, _VALUE: [plain(each) for each in cast("tuple[object, ...]", value)]}
    if kind is Decimal:
        return {_TYPE: "Decimal", _VALUE: str(value)}
    if not kind.__module__.startswith(_MODULES):
        raise NotPlainError(f"{kind.__name__} is not kept")
    return {_TYPE: f"{kind.__module__}:{kind.__qualname__}", _VALUE: _parts(value)}


def _parts(value: object) -> object:
    if isinstance(value, enum.Enum):
        return value.name
    names = _field_names(type(value))
    if names is None:
        raise NotPlainError(f"{type(value).__name__} is not kept")
    return {name: plain(getattr(value, name)) for name in names}


def _field_names(kind: type) -> tuple[str, ...] | None:
    """Return the fields of a data type, None for any other; an enum has none."""
    if dataclasses.is_dataclass(kind):
        return tuple(field.name for field in dataclasses.fields(kind))
    names: object = getattr(cast("object", kind), "_fields" if issubclass(kind, tuple) else "__struct_fields__", None)
    return cast("tuple[str, ...] | None", names)


def valued(given: object) -> Any:
    """Return the value again; raise ValueError for what this version does not know."""
    if isinstance(given, list):
        return [valued(each) for each in cast("list[object]", given)]
    if not isinstance(given, dict):
        return given
    table = cast("dict[str, object]", given)
    name, parts = str(table.get(_TYPE)), table.get(_VALUE)
    if name == "Decimal":
        return Decimal(str(parts))
    if name == "dict":
        return {valued(key): valued(each) for key, each in cast("list[list[object]]", parts)}
    if name == "deque":
        return deque((valued(each) for each in cast("list[object]", parts)), cast("int | None", table.get(_MOST)))
    if (series := {"tuple": tuple, "set": set, "frozenset": frozenset}.get(name)) is not None:
        return series(valued(each) for each in cast("list[object]", parts))
    return _made(_type_named(name), parts)


def _type_named(name: str) -> type:
    module, _, path = name.partition(":")
    if not module.startswith(_MODULES):
        raise ValueError(f"{name} is no data of the console")
    try:
        found: object = importlib.import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"{name} is not known to this version: {error}") from None
    if not isinstance(found, type):
        raise ValueError(f"{name} is no data of the console")
    kind = cast("type[object]", found)
    if not issubclass(kind, enum.Enum) and _field_names(kind) is None:
        raise ValueError(f"{name} is no data of the console")
    return kind


def _made(kind: type, parts: object) -> object:
    try:
        if issubclass(kind, enum.Enum):
            return kind[str(parts)]
        return kind(**{name: valued(each) for name, each in cast("dict[str, object]", parts).items()})
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{kind.__name__} is another one in this version: {error}") from None
