"""JSON as the command line prints it: one document on one line, Decimals as they are, not as rounded floats."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import cast


def json_text(value: object) -> str:
    """Write a value as JSON on one line; a Decimal keeps all its digits."""
    match value:
        case Decimal():
            return format(value, "f") if value.is_finite() else "null"
        case dict() | Mapping():
            pairs = cast("Mapping[str, object]", value)
            return "{" + ", ".join(f"{json.dumps(str(name))}: {json_text(item)}" for name, item in pairs.items()) + "}"
        case list() | tuple():
            items = cast("list[object]", value)
            return "[" + ", ".join(json_text(item) for item in items) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False)
