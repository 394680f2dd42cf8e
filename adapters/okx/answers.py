"""OKX's answers about an account, typed; the same rows come over REST and over the private websocket.

Numbers are texts, and empty where they do not apply.
"""

from decimal import Decimal
from typing import Final, Generic, TypeVar

import msgspec

_NS_PER_MS: Final = 1_000_000
T = TypeVar("T")


class Answer(msgspec.Struct, Generic[T], frozen=True):
    code: str
    data: list[T]
    msg: str = ""


class TimeRow(msgspec.Struct, frozen=True):
    ts: int


class Acknowledgement(msgspec.Struct, frozen=True, rename="camel"):
    """One order of a request to place, amend or cancel."""

    ord_id: str = ""
    cl_ord_id: str = ""
    s_code: str = "0"
    s_msg: str = ""


class OrderRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An order; the second part is about its last execution and told by the websocket alone."""

    inst_id: str
    inst_type: str
    ord_id: str
    cl_ord_id: str = ""
    side: str
    ord_type: str
    state: str
    sz: str
    px: str = ""
    acc_fill_sz: str = "0"
    avg_px: str = ""
    reduce_only: str = "false"
    c_time: int
    u_time: int
    cancel_source_reason: str = ""

    trade_id: str = ""
    fill_px: str = ""
    fill_sz: str = ""
    fill_fee: str = ""
    fill_fee_ccy: str = ""
    exec_type: str = ""
    fill_time: str = ""


class AlgoRow(msgspec.Struct, frozen=True, rename="camel"):
    """An order that the venue holds until something happens, as far as it takes to cancel it."""

    inst_id: str
    algo_id: str


class FillRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    inst_id: str
    inst_type: str
    trade_id: str
    ord_id: str
    cl_ord_id: str = ""
    bill_id: str
    side: str
    fill_px: Decimal
    fill_sz: Decimal
    fee: str = ""
    fee_ccy: str = ""
    exec_type: str = ""
    ts: int
    fill_time: str = ""


class BillRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    bill_id: str
    inst_id: str
    ccy: str
    bal_chg: Decimal
    ts: int


class CurrencyRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    ccy: str
    cash_bal: str = ""
    avail_bal: str = ""


class BalanceRow(msgspec.Struct, frozen=True):
    details: list[CurrencyRow]


class PositionRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    inst_id: str
    inst_type: str
    pos: str
    pos_side: str
    avg_px: str = ""


class ConfigRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    acct_lv: str
    pos_mode: str
    perm: str = ""
    ip: str = ""
    auto_loan: bool = False
    label: str = ""


class LeverageRow(msgspec.Struct, frozen=True, rename="camel"):
    inst_id: str
    lever: Decimal


class TickerRow(msgspec.Struct, frozen=True, rename="camel"):
    inst_id: str
    last: Decimal


class TimerRow(msgspec.Struct, frozen=True, rename="camel"):
    trigger_time: str
    tag: str = ""


_decode_times = msgspec.json.Decoder(Answer[TimeRow], strict=False).decode
decode_acknowledgements = msgspec.json.Decoder(Answer[Acknowledgement]).decode
decode_orders = msgspec.json.Decoder(Answer[OrderRow], strict=False).decode
decode_algos = msgspec.json.Decoder(Answer[AlgoRow]).decode
decode_fills = msgspec.json.Decoder(Answer[FillRow], strict=False).decode
decode_bills = msgspec.json.Decoder(Answer[BillRow], strict=False).decode
decode_balances = msgspec.json.Decoder(Answer[BalanceRow]).decode
decode_positions = msgspec.json.Decoder(Answer[PositionRow]).decode
decode_configs = msgspec.json.Decoder(Answer[ConfigRow], strict=False).decode
decode_leverages = msgspec.json.Decoder(Answer[LeverageRow]).decode
decode_tickers = msgspec.json.Decoder(Answer[TickerRow]).decode
decode_timers = msgspec.json.Decoder(Answer[TimerRow]).decode


def server_ns(body: bytes) -> int:
    """Return the time that the venue tells; raise ValueError where there is none in the answer."""
    rows = _decode_times(body).data
    if not rows:
        raise ValueError("no time")
    return rows[0].ts * _NS_PER_MS


def number(text: str) -> Decimal | None:
    """Read a number of the venue, None for an empty text; raise ValueError for one that is none."""
    if not text:
        return None
    value = Decimal(text) if text.isascii() and "_" not in text else Decimal("NaN")
    if not value.is_finite():
        raise ValueError(f"{text[:40]!r} is not a number")
    return value
