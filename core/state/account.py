"""What a person reads of one venue's account. None is what nobody knows, and never shown as zero.

Money is in dollars where the name says so; rates are fractions; ages are seconds.
"""

from decimal import Decimal

import msgspec


class BalanceView(msgspec.Struct, frozen=True, kw_only=True):
    """One currency. Free and used are the venue's word of its last account; the total moves with every fill."""

    asset: str
    total: Decimal | None  # None where the venue never named it
    free: Decimal | None
    used: Decimal | None
    value_usd: Decimal | None
    rate_age_s: float | None  # of the price behind the value; None where it has none, or is worth a dollar by name


class ContractView(msgspec.Struct, frozen=True, kw_only=True):
    """A position in a contract: how far its price is from the venue's liquidation, and what funding does next."""

    symbol: str
    quantity: Decimal
    notional_usd: Decimal | None
    mark_age_s: float | None
    max_leverage: Decimal
    liquidation_price: Decimal | None  # if nothing but this price moves; None too where no price of it liquidates
    liquidation_distance_pct: Decimal | None  # from the mark, signed
    funding_rate: float | None
    next_funding_ns: int | None
    funding_age_s: float | None
    next_funding_usd: Decimal | None  # at the rate of now: negative is paid


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    """One venue; margin as the engine's own rules count it, cross margined."""

    venue: str
    read_age_s: float | None  # since the venue named its balances; None before the first time
    equity_usd: Decimal | None
    collateral_usd: Decimal | None
    margin_used_usd: Decimal | None  # that contracts stand on, at the largest leverage the engine allows
    margin_free_usd: Decimal | None
    maintenance_usd: Decimal | None  # at which the venue liquidates
    leverage: Decimal | None  # value of every position over equity
    max_leverage: Decimal
    liquidation_distance_pct: Decimal | None  # if every price moves against its contract at once; None: unknown
    maker_fee_rates: tuple[Decimal, Decimal] | None  # lowest and highest of its instruments; None where not known
    taker_fee_rates: tuple[Decimal, Decimal] | None
    balances: list[BalanceView]
    contracts: list[ContractView]
