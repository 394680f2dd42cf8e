"""Instruments of OKX: spot pairs and perpetual swaps, and the naming of its symbols.

A quantity of a swap is counted in contracts, as the venue counts it in books, orders and positions; `contract_size`
says what one contract is of. For a linear swap that is base currency (ctVal · ctMult): price · quantity · contract_size
is its value. An inverse swap's contract is a fixed sum of the quote currency and its profit is paid in the base: no
contract_size makes that formula true of it. Its market data is followed; it is not traded (`Instrument.is_inverse`).
"""

from decimal import Decimal
from typing import Final

import msgspec

from core.types.instrument import AssetType, Instrument

VENUE: Final = "okx"
SPOT: Final = "SPOT"
SWAP: Final = "SWAP"
INSTRUMENTS_PATH: Final = "/api/v5/public/instruments"
_EXPIRY_LENGTH: Final = len("yymmdd")
_LIVE: Final = "live"
# the tier without discounts (maker, taker): https://www.okx.com/fees
_SPOT_RATES: Final = (Decimal("0.0008"), Decimal("0.001"))
_SWAP_RATES: Final = (Decimal("0.0002"), Decimal("0.0005"))


class ListedInstrument(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One row of the venue's table; numbers are texts, and empty where they do not apply."""

    inst_id: str
    inst_type: str
    tick_sz: str
    lot_sz: str
    min_sz: str
    state: str = _LIVE
    base_ccy: str = ""
    quote_ccy: str = ""
    settle_ccy: str = ""
    ct_type: str = ""
    ct_val: str = ""
    ct_mult: str = ""
    ct_val_ccy: str = ""
    lever: str = ""


class InstrumentsAnswer(msgspec.Struct, frozen=True, gc=False):
    code: str
    msg: str = ""
    data: list[ListedInstrument] = []


_decode = msgspec.json.Decoder(InstrumentsAnswer).decode


def read_instruments(body: bytes) -> dict[str, Instrument]:
    """Return what can be traded, by the venue's symbol; raise ValueError where the venue answers an error."""
    answer = _decode(body)
    if answer.code != "0":
        raise ValueError(f"OKX answered {answer.msg} ({answer.code})")
    found = (_instrument(listed) for listed in answer.data if listed.state == _LIVE)
    return {instrument.venue_symbol: instrument for instrument in found if instrument is not None}


def is_swap(instrument: Instrument) -> bool:
    return instrument.asset_type is AssetType.PERPETUAL


def inferred_instrument(venue_symbol: str, tick: Decimal, lot: Decimal) -> Instrument | None:
    """Return an instrument for replay of a symbol whose rules are not known, None where its name says too little."""
    base, _, rest = venue_symbol.partition("-")
    quote, _, end = rest.partition("-")
    is_dated = len(end) == _EXPIRY_LENGTH and end.isdigit()
    if not (base and quote) or (end not in ("", SWAP) and not is_dated):  # an option
        return None
    is_contract = bool(end)
    listed = ListedInstrument(
        inst_id=venue_symbol,
        inst_type=SWAP if is_contract else SPOT,
        tick_sz=f"{tick:f}",
        lot_sz=f"{lot:f}",
        min_sz=f"{lot:f}",
        base_ccy="" if is_contract else base,
        quote_ccy="" if is_contract else quote,
        settle_ccy=base if quote == "USD" else quote,
        ct_type="inverse" if quote == "USD" else "linear",
        ct_val="1",
        ct_mult="1",
        ct_val_ccy=quote if quote == "USD" else base,
    )
    found = _instrument(listed)
    if found is None or not is_dated:
        return found
    return msgspec.structs.replace(found, symbol=f"{found.symbol}-{end}", funding_interval_s=None)


def _instrument(listed: ListedInstrument) -> Instrument | None:
    if listed.inst_type == SPOT:
        return _spot(listed)
    return _swap(listed) if listed.inst_type == SWAP else None


def _spot(listed: ListedInstrument) -> Instrument:
    maker, taker = _SPOT_RATES
    return Instrument(
        venue=VENUE,
        symbol=f"{listed.base_ccy}/{listed.quote_ccy}",
        venue_symbol=listed.inst_id,
        asset_type=AssetType.CRYPTO_SPOT,
        base=listed.base_ccy,
        quote=listed.quote_ccy,
        tick_size=Decimal(listed.tick_sz),
        lot_size=Decimal(listed.lot_sz),
        min_quantity=Decimal(listed.min_sz),
        min_notional=Decimal(0),  # the venue states its least order in base currency alone
        maker_fee_rate=maker,
        taker_fee_rate=taker,
        underlying=listed.base_ccy,
    )


def _swap(listed: ListedInstrument) -> Instrument | None:
    base, quote, *_ = listed.inst_id.split("-")
    is_linear = listed.ct_type == "linear"
    # one contract must be of what `contract_size` counts, or every value made of it were wrong
    if listed.ct_val_ccy != (base if is_linear else quote) or not listed.settle_ccy:
        return None
    maker, taker = _SWAP_RATES
    return Instrument(
        venue=VENUE,
        symbol=f"{base}/{quote}:{listed.settle_ccy}",
        venue_symbol=listed.inst_id,
        asset_type=AssetType.PERPETUAL,
        base=base,
        quote=listed.settle_ccy if is_linear else quote,
        tick_size=Decimal(listed.tick_sz),
        lot_size=Decimal(listed.lot_sz),
        min_quantity=Decimal(listed.min_sz),
        min_notional=Decimal(0),
        contract_size=Decimal(listed.ct_val) * Decimal(listed.ct_mult or "1"),
        maker_fee_rate=maker,
        taker_fee_rate=taker,
        max_leverage=Decimal(listed.lever or "1"),
        underlying=base,
    )
