"""Where TWS or IB Gateway is, which account is traded, and how patient this side is."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

import msgspec

from core.bars.timeframe import Timeframe


class CommissionRule(msgspec.Struct, frozen=True, kw_only=True):
    """IBKR Pro's fixed prices for US stocks: what a fill is charged where its commission report never comes."""

    per_share: Decimal = Decimal("0.005")
    least_per_order: Decimal = Decimal(1)
    most_of_value: Decimal = Decimal("0.01")

    def estimate(self, price: Decimal, quantity: Decimal) -> Decimal:
        return min(max(quantity * self.per_share, self.least_per_order), price * quantity * self.most_of_value)


class InteractiveBrokersSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One login: TWS listens on 7496 (live) and 7497 (paper), Gateway on 4001 (live) and 4002 (paper)."""

    symbols: tuple[str, ...]
    venue: str = "interactive_brokers"
    host: str = "127.0.0.1"
    port: int = 7497
    client_id: int = 17  # each program at one TWS needs its own; keep it, or own orders cannot be cancelled singly
    account: str = ""  # empty where the login has one account only
    currency: str = "USD"
    primary_exchanges: Mapping[str, str] = MappingProxyType({})  # by symbol, where several stocks have the same one
    time_zone: str = ""  # of an old TWS that sends times without theirs; empty: refuse such times
    fee_rate: Decimal = Decimal("0.001")  # what risk and capital reckon with; fills carry the true commission
    commission: CommissionRule = CommissionRule()
    history: Mapping[Timeframe, int] = MappingProxyType(
        {Timeframe.M1: 500}
    )  # closed bars that are read when the feed starts
    history_every_s: float = 300.0  # how old they may be where a series begins later
    connect_timeout_s: float = 5.0
    request_timeout_s: float = 10.0
    history_timeout_s: float = 60.0
    heartbeat_s: float = 5.0  # how often TWS is asked for its time; unanswered for as long, the connection is dead
    first_retry_s: float = 0.5
    commission_wait_s: float = 3.0
    quiet_after_s: float = 1.0  # an unchanged quote is asked for anew: only an answer proves that it still holds
    look_every_s: float = 0.5  # at market hours, and at quotes that were refused or are quiet
    ask_again_s: float = 30.0  # quotes that were refused
    cancel_looks: int = 10  # how often open orders are looked at after everything was cancelled
    cancel_look_s: float = 0.3
    messages_per_s: float = 22.0  # burst and refill both: never more than 45 within any second
