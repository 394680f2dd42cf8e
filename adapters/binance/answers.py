"""Binance's answers to signed requests, as they are on the wire; spot and USD-M share what they name alike.

Numbers are the venue's decimal strings, read as Decimal without a float in between.
"""

from decimal import Decimal
from typing import Annotated, Final, TypeVar

import msgspec

_NS_PER_MS: Final = 1_000_000
Milliseconds = Annotated[int, msgspec.Meta(ge=0)]
ZERO = Decimal(0)
T = TypeVar("T")


class Acknowledgement(msgspec.Struct, frozen=True, rename="camel"):
    """The answer to a new, amended or cancelled order, as far as both markets and both response types have it."""

    symbol: str
    order_id: int
    client_order_id: str
    status: str | None = None
    orig_client_order_id: str | None = None  # of a spot cancel, whose `client_order_id` names the cancel


class OrderAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """An order as it is listed or asked for."""

    symbol: str
    order_id: int
    client_order_id: str
    side: str
    type: str
    time_in_force: str
    status: str
    price: Decimal
    orig_qty: Decimal
    executed_qty: Decimal
    time: Milliseconds = 0
    update_time: Milliseconds = 0
    reduce_only: bool = False
    close_position: bool = False
    position_side: str = "BOTH"
    spot_notional: Decimal = msgspec.field(name="cummulativeQuoteQty", default=ZERO)  # the venue's own spelling
    futures_notional: Decimal = msgspec.field(name="cumQuote", default=ZERO)


class TradeAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """One execution of an order of ours."""

    symbol: str
    id: int
    order_id: int
    price: Decimal
    qty: Decimal
    commission: Decimal
    commission_asset: str
    time: Milliseconds
    spot_is_buyer: bool | None = msgspec.field(name="isBuyer", default=None)
    spot_is_maker: bool | None = msgspec.field(name="isMaker", default=None)
    futures_is_buyer: bool | None = msgspec.field(name="buyer", default=None)
    futures_is_maker: bool | None = msgspec.field(name="maker", default=None)

    def __post_init__(self) -> None:
        if (self.spot_is_buyer is None) is (self.futures_is_buyer is None):
            raise ValueError("a trade says not, or twice, who bought")

    @property
    def is_buyer(self) -> bool:
        return bool(self.spot_is_buyer or self.futures_is_buyer)

    @property
    def is_maker(self) -> bool:
        return bool(self.spot_is_maker or self.futures_is_maker)


class SpotBalance(msgspec.Struct, frozen=True):
    asset: str
    free: Decimal
    locked: Decimal


class SpotAccount(msgspec.Struct, frozen=True):
    balances: list[SpotBalance]


class FuturesBalance(msgspec.Struct, frozen=True, rename="camel"):
    asset: str
    balance: Decimal  # of the wallet: without open profit
    available_balance: Decimal


class PositionAnswer(msgspec.Struct, frozen=True, rename="camel"):
    symbol: str
    position_amt: Decimal
    entry_price: Decimal
    position_side: str


class IncomeAnswer(msgspec.Struct, frozen=True, rename="camel"):
    income_type: str
    income: Decimal
    asset: str
    time: Milliseconds
    tran_id: int | str
    symbol: str = ""


class FundingRateAnswer(msgspec.Struct, frozen=True, rename="camel"):
    symbol: str
    funding_rate: Decimal
    funding_time: Milliseconds


class PriceAnswer(msgspec.Struct, frozen=True):
    symbol: str
    price: Decimal


class ListenKeyAnswer(msgspec.Struct, frozen=True, rename="camel"):
    listen_key: str


class TimeAnswer(msgspec.Struct, frozen=True, rename="camel"):
    server_time: int


class PositionModeAnswer(msgspec.Struct, frozen=True, rename="camel"):
    dual_side_position: bool


class SymbolSettingsAnswer(msgspec.Struct, frozen=True, rename="camel"):
    symbol: str
    leverage: int


class LeverageAnswer(msgspec.Struct, frozen=True, rename="camel"):
    symbol: str
    leverage: int


class KeyRestrictionsAnswer(msgspec.Struct, frozen=True, rename="camel"):
    enable_reading: bool
    enable_withdrawals: bool
    enable_spot_and_margin_trading: bool = False
    enable_futures: bool = False
    ip_restrict: bool = False
    enable_internal_transfer: bool = False
    permits_universal_transfer: bool = False


decode_acknowledgement = msgspec.json.Decoder(Acknowledgement).decode
decode_order = msgspec.json.Decoder(OrderAnswer).decode
decode_orders = msgspec.json.Decoder(list[OrderAnswer]).decode
decode_trades = msgspec.json.Decoder(list[TradeAnswer]).decode
decode_spot_account = msgspec.json.Decoder(SpotAccount).decode
decode_futures_balances = msgspec.json.Decoder(list[FuturesBalance]).decode
decode_positions = msgspec.json.Decoder(list[PositionAnswer]).decode
decode_income = msgspec.json.Decoder(list[IncomeAnswer]).decode
decode_funding_rates = msgspec.json.Decoder(list[FundingRateAnswer]).decode
decode_price = msgspec.json.Decoder(PriceAnswer).decode
decode_prices = msgspec.json.Decoder(list[PriceAnswer]).decode
decode_listen_key = msgspec.json.Decoder(ListenKeyAnswer).decode
decode_position_mode = msgspec.json.Decoder(PositionModeAnswer).decode
decode_symbol_settings = msgspec.json.Decoder(list[SymbolSettingsAnswer]).decode
decode_leverage = msgspec.json.Decoder(LeverageAnswer).decode
decode_key_restrictions = msgspec.json.Decoder(KeyRestrictionsAnswer).decode
_decode_time = msgspec.json.Decoder(TimeAnswer).decode


def server_ns(body: bytes) -> int:
    """Return the time that the venue tells."""
    return _decode_time(body).server_time * _NS_PER_MS
