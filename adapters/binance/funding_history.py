"""Funding that was booked on a USD-M account."""

from decimal import Decimal
from typing import Final

from adapters.binance.answers import IncomeAnswer, decode_funding_rates, decode_income
from adapters.binance.signed_rest import SignedRest
from adapters.binance.traded_symbols import TradedSymbols
from adapters.binance.trading_endpoints import FUNDING_RATES, INCOME
from adapters.fee_rates import FeeRates
from core.types.account import FundingPayment

_PAGE: Final = 1000
_PAGES_LIMIT: Final = 100
_NS_PER_MS: Final = 1_000_000
_FUNDING: Final = "FUNDING_FEE"
# a payment is booked seconds after the moment its rate was fixed for
_RATE_WITHIN_MS: Final = 60_000


class FundingHistory:
    def __init__(self, rest: SignedRest, symbols: TradedSymbols, fees: FeeRates) -> None:
        self._rest = rest
        self._symbols = symbols
        self._fees = fees
        self._rates: dict[tuple[str, int], float] = {}

    async def since(self, since_ms: int) -> list[FundingPayment]:
        """Return payments at or after a time of the venue's clock; raise VenueReadError where they cannot be read."""
        rows: dict[str, IncomeAnswer] = {}
        start_ms = max(0, since_ms)
        for _ in range(_PAGES_LIMIT):
            parameters = (("incomeType", _FUNDING), ("startTime", str(start_ms)), ("limit", str(_PAGE)))
            page = sorted(await self._rest.read(INCOME, parameters, decode_income), key=lambda row: row.time)
            rows |= {_payment_id(row): row for row in page}
            if len(page) < _PAGE or page[-1].time == start_ms:
                break
            start_ms = page[-1].time  # again from the last moment on: a page may end within it
        return [await self._payment(row) for row in rows.values() if row.time >= since_ms]

    async def _payment(self, row: IncomeAnswer) -> FundingPayment:
        instrument = self._symbols.rules_of(row.symbol)
        # collateral of another asset may pay: it is counted in what the contract is quoted in
        in_quote = Decimal(1) if instrument is None else await self._fees.rate(row.asset, instrument.quote)
        return FundingPayment(
            payment_id=_payment_id(row),
            instrument_id=self._symbols.instrument_id(row.symbol),
            amount=row.income * in_quote,
            rate=await self._rate(row.symbol, row.time),
            venue_ns=row.time * _NS_PER_MS,
        )

    async def _rate(self, venue_symbol: str, at_ms: int) -> float:
        """Return the rate of a payment; the list of payments leaves it out, and it is shown, never counted with."""
        known = self._rates.get((venue_symbol, at_ms))
        if known is not None:
            return known
        parameters = (
            ("symbol", venue_symbol),
            ("startTime", str(at_ms - _RATE_WITHIN_MS)),
            ("endTime", str(at_ms + _RATE_WITHIN_MS)),
        )
        rows = await self._rest.read_public(FUNDING_RATES, parameters, decode_funding_rates)
        rate = float(rows[-1].funding_rate) if rows else 0.0
        self._rates[venue_symbol, at_ms] = rate
        return rate


def _payment_id(row: IncomeAnswer) -> str:
    return f"{row.symbol}-{row.tran_id}"
