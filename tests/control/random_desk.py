"""Desks made from the types of their fields alone, and what may become of one: whatever a desk holds is in them."""

import copy
import random
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import inspect

from core.state.desk import DeskSnapshot

_MONEY = ("0", "1.10", "1.1", "1.100", "-60000.123456789012345678", "1E+3")
_NUMBERS = (0.0, -0.0, 0.1, 1.5, -2e-9, 1e22)
_TEXTS = ("", "sim-a", "BTC/USDT@sim-a", 'ключ/€ "quoted"', "[1,2]\n")


class RandomDesk:
    """Makes the same desks of the same seed."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._sequence = 0

    def desk(self) -> DeskSnapshot:
        made: DeskSnapshot = self._value(inspect.type_info(DeskSnapshot))
        return made

    def later(self, desk: DeskSnapshot) -> DeskSnapshot:
        """Return what the desk is at another moment; the one before stays as it is."""
        later = self._later(desk, inspect.type_info(DeskSnapshot), depth=0)
        assert isinstance(later, DeskSnapshot)
        return later

    def _value(self, kind: inspect.Type) -> Any:
        chance = self._chance
        match kind:
            case inspect.StructType():
                return kind.cls(**{field.name: self._value(field.type) for field in kind.fields})
            case inspect.UnionType():
                return self._value(chance.choice(kind.types))
            case inspect.ListType():
                return [self._value(kind.item_type) for _ in range(chance.randrange(4))]
            case inspect.VarTupleType():
                return tuple(self._value(kind.item_type) for _ in range(chance.randrange(3)))
            case inspect.TupleType():
                return tuple(self._value(each) for each in kind.item_types)
            case inspect.DictType():
                return {self._value(kind.key_type): self._value(kind.value_type) for _ in range(chance.randrange(4))}
            case inspect.EnumType():
                return chance.choice(list(kind.cls))
            case _:
                return self._plain(kind)

    def _plain(self, kind: inspect.Type) -> Any:
        chance = self._chance
        match kind:
            case inspect.DecimalType():
                return Decimal(chance.choice(_MONEY))
            case inspect.FloatType():
                return chance.choice(_NUMBERS)
            case inspect.IntType():
                return chance.choice((0, 1, -7, 2**62))
            case inspect.StrType():
                return chance.choice(_TEXTS)
            case inspect.BoolType():
                return chance.random() < 0.5
            case inspect.NoneType():
                return None
            case _:
                raise TypeError(f"nothing is made of {kind} yet")

    def _later(self, value: Any, kind: inspect.Type, depth: int) -> Any:
        chance = self._chance
        if depth > 0 and chance.random() < 0.4:
            return value if chance.random() < 0.5 else copy.deepcopy(value)
        if isinstance(kind, inspect.UnionType) and value is not None and chance.random() < 0.7:
            kind = next(each for each in kind.types if not isinstance(each, inspect.NoneType))
        match kind:
            case inspect.StructType():
                return self._struct_later(value, kind, depth)
            case inspect.ListType():
                return self._list_later(value, kind, depth)
            case inspect.DictType():
                later = {key: self._later(each, kind.value_type, depth + 1) for key, each in value.items()}
                if later and chance.random() < 0.2:
                    del later[chance.choice(list(later))]
                if chance.random() < 0.2:
                    later[self._value(kind.key_type)] = self._value(kind.value_type)
                return later
            case _:
                return self._value(kind)

    def _struct_later(self, value: Any, kind: inspect.StructType, depth: int) -> Any:
        names = [field for field in kind.fields if depth < 2 or self._chance.random() < 0.3]
        return msgspec.structs.replace(
            value, **{field.name: self._later(getattr(value, field.name), field.type, depth + 1) for field in names}
        )

    def _list_later(self, value: list[Any], kind: inspect.ListType, depth: int) -> list[Any]:
        chance = self._chance
        later = [self._later(each, kind.item_type, depth + 1) for each in value if chance.random() < 0.8]
        for _ in range(chance.randrange(3)):
            place = chance.randrange(len(later) + 1)
            later.insert(
                place, chance.choice(later) if later and chance.random() < 0.3 else self._value(kind.item_type)
            )
        if chance.random() < 0.3:
            chance.shuffle(later)
        return later
