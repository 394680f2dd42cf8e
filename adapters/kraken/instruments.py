"""Instruments of Kraken's spot market, and the naming of its symbols."""

from decimal import Decimal
from typing import Final

from adapters.kraken.wire import AssetPair, PairData, decode_asset_pairs
from core.types.instrument import AssetType, Instrument

VENUE: Final = "kraken"
_PERCENT: Final = Decimal(100)
# Names of the older interfaces; version 2 of the websocket and everybody else use the usual ones.
_USUAL_NAMES: Final = {"XBT": "BTC", "XDG": "DOGE"}
# the tier without discounts: https://www.kraken.com/features/fee-schedule
_MAKER_RATE: Final = Decimal("0.0025")
_TAKER_RATE: Final = Decimal("0.004")


def read_asset_pairs(body: bytes) -> dict[str, Instrument]:
    """Return what can be traded, by the symbol of the websocket; raise ValueError where the venue answers an error."""
    answer = decode_asset_pairs(body)
    if answer.error:
        raise ValueError(f"Kraken answered {', '.join(answer.error)}")
    found = (_of_pair(pair) for pair in answer.result.values() if pair.status == "online" and pair.wsname)
    return {instrument.venue_symbol: instrument for instrument in found}


def of_pair_data(pair: PairData) -> Instrument:
    """Make an instrument of what the websocket's instrument channel says; fees are those without discount."""
    return Instrument(
        venue=VENUE,
        symbol=pair.symbol,
        venue_symbol=pair.symbol,
        asset_type=AssetType.CRYPTO_SPOT,
        base=pair.base,
        quote=pair.quote,
        tick_size=_step(pair.price_precision),
        lot_size=_step(pair.qty_precision),
        order_tick_size=pair.price_increment,
        order_lot_size=pair.qty_increment,
        min_quantity=pair.qty_min,
        min_notional=pair.cost_min,
        maker_fee_rate=_MAKER_RATE,
        taker_fee_rate=_TAKER_RATE,
        underlying=pair.base,
    )


def usual_name(asset: str) -> str:
    """Return the name of an asset that other venues use too."""
    return _USUAL_NAMES.get(asset, asset)


def _of_pair(pair: AssetPair) -> Instrument:
    base, _, quote = (usual_name(part) for part in pair.wsname.partition("/"))
    symbol = f"{base}/{quote}"
    tick = _step(pair.pair_decimals)
    return Instrument(
        venue=VENUE,
        symbol=symbol,
        venue_symbol=symbol,
        asset_type=AssetType.CRYPTO_SPOT,
        base=base,
        quote=quote,
        # the checksum is over the digits of these precisions, whatever steps orders have to keep to
        tick_size=tick,
        lot_size=_step(pair.lot_decimals),
        order_tick_size=pair.tick_size or tick,
        min_quantity=pair.ordermin or _step(pair.lot_decimals),
        min_notional=pair.costmin,
        maker_fee_rate=pair.fees_maker[0][1] / _PERCENT if pair.fees_maker else _MAKER_RATE,
        taker_fee_rate=pair.fees[0][1] / _PERCENT if pair.fees else _TAKER_RATE,
        underlying=base,
    )


def _step(decimals: int) -> Decimal:
    return Decimal(1).scaleb(-decimals)
