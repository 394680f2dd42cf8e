"""What money may be used for: the pools of a venue's equity, and claims on them."""

from decimal import Decimal
from enum import StrEnum

import msgspec


class Pool(StrEnum):
    HEDGE = "hedge"  # hedged trades on two or more venues
    ARB = "arb"  # arbitrage, directional strategies and manual orders
    RESERVE = "reserve"  # emergency hedges and unwinds only


class Claim(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Dollars that a leg of a job may bind of one venue's pool.

    What of the leg closes a position of the account binds nothing, so the dollars may be none.
    """

    venue: str
    pool: Pool
    amount_usd: Decimal
    closes: Decimal = Decimal(0)  # quantity of the leg that closes a position
    leg_usd: Decimal | None = None  # value of the whole leg where a part of it closes

    @property
    def value_usd(self) -> Decimal:
        """Return what the whole leg is worth, whether or not it binds that."""
        return self.amount_usd if self.leg_usd is None else self.leg_usd


class OrderClaim(msgspec.Struct, frozen=True, kw_only=True):
    """What one order may bind: the quantity that opens exposure, at its worst price when it was approved.

    `opening_quantity` is zero for an order that reduces. An order of a job draws on the claim of its leg first;
    only what goes beyond that is taken from `pool`.
    """

    pool: Pool
    unit_usd: Decimal  # value of quantity 1
    opening_quantity: Decimal

    @property
    def amount_usd(self) -> Decimal:
        return self.unit_usd * self.opening_quantity
