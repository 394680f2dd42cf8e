"""The framing of TWS's socket, and its long messages field by field (server version 178)."""

import asyncio
import struct
from collections.abc import Sequence

VERSION = 178


def frame(*fields: object) -> bytes:
    body = "".join(f"{field}\0" for field in fields).encode()
    return struct.pack(">I", len(body)) + body


async def read_body(reader: asyncio.StreamReader) -> bytes:
    (length,) = struct.unpack(">I", await reader.readexactly(4))
    return await reader.readexactly(length)


async def read_fields(reader: asyncio.StreamReader) -> list[str]:
    return (await read_body(reader)).decode().split("\0")[:-1]


def contract_fields(contract_id: int, symbol: str) -> list[object]:
    """Return id to trading class, as most messages have them."""
    return [contract_id, symbol, "STK", "", "0", "", "", "SMART", "USD", symbol, "NMS"]


def open_order(
    order_id: int,
    contract: Sequence[object],
    terms: Sequence[object],  # action, quantity, type, limit, tif
    *,
    account: str,
    reference: str,
    client_id: int,
    permanent_id: int,
    status: str,
    margin: Sequence[object] = (),  # nine amounts, commission and currency of an order that asks what-if
) -> bytes:
    action, quantity, kind, limit, tif = terms
    state = list(margin) if margin else [""] * 10 + [""]
    return frame(
        5, order_id, *contract, action, quantity, kind, limit, "", tif, "", account, "", 0, reference, client_id,
        permanent_id, *_blank(8),  # outsideRth .. faPercentage
        *_blank(29),  # modelCode .. deltaNeutralAuxPrice
        *_blank(7),  # continuousUpdate .. comboLegsDescrip
        0, 0, 0,  # legs, order legs, routing parameters
        *_blank(3), "",  # scale, hedge
        *_blank(4), 0, "",  # opt out .. not held, delta neutral, algorithm
        "", "1" if margin else "0", status, *state[:10], "", "", state[10], "", "", "",
        0,  # conditions
        *_blank(16), "", "", "", *_blank(5),
    )  # fmt: skip


def _blank(count: int) -> list[str]:
    return [""] * count


def contract_details(
    request: int, contract_id: int, symbol: str, *, rule: int, hours: str, exchange: str, magnifier: int
) -> bytes:
    return frame(
        10, request, symbol, "STK", "", "0", "", "SMART", "USD", symbol, "NMS", "NMS", contract_id, "0.01", "",
        "ACTIVETIM,LMT,MKT", f"SMART,{exchange}", magnifier, 0, f"{symbol} CORP", exchange, "", "Technology",
        "Computers", "Computers", "US/Eastern", hours, hours, "", "", 0, 1, "", "", f"{rule},{rule}", "", "COMMON", "1",
        "1", "100",
    )  # fmt: skip
