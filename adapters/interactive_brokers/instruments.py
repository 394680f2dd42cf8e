"""From IB's contract details and market rules to instruments."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from adapters.interactive_brokers.library import make_stock, time_zone_named
from adapters.interactive_brokers.session import RequestRefusedError, Session
from adapters.interactive_brokers.settings import InteractiveBrokersSettings
from adapters.interactive_brokers.trading_hours import load_trading_hours, with_announced_days
from adapters.interactive_brokers.wire import exact
from core.types.instrument import AssetType, Instrument

if TYPE_CHECKING:
    from ib_async.contract import Contract, ContractDetails


class UnknownStockError(ValueError):
    """IB does not trade a configured symbol, or knows several."""


class PriceBand(msgspec.Struct, frozen=True):
    """From `above` on, prices of orders are multiples of `step`."""

    above: Decimal
    step: Decimal


class ListedStock(msgspec.Struct, frozen=True, kw_only=True):
    """An instrument, what the wire calls it, and the price steps that IB takes."""

    instrument: Instrument
    contract_id: int
    contract: "Contract"
    bands: tuple[PriceBand, ...]

    def price_fault(self, price: Decimal) -> str | None:
        """Return why an order may not have this price, None where it may."""
        step = next(band.step for band in reversed(self.bands) if price >= band.above)
        return f"price {price} is not a multiple of {step}" if price % step else None


def unified_symbol(ib_symbol: str) -> str:
    """Name a stock as everybody does: IB writes the class of ``BRK.B`` behind a blank."""
    return ib_symbol.replace(" ", ".")


def ib_symbol(symbol: str) -> str:
    return symbol.replace(".", " ")


async def read_stocks(session: Session, settings: InteractiveBrokersSettings, at_ns: int) -> list[ListedStock]:
    """Ask TWS for the configured symbols; raise UnknownStockError for one it does not know, or knows several of."""
    return [await _read_stock(session, settings, symbol, at_ns) for symbol in settings.symbols]


async def _read_stock(session: Session, settings: InteractiveBrokersSettings, symbol: str, at_ns: int) -> ListedStock:
    where = f"{settings.venue}: symbol {symbol!r}"
    asked = make_stock(ib_symbol(symbol), settings.currency, settings.primary_exchanges.get(symbol, ""))
    try:
        found = await session.contract_details(asked)
    except RequestRefusedError as error:
        raise UnknownStockError(f"{where} is not traded there in {settings.currency} [{error}]") from None
    contracts = {each.contract.conId: each for each in found if each.contract is not None}
    if len(contracts) != 1:
        places = ", ".join(sorted(each.contract.primaryExchange for each in contracts.values() if each.contract))
        raise UnknownStockError(f"{where} is {len(contracts)} stocks; name its primary exchange, one of: {places}")
    (details,) = contracts.values()
    assert details.contract is not None
    if details.priceMagnifier > 1:  # prices in pence beside cash in pounds: every amount of money would be wrong
        parts = f"1/{details.priceMagnifier} of {details.contract.currency}"
        raise UnknownStockError(f"{where}: its prices are in {parts}, which cannot be traded here")
    try:
        hours = await asyncio.to_thread(load_trading_hours, details.contract.primaryExchange, at_ns)
    except ValueError as error:
        raise UnknownStockError(f"{where}: {error}") from None
    hours = with_announced_days(hours, details.liquidHours, time_zone_named(details.timeZoneId))
    bands = await _bands(session, details)
    tick, order_tick = min(band.step for band in bands), bands[-1].step
    contract = details.contract
    instrument = Instrument(
        venue=settings.venue,
        symbol=symbol,
        venue_symbol=contract.localSymbol or contract.symbol,
        asset_type=AssetType.STOCK,
        base=symbol,
        quote=contract.currency,
        tick_size=tick,
        lot_size=Decimal(1),
        min_quantity=Decimal(1),
        min_notional=Decimal(0),
        maker_fee_rate=settings.fee_rate,
        taker_fee_rate=settings.fee_rate,
        underlying=symbol,
        market_hours=hours,
        order_tick_size=None if order_tick == tick else order_tick,
    )
    wire = make_stock(contract.symbol, contract.currency, contract.primaryExchange, contract.conId)
    return ListedStock(instrument=instrument, contract_id=contract.conId, contract=wire, bands=tuple(bands))


async def _bands(session: Session, details: "ContractDetails") -> list[PriceBand]:
    """Return the price steps of smart routing, lowest first; IB's least step alone where it names no rule."""
    rule = _rule_of("SMART", details.validExchanges.split(","), details.marketRuleIds.split(","))
    if rule is not None:
        try:
            increments = await session.market_rule(rule)
        except RequestRefusedError:
            increments = []
        bands = sorted((exact(each.lowEdge), exact(each.increment)) for each in increments)
        if bands and bands[0][0] <= 0 and all(step > 0 for _, step in bands):
            return [PriceBand(*band) for band in bands]
    tick = exact(details.minTick)
    if tick <= 0:
        raise UnknownStockError(f"IB names no price step for {details.contract}")
    return [PriceBand(Decimal(0), tick)]


def _rule_of(exchange: str, exchanges: Sequence[str], rules: Sequence[str]) -> int | None:
    """Return the market rule of an exchange: IB names exchanges and rules in two lists side by side."""
    found = dict(zip(exchanges, rules, strict=False)).get(exchange, "")
    return int(found) if found.isdigit() else None
