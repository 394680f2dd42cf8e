"""Read what is traded at the venue."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Protocol, TypeVar

from adapters.hyperliquid.instruments import (
    MAIN_DEX,
    Listing,
    Universe,
    UnknownSymbolError,
    collateral_name,
    dex_indices,
    dex_of,
    read_listings,
)
from adapters.hyperliquid.wire import PerpMeta, decode_perp_dexs, decode_perp_meta, decode_spot_meta

T = TypeVar("T")


class Ask(Protocol):
    """Asks one question and decodes the answer."""

    def __call__(self, question: Mapping[str, object], decode: Callable[[bytes], T], /) -> Awaitable[T]: ...


async def read_universe(ask: Ask, symbols: Iterable[str] | None) -> Universe:
    """Read the main dex and those that the symbols are of, or all dexs where no symbols are given.

    Raises UnknownSymbolError for a symbol of a dex that the venue does not have.
    """
    indices = dex_indices(await ask({"type": "perpDexs"}, decode_perp_dexs))
    dexs = list(indices) if symbols is None else list(dict.fromkeys([MAIN_DEX, *map(dex_of, symbols)]))
    metas: dict[str, PerpMeta] = {}
    for dex in dexs:
        if dex not in indices:
            raise UnknownSymbolError(f"hyperliquid: there is no dex {dex!r}; there are: {', '.join(indices)}")
        metas[dex] = await ask({"type": "meta", "dex": dex}, decode_perp_meta)
    tokens: dict[int, str] = {}
    if any(meta.collateral_token for meta in metas.values()):
        spot = await ask({"type": "spotMeta"}, decode_spot_meta)
        tokens = {token.index: token.name for token in spot.tokens}
    listings: list[Listing] = []
    for dex, meta in metas.items():
        listings += read_listings(dex, indices[dex], meta, collateral_name(meta, tokens))
    return Universe(listings, tuple(dexs))
