"""Instruments from the venue's tables: the main dex and those of builders, with the ids that orders name them by."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

import msgspec

from adapters.hyperliquid.price_rule import finest_step
from adapters.hyperliquid.wire import PerpDex, PerpMeta, PerpRules
from core.types.instrument import AssetType, Instrument

VENUE: Final = "hyperliquid"
MAIN_DEX: Final = ""
COLLATERAL: Final = "USDC"
FUNDING_INTERVAL_S: Final = 3600
MIN_NOTIONAL: Final = Decimal(10)
_BUILDER_BASE: Final = 100_000
_DEX_SPAN: Final = 10_000
_SPOT_BASE: Final = 10_000
_NAMED_SPOT: Final = {"PURR/USDC": "0"}  # every other spot pair is written @index
_NO_PERPETUAL: Final = frozenset({"@", "#", "+"})

# tier without discounts; on builders' dexs the deployer takes as much again
_MAKER_RATE: Final = Decimal("0.00015")
_TAKER_RATE: Final = Decimal("0.00045")


class UnknownSymbolError(ValueError):
    """A configured symbol is not traded at the venue."""


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """An instrument with what the venue calls it in orders."""

    instrument: Instrument
    coin: str  # of the wire: BTC, xyz:NVDA
    dex: str
    asset_id: int
    size_decimals: int


class Universe:
    """Every perpetual of some dexs, by coin and by unified symbol."""

    def __init__(self, listings: Iterable[Listing], dexs: tuple[str, ...]) -> None:
        self.by_coin: dict[str, Listing] = {listing.coin: listing for listing in listings}
        self.by_symbol: dict[str, Listing] = {listing.instrument.symbol: listing for listing in self.by_coin.values()}
        self.dexs = dexs

    def named(self, symbol: str) -> Listing | None:
        """Return what a unified symbol or a coin names."""
        return self.by_symbol.get(symbol) or self.by_coin.get(symbol)

    def select(self, symbols: Iterable[str]) -> list[Listing]:
        """Pick by unified symbol or coin; raise UnknownSymbolError naming the symbol."""
        picked: list[Listing] = []
        for symbol in symbols:
            listing = self.named(symbol)
            if listing is None:
                known = ", ".join(sorted(self.by_symbol)[:5])
                raise UnknownSymbolError(f"{VENUE}: symbol {symbol!r} is not traded there; for example: {known}")
            picked.append(listing)
        return picked

    def symbol_of(self, coin: str) -> str | None:
        """Return the unified symbol of a perpetual, also of one that is not listed here; None for anything else."""
        listing = self.by_coin.get(coin)
        if listing is not None:
            return listing.instrument.symbol
        if not is_perpetual(coin):
            return None
        return coin if dex_of(coin) != MAIN_DEX else f"{coin}/{COLLATERAL}:{COLLATERAL}"

    def asset_id_of(self, coin: str) -> int | None:
        """Return the number of an asset, spot pairs included; None where it is not known."""
        listing = self.by_coin.get(coin)
        if listing is not None:
            return listing.asset_id
        index = coin.removeprefix("@") if coin.startswith("@") else _NAMED_SPOT.get(coin, "")
        return _SPOT_BASE + int(index) if index.isascii() and index.isdigit() else None


def is_perpetual(coin: str) -> bool:
    """Tell by its name whether a coin is a perpetual, not a spot pair or an outcome."""
    return coin[:1] not in _NO_PERPETUAL and "/" not in coin


def dex_of(symbol: str) -> str:
    """Return which dex a symbol is of: ``xyz:NVDA`` is of xyz, ``BTC`` and ``BTC/USDC:USDC`` of the main one."""
    before, colon, _ = symbol.partition(":")
    return before if colon and "/" not in before else MAIN_DEX


def dex_indices(dexs: list[PerpDex | None]) -> dict[str, int]:
    """Return the place of each dex in the venue's list; the main one stands there as a leading null that counts."""
    return {MAIN_DEX: 0} | {dex.name: index for index, dex in enumerate(dexs) if dex is not None}


def asset_id(dex_index: int, index: int) -> int:
    """Return the number that names an asset in orders, by the place of its dex and its place in it."""
    return index if dex_index == 0 else _BUILDER_BASE + _DEX_SPAN * dex_index + index


def read_listings(dex: str, dex_index: int, meta: PerpMeta, collateral: str) -> list[Listing]:
    """Return what is traded on one dex; delisted assets keep their place and are left out."""
    return [
        _listing(dex, asset_id(dex_index, index), rules, collateral)
        for index, rules in enumerate(meta.universe)
        if not rules.is_delisted
    ]


def collateral_name(meta: PerpMeta, tokens: Mapping[int, str]) -> str:
    """Return the token that margin of a dex is held in; raise ValueError where the venue does not name it."""
    if meta.collateral_token == 0:
        return COLLATERAL
    name = tokens.get(meta.collateral_token)
    if name is None:
        raise ValueError(f"{VENUE}: collateral token {meta.collateral_token} is not among the venue's tokens")
    return name


def inferred_perpetual(coin: str, tick: Decimal, lot: Decimal) -> Instrument | None:
    """Make an instrument of the finest steps seen; None for what is no perpetual. For replay only.

    A builder's collateral is taken for USDC. Prices of five figures show less than the finest step, so where sizes
    allow a finer one by the venue's rule, that one is taken: a grid too fine holds every price.
    """
    if not coin or not is_perpetual(coin):
        return None
    size_decimals = -lot.adjusted()
    instrument = _perpetual(dex_of(coin), PerpRules(name=coin, sz_decimals=size_decimals), COLLATERAL)
    return msgspec.structs.replace(instrument, tick_size=min(tick, instrument.tick_size))


def _listing(dex: str, asset: int, rules: PerpRules, collateral: str) -> Listing:
    return Listing(
        instrument=_perpetual(dex, rules, collateral),
        coin=rules.name,
        dex=dex,
        asset_id=asset,
        size_decimals=rules.sz_decimals,
    )


def _perpetual(dex: str, rules: PerpRules, collateral: str) -> Instrument:
    base = rules.name.rpartition(":")[2]
    share = 1 if dex == MAIN_DEX else 2
    lot = Decimal(1).scaleb(-rules.sz_decimals)
    return Instrument(
        venue=VENUE,
        symbol=f"{base}/{collateral}:{collateral}" if dex == MAIN_DEX else rules.name,
        venue_symbol=rules.name,
        asset_type=AssetType.PERPETUAL,
        base=base,
        quote=collateral,
        tick_size=finest_step(rules.sz_decimals),
        lot_size=lot,
        min_quantity=lot,
        min_notional=MIN_NOTIONAL,
        maker_fee_rate=share * _MAKER_RATE,
        taker_fee_rate=share * _TAKER_RATE,
        max_leverage=Decimal(rules.max_leverage),
        funding_interval_s=FUNDING_INTERVAL_S,
        underlying=base,
    )
