"""What every section of the configuration is made of: a frozen table that knows its keys, and typed numbers."""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Section(BaseModel):
    """A table of the configuration. Unknown keys are errors; nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


def _only_numbers(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("not a number")
    return value


Number = Annotated[Decimal, BeforeValidator(_only_numbers)]
Usd = Annotated[Number, Field(gt=0)]
Amount = Annotated[Number, Field(ge=0)]
Percent = Annotated[Number, Field(gt=0, le=100)]
Share = Annotated[Number, Field(ge=0, le=1)]
FeeBps = Annotated[Number, Field(ge=-100, le=1000)]
PositiveShare = Annotated[Number, Field(gt=0, le=1)]
Seconds = Annotated[float, BeforeValidator(_only_numbers), Field(gt=0, le=86_400)]
Hertz = Annotated[float, BeforeValidator(_only_numbers), Field(gt=0, le=60)]
Count = Annotated[int, Field(strict=True, ge=1)]
Milliseconds = Annotated[int, Field(strict=True, ge=0, le=60_000)]
Whole = Annotated[int, Field(strict=True)]
Switch = Annotated[bool, Field(strict=True)]
Text = Annotated[str, Field(min_length=1)]
