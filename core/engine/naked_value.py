"""What exposure without its hedge is worth now."""

from decimal import Decimal

from core.execution import exposure
from core.execution.job_run import JobRun
from core.market.market import Market
from core.types.instrument import InstrumentId

ZERO = Decimal(0)


def naked_usd(run: JobRun, market: Market) -> Decimal | None:
    """Return the value of what is known to be filled without its counterpart, None where it has no price."""
    quantity = exposure.naked_quantity(run.job, run.known_quantities())
    return value_usd(quantity, run.job.legs[0].instrument_id, market)


def value_usd(quantity: Decimal, instrument_id: InstrumentId, market: Market) -> Decimal | None:
    """Return what a quantity is worth at the mark, without its sign; None where it has no price."""
    if not quantity:
        return ZERO
    instrument, mark = market.instruments.get(instrument_id), market.marks.mark(instrument_id)
    rate = None if instrument is None else market.marks.asset_usd(instrument_id.venue, instrument.quote)
    if instrument is None or mark is None or rate is None:
        return None
    return abs(instrument.notional(mark.price, quantity)) * rate.price


def naked_text(quantity: Decimal, instrument_id: InstrumentId, market: Market) -> str:
    """Say a naked quantity with its value."""
    usd = value_usd(quantity, instrument_id, market)
    return f"{quantity:f} of {instrument_id} naked ({'value unknown' if usd is None else f'{usd:.2f} USD'})"
