"""JSON as the command line prints it: Decimals leave as the numbers they are, not as rounded floats."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import cast

INDENT = "  "


def json_text(value: object, indent: str = "") -> str:
    """Write a value as indented JSON; a Decimal keeps all its digits."""
    deeper = indent + INDENT
    match value:
        case Decimal():
            return format(value, "f") if value.is_finite() else "null"
        case dict() | Mapping():
            pairs = cast("Mapping[str, object]", value)
            inner = [f"{deeper}{json.dumps(str(name))}: {json_text(item, deeper)}" for name, item in pairs.items()]
            return _wrapped(inner, "{", "}", indent)
        case list() | tuple():
            items = cast("list[object]", value)
            return _wrapped([deeper + json_text(item, deeper) for item in items], "[", "]", indent)
        case _:
            return json.dumps(value, ensure_ascii=False)


def _wrapped(lines: list[str], opening: str, closing: str, indent: str) -> str:
    if not lines:
        return opening + closing
    return f"{opening}\n" + ",\n".join(lines) + f"\n{indent}{closing}"
