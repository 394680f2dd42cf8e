"""The parameters of one request, read with Binance's complaints where they are wrong."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from adapters.sim.binance_protocol.api_error import ApiError, invalid_value, missing

_DECIMAL: Final = re.compile(r"\d{1,20}(\.\d{1,20})?")
_CLIENT_ID: Final = re.compile(r"[\.A-Z\:/a-z0-9_-]{1,36}")


class Params:
    """Texts by name; an empty text counts as not sent."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = {name: value for name, value in values.items() if value}

    def text(self, name: str) -> str | None:
        return self._values.get(name)

    def required(self, name: str) -> str:
        value = self._values.get(name)
        if value is None:
            raise missing(name)
        return value

    def names(self, name: str) -> list[str] | None:
        """Read a JSON list of texts."""
        value = self._values.get(name)
        if value is None:
            return None
        try:
            return msgspec.json.decode(value, type=list[str])
        except msgspec.DecodeError:
            raise invalid_value(name) from None

    def integer(self, name: str) -> int | None:
        value = self._values.get(name)
        if value is None:
            return None
        if not re.fullmatch(r"-?\d{1,18}", value):
            raise _illegal(name, r"^[0-9]{1,20}$")
        return int(value)

    def count(self, name: str, default: int, most: int) -> int:
        """Read how many rows are wanted; more than the most counts as the most."""
        value = self.integer(name)
        if value is None:
            return default
        if value < 1:
            raise invalid_value(name)
        return min(value, most)

    def decimal(self, name: str) -> Decimal | None:
        value = self._values.get(name)
        if value is None:
            return None
        if not _DECIMAL.fullmatch(value):
            raise _illegal(name, r"^([0-9]{1,20})(\.[0-9]{1,20})?$")
        try:
            return Decimal(value)
        except InvalidOperation:
            raise invalid_value(name) from None

    def boolean(self, name: str) -> bool:
        value = (self._values.get(name) or "false").lower()
        if value not in {"true", "false"}:
            raise invalid_value(name)
        return value == "true"

    def choice(self, name: str, allowed: Sequence[str], default: str) -> str:
        value = self._values.get(name, default)
        if value not in allowed:
            raise invalid_value(name)
        return value

    def client_id(self, name: str) -> str | None:
        value = self._values.get(name)
        if value is not None and not _CLIENT_ID.fullmatch(value):
            raise _illegal(name, r"^[\.A-Z\:/a-z0-9_-]{1,36}$")
        return value


def _illegal(name: str, legal: str) -> ApiError:
    return ApiError(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'.")
