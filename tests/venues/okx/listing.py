"""What the small OKX trades."""

from decimal import Decimal
from typing import Any

ZERO = Decimal(0)


def _row(inst_id: str, inst_type: str, tick: str, lot: str, least: str, **others: str) -> dict[str, Any]:
    blank = dict.fromkeys(
        ("alias", "baseCcy", "quoteCcy", "settleCcy", "ctMult", "ctType", "ctVal", "ctValCcy", "expTime", "stk", "uly",
         "instFamily", "optType"), "",
    )  # fmt: skip
    return {
        **blank, "instId": inst_id, "instType": inst_type, "tickSz": tick, "lotSz": lot, "minSz": least, "lever": "10",
        "listTime": "1548133413000", "category": "1", "maxLmtSz": "9999999999", "maxMktSz": "1000000",
        "state": "live", **others,
    }  # fmt: skip


SPOT_ROWS = [
    _row("BTC-USDT", "SPOT", "0.1", "0.00001", "0.00001", baseCcy="BTC", quoteCcy="USDT"),
    _row("OKB-USDT", "SPOT", "0.01", "0.001", "0.001", baseCcy="OKB", quoteCcy="USDT"),
]
SWAP_ROWS = [
    _row("BTC-USDT-SWAP", "SWAP", "0.1", "0.01", "0.01", settleCcy="USDT", ctType="linear", ctVal="0.01", ctMult="1",
         ctValCcy="BTC", uly="BTC-USDT", instFamily="BTC-USDT"),
    _row("UNI-USD-SWAP", "SWAP", "0.001", "1", "1", settleCcy="UNI", ctType="inverse", ctVal="10", ctMult="1",
         ctValCcy="USD", uly="UNI-USD", instFamily="UNI-USD"),
]  # fmt: skip
ROWS = {row["instId"]: row for row in (*SPOT_ROWS, *SWAP_ROWS)}


def plain(value: Decimal) -> str:
    """Write a number as the venue does: no zeros behind it, no exponent."""
    return f"{value.normalize():f}" if value else "0"
