"""What a unified symbol says about its instrument, and what a currency counts in dollars."""

from decimal import Decimal
from typing import Final, NamedTuple

Book = tuple[str, str]
"""Venue and symbol: an order book as far as the journal knows."""

DOLLARS: Final = frozenset({"USD", "USDT", "USDC"})
ONE: Final = Decimal(1)


class Symbol(NamedTuple):
    base: str
    quote: str
    is_contract: bool


def read_symbol(text: str) -> Symbol:
    """Read ``BTC/USDT`` (the asset itself), ``BTC/USDT:USDT`` (a contract), ``NVDA`` (a stock in dollars).

    Without a pair a colon names a builder's exchange, as in ``xyz:NVDA``: a contract that settles in USDC.
    """
    pair, colon, name = text.partition(":")
    base, slash, quote = pair.partition("/")
    if not slash:
        return Symbol(name, "USDC", is_contract=True) if colon else Symbol(text, "USD", is_contract=False)
    return Symbol(base, quote, is_contract=bool(colon))


def named(book: Book) -> str:
    return f"{book[1]}@{book[0]}"
