"""Rules of instruments guessed from traffic, for recordings that hold no exchangeInfo.

Tick and lot are the finest decimals found in any price and quantity. That grid holds every recorded number exactly; the
venue's own tick may be coarser, and minimum quantity and notional are not known: such an instrument is for replay only.
"""

import re
from decimal import Decimal
from typing import Final

from adapters.binance.instruments import STANDARD_FEES, with_finer_grid
from adapters.binance.market import BinanceMarket
from adapters.binance.symbol_names import read_symbol_name, unified_name
from core.types.instrument import Instrument

_STREAM: Final = re.compile(rb'\{"stream":"([^"@]+)@(depth|trade|aggTrade|bookTicker)["@]')
_PRICE: Final = rb'(?:\["|"[bap]":")\d+\.(\d{%d}\d*[1-9])0*"'
_QUANTITY: Final = rb'(?:","|"[BAq]":")\d+\.(\d{%d}\d*[1-9])0*"'


class _FinestDecimals:
    """Finds numbers with more decimals than any before them; a message without costs one scan."""

    def __init__(self, pattern: bytes) -> None:
        self._pattern = pattern
        self._finer = re.compile(pattern % 0)
        self.decimals = 0

    def see(self, payload: bytes) -> None:
        while (found := self._finer.search(payload)) is not None:
            self.decimals = len(found.group(1))
            self._finer = re.compile(self._pattern % self.decimals)

    @property
    def step(self) -> Decimal:
        return Decimal(1).scaleb(-self.decimals)


class InferredRules:
    """Collects what the messages of each symbol show."""

    def __init__(self, market: BinanceMarket) -> None:
        self._market = market
        self._found: dict[str, tuple[_FinestDecimals, _FinestDecimals]] = {}

    def see(self, payload: bytes, venue_symbol: str | None = None) -> None:
        """Take a stream message, or a snapshot of `venue_symbol` (None: of the only symbol)."""
        head = _STREAM.match(payload)
        if head is not None:
            venue_symbol = head.group(1).decode("utf-8", "replace").upper()
        elif venue_symbol is None:
            venue_symbol = next(iter(self._found), None) if payload.startswith(b'{"lastUpdateId"') else None
        if venue_symbol is None:
            return
        rules = self._found.setdefault(venue_symbol, (_FinestDecimals(_PRICE), _FinestDecimals(_QUANTITY)))
        for rule in rules:
            rule.see(payload)

    def instruments(self) -> dict[str, Instrument]:
        """Return the instruments by venue symbol; those whose quote currency cannot be told are left out."""
        found = {name: self._instrument(name, *rules) for name, rules in self._found.items()}
        return {name: instrument for name, instrument in found.items() if instrument is not None}

    def refine(self, instrument: Instrument) -> Instrument:
        """Return an instrument with known rules on a grid that holds every number seen of it."""
        if instrument.venue_symbol not in self._found:
            return instrument
        price, quantity = self._found[instrument.venue_symbol]
        return with_finer_grid(instrument, price.decimals, quantity.decimals)

    def _instrument(self, name: str, price: _FinestDecimals, quantity: _FinestDecimals) -> Instrument | None:
        read = read_symbol_name(name)
        if read is None:
            return None
        fees = STANDARD_FEES[self._market]
        is_contract = self._market is BinanceMarket.USDM
        return Instrument(
            venue=self._market.value,
            symbol=unified_name(read, is_contract=is_contract),
            venue_symbol=name,
            asset_type=self._market.asset_type,
            base=read.base,
            quote=read.quote,
            tick_size=price.step,
            lot_size=quantity.step,
            min_quantity=quantity.step,
            min_notional=Decimal(0),
            maker_fee_rate=fees.maker_rate,
            taker_fee_rate=fees.taker_rate,
            funding_interval_s=8 * 3600 if is_contract and read.expiry is None else None,
            underlying=read.base,
        )
