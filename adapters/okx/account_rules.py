"""What an account has to be like before anything is traded on it, and how its orders are marked for that."""

from typing import Final

from adapters.network.request_budget import Purpose
from adapters.network.venue_rest import NoAnswerError, NotSentError
from adapters.okx.answers import ConfigRow, decode_configs, decode_leverages
from adapters.okx.instruments import VENUE, is_swap
from adapters.okx.order_terms import UnsendableOrderError
from adapters.okx.outcomes import Meaning, judge
from adapters.okx.rest import OkxRest, VenueReadError
from adapters.okx.routes import CONFIG, LEVERAGE, SET_LEVERAGE
from core.types.instrument import Instrument

_NET_MODE: Final = "net_mode"
SWAP_MODE: Final = "cross"
_CASH: Final = "cash"
_PLAIN_LEVELS: Final = frozenset({"1", "2"})  # spot, futures: their spot orders are paid in cash


class UnsupportedAccountError(Exception):
    """The account's mode is one that this engine does not trade in; the text says what to change."""


async def read_config(rest: OkxRest) -> ConfigRow:
    rows = (await rest.read(CONFIG, (), decode_configs)).data
    if len(rows) != 1:
        raise VenueReadError(f"{CONFIG.path}: {len(rows)} accounts in the answer")
    return rows[0]


def demand_net_mode(config: ConfigRow) -> None:
    """Raise UnsupportedAccountError where long and short positions are kept apart."""
    if config.pos_mode != _NET_MODE:
        raise UnsupportedAccountError(
            f"{VENUE}: the account keeps long and short positions apart ({config.pos_mode}), which is not traded here; "
            "set its position mode to net (Trade > Settings > Position mode), with nothing open"
        )


def spot_mode(config: ConfigRow) -> str:
    """Return the trade mode of spot orders; raise UnsendableOrderError where the account would borrow for them."""
    if config.acct_lv in _PLAIN_LEVELS:
        return _CASH
    if config.auto_loan:
        raise UnsendableOrderError("the account borrows by itself for spot orders; switch auto borrow off")
    return SWAP_MODE


async def set_leverage(rest: OkxRest, instrument: Instrument, leverage: int) -> int:
    """Set a swap's leverage and return it; raise VenueReadError where the venue refuses."""
    body = {"instId": instrument.venue_symbol, "lever": str(leverage), "mgnMode": SWAP_MODE}
    try:
        reply = await rest.post(SET_LEVERAGE, body, Purpose.READ)
    except (NotSentError, NoAnswerError) as error:
        raise VenueReadError(f"leverage of {instrument.symbol}: {error}") from None
    judgement = judge(reply)
    if judgement.meaning is not Meaning.DONE:
        raise VenueReadError(f"leverage of {instrument.symbol}: {judgement.text}", judgement)
    return await read_leverage(rest, instrument)


async def read_leverage(rest: OkxRest, instrument: Instrument) -> int:
    """Return the leverage that is set for a swap."""
    query = (("instId", instrument.venue_symbol), ("mgnMode", SWAP_MODE))
    rows = (await rest.read(LEVERAGE, query, decode_leverages, Purpose.READ)).data
    row = next((row for row in rows if row.inst_id == instrument.venue_symbol), None)
    if row is None or not row.lever.is_finite():
        raise VenueReadError(f"the leverage of {instrument.symbol} is not told")
    return int(row.lever)


def takes_leverage(instrument: Instrument) -> bool:
    return is_swap(instrument) and not instrument.is_inverse
