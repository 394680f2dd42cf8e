"""Typed parameters of strategies, and errors that say which one is wrong and what is allowed."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, NamedTuple, TypeVar, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError

from core.bars.timeframe import Timeframe
from core.types.instrument import InstrumentId


class ParameterFault(NamedTuple):
    """One wrong parameter; the text names strategy, key, value and what is allowed."""

    key: str
    text: str


class ParameterError(ValueError):
    """A parameter is unknown, missing or not allowed; the text names strategy, key, value and what is allowed."""

    def __init__(self, text: str, faults: Sequence[ParameterFault] = ()) -> None:
        super().__init__(text)
        self.faults = tuple(faults)


def _read_instruments(value: object) -> object:
    """Read ``"BTC/USDT@sim-a, ETH/USDT@sim-a"`` or a list of such names."""
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not names:
        raise ValueError("one or more names of the form SYMBOL@venue, e.g. BTC/USDT@sim-a, with commas between")
    found: list[InstrumentId] = []
    for name in cast("list[object]", names):
        instrument_id = name if isinstance(name, InstrumentId) else InstrumentId.parse(str(name).strip())
        if instrument_id in found:
            raise ValueError(f"each instrument once; {instrument_id} is there twice")
        found.append(instrument_id)
    return tuple(found)


def _write_instruments(instruments: tuple[InstrumentId, ...]) -> str:
    return ",".join(str(each) for each in instruments)


Instruments = Annotated[
    tuple[InstrumentId, ...], BeforeValidator(_read_instruments), PlainSerializer(_write_instruments, return_type=str)
]


class StrategyParameters(BaseModel):
    """What every strategy is told. Values may come as texts, as the command line gives them."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    instruments: Instruments = Field(description="what to trade, as SYMBOL@venue, several with commas")
    timeframe: Timeframe = Field(default=Timeframe.M1, description="length of a bar")

    def texts(self) -> dict[str, str]:
        """Return every parameter as text; the same texts give equal parameters again."""
        return {name: str(value) for name, value in self.model_dump(mode="json").items()}


P = TypeVar("P", bound=StrategyParameters)


def read_parameters(strategy: str, model: type[P], raw: Mapping[str, Any]) -> P:
    """Check raw values and return typed parameters; raise ParameterError that names every wrong one."""
    try:
        return model.model_validate(dict(raw))
    except ValidationError as error:
        details = cast("list[dict[str, Any]]", error.errors())
        faults = [ParameterFault(_key(detail), _explain(strategy, model, detail)) for detail in details]
        raise ParameterError("; ".join(fault.text for fault in faults), faults) from None


def _key(detail: dict[str, Any]) -> str:
    return ".".join(str(part) for part in detail["loc"])


def _explain(strategy: str, model: type[StrategyParameters], detail: dict[str, Any]) -> str:
    key = _key(detail)
    allowed = str(detail["msg"]).removeprefix("Value error, ").removeprefix("Input should be ").rstrip(".")
    allowed, _, _ = allowed.partition(", unable to parse")
    match detail["type"]:
        case "extra_forbidden":
            near = get_close_matches(key, model.model_fields, n=1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            return f"strategy {strategy!r} has no parameter {key!r}{hint}; it has {', '.join(model.model_fields)}"
        case "missing":
            return f"strategy {strategy!r} needs parameter {key!r}: {model.model_fields[key].description or 'required'}"
        case _ if not key:
            return f"strategy {strategy!r}: {allowed}"
        case _:
            return f"strategy {strategy!r}: {key} = {_shown(detail['input'])} is not allowed: {allowed}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
