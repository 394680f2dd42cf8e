"""Show each venue's account: balances, margin, how far liquidation is, funding to come and fees."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final

from core.engine.parts import EngineParts
from core.ledger.position import ZERO
from core.ledger.state import Cash
from core.ledger.valuation import PositionValue, Valuation
from core.risk.liquidation import ContractLook, ContractValue, liquidation_distance_pct, liquidation_price
from core.state.account import AccountView, BalanceView, ContractView
from core.types.account import Balance
from core.types.instrument import AssetType, Instrument

NS: Final = 1_000_000_000
HUNDREDTH: Final = Decimal("0.01")
FIXED_NS: Final = 2**61  # a rate from the far future is a dollar by its name and has no age


class AccountBuilder:
    """Reads only."""

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts

    def build(self, valuation: Valuation) -> list[AccountView]:
        return [self._account(venue, valuation) for venue in self._parts.desk.executions]

    def _account(self, venue: str, valuation: Valuation) -> AccountView:
        value, limits = valuation.venue(venue), self._parts.settings.limits
        collateral = None if value is None else value.collateral_usd
        held = [each for each in valuation.positions if each.instrument_id.venue == venue and each.quantity]
        contracts = self._contracts(held)
        used = _total(_margin(each, rules, limits.max_leverage) for each, rules in contracts)
        maintenance = _total(_maintenance(each, rules) for each, rules in contracts)
        gross = _total(None if each.notional_usd is None else abs(each.notional_usd) for each in held)
        equity = None if value is None else value.equity_usd
        read = self._parts.account_reads.balances(venue)
        return AccountView(
            venue=venue,
            read_age_s=None if read is None else float(int(self._age_s(read.steady_ns))),
            equity_usd=equity,
            collateral_usd=collateral,
            margin_used_usd=used,
            margin_free_usd=None if collateral is None or used is None else collateral - used,
            maintenance_usd=maintenance,
            leverage=None if gross is None or not equity or equity < 0 else (gross / equity).quantize(HUNDREDTH),
            max_leverage=limits.max_leverage,
            liquidation_distance_pct=_distance_pct(collateral, contracts),
            maker_fee_rates=self._fee_rates(venue, lambda rules: rules.maker_fee_rate),
            taker_fee_rates=self._fee_rates(venue, lambda rules: rules.taker_fee_rate),
            balances=self._balances(venue, {} if read is None else {each.asset: each for each in read.balances}),
            contracts=[self._contract(each, rules, collateral, contracts) for each, rules in contracts],
        )

    def _age_s(self, steady_ns: int) -> float:
        return max(0, self._parts.clock.monotonic_ns() - steady_ns) / NS

    def _contracts(self, held: Iterable[PositionValue]) -> list[tuple[PositionValue, Instrument]]:
        found = [(each, self._parts.fold.ledger.instrument(each.instrument_id)) for each in held]
        return [(each, rules) for each, rules in found if rules and rules.asset_type is AssetType.PERPETUAL]

    def _fee_rates(self, venue: str, read: Callable[[Instrument], Decimal]) -> tuple[Decimal, Decimal] | None:
        """Return the lowest and the highest rate; none known where a venue names none, which reads as zero."""
        rates = [read(rules) for rules in self._parts.market.instruments.values() if rules.venue == venue]
        return (min(rates), max(rates)) if any(rates) else None

    # balances --------------------------------------------------------------------------------------

    def _balances(self, venue: str, told: dict[str, Balance]) -> list[BalanceView]:
        cash = [each for each in self._parts.fold.ledger.cash() if each.venue == venue]
        return [self._balance(each, told.get(each.asset)) for each in cash if each.total or each.asset in told]

    def _balance(self, cash: Cash, told: Balance | None) -> BalanceView:
        rate = self._parts.market.marks.asset_usd(cash.venue, cash.asset)
        total = cash.total if cash.is_reported else None  # the sum of what moved is no balance
        is_fixed = rate is not None and rate.at_ns > FIXED_NS
        return BalanceView(
            asset=cash.asset,
            total=total,
            free=None if told is None else told.free,
            used=None if told is None else told.total - told.free,
            value_usd=None if rate is None or total is None else total * rate.price,
            rate_age_s=None if rate is None or is_fixed else self._age_s(rate.at_ns),
        )

    # contracts -------------------------------------------------------------------------------------

    def _contract(
        self,
        position: PositionValue,
        rules: Instrument,
        collateral: Decimal | None,
        contracts: list[tuple[PositionValue, Instrument]],
    ) -> ContractView:
        others = _total(_maintenance(each, known) for each, known in contracts if each is not position)
        price = _price(position, rules, collateral, others)
        mark, funding = position.mark_price, self._parts.market.funding.get(position.instrument_id)
        funding_age_ns = self._parts.market.funding_age_ns(position.instrument_id)
        notional = position.notional_usd
        now_ns = self._parts.clock.utc_ns()
        due = None if funding is None or notional is None else -notional * Decimal(repr(funding.rate))
        return ContractView(
            symbol=position.instrument_id.symbol,
            quantity=position.quantity,
            notional_usd=notional,
            mark_age_s=None if position.mark_age_ns is None else position.mark_age_ns / NS,
            max_leverage=rules.max_leverage,
            liquidation_price=price,
            liquidation_distance_pct=(
                None if price is None or not mark else ((price / mark - 1) * 100).quantize(HUNDREDTH)
            ),
            funding_rate=None if funding is None else funding.rate,
            next_funding_ns=None if funding is None or funding.next_funding_ns < now_ns else funding.next_funding_ns,
            funding_age_s=None if funding_age_ns is None else funding_age_ns / NS,
            next_funding_usd=None if due is None else due.quantize(HUNDREDTH),
        )


def _price(
    position: PositionValue, rules: Instrument, collateral: Decimal | None, others: Decimal | None
) -> Decimal | None:
    """Return where the venue would liquidate; not told of inverse contracts, whose value does not move in a line."""
    mark, unit = position.mark_price, position.unit_usd
    if collateral is None or others is None or not mark or not unit or rules.is_inverse:
        return None
    look = ContractLook(position.quantity, mark, unit, rules.maintenance_rate)
    price = liquidation_price(collateral, others, look)
    return None if price is None else price.quantize(rules.tick_size)


def _distance_pct(collateral: Decimal | None, contracts: list[tuple[PositionValue, Instrument]]) -> Decimal | None:
    values = [(each.notional_usd, rules.maintenance_rate) for each, rules in contracts]
    if collateral is None or any(value is None for value, _ in values):
        return None
    looks = [ContractValue(abs(value), rate) for value, rate in values if value is not None]
    return liquidation_distance_pct(collateral, looks).quantize(HUNDREDTH)


def _margin(position: PositionValue, rules: Instrument, max_leverage: Decimal) -> Decimal | None:
    leverage = min(max_leverage, max(rules.max_leverage, Decimal(1)))
    return None if position.notional_usd is None else abs(position.notional_usd) / leverage


def _maintenance(position: PositionValue, rules: Instrument) -> Decimal | None:
    return None if position.notional_usd is None else abs(position.notional_usd) * rules.maintenance_rate


def _total(parts: Iterable[Decimal | None]) -> Decimal | None:
    """Add up; unknown as soon as one part is."""
    total = ZERO
    for part in parts:
        if part is None:
            return None
        total += part
    return total
