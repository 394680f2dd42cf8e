"""[strategies.<name>]: which strategies run, on what, with which parameters."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, StrictBool, StrictInt, StrictStr

from core.config.section import Section, Switch, Text

ParameterValue = StrictBool | StrictInt | Decimal | StrictStr
Instrument = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]


class StrategyConfig(Section):
    """One running strategy; `kind` is the name it is registered under, the table's name is its own."""

    kind: Text = Field(description="registered name of the strategy, e.g. ma_cross or bollinger_rsi")
    enabled: Switch = Field(default=True, description="start it with the engine")
    instruments: tuple[Instrument, ...] = Field(
        min_length=1, description="what it trades, as SYMBOL@venue, e.g. BTC/USDT:USDT@sim-a"
    )
    parameters: dict[str, ParameterValue] = Field(
        default={}, description="the strategy's own parameters; it checks them itself"
    )
