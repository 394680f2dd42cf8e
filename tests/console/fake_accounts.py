"""A scripted engine that shows accounts to who asks for them."""

from dataclasses import dataclass, field
from decimal import Decimal

import msgspec

from core.state.account import AccountView, BalanceView, ContractView
from core.state.desk import DeskSnapshot
from tests.console.fake_jobs import START_NS
from tests.console.fake_link import FakeLink

_D = Decimal


def some_accounts() -> list[AccountView]:
    """Return one venue that is known well and one that nobody has heard of yet."""
    known = AccountView(
        venue="sim-a",
        read_age_s=12.0,
        equity_usd=_D("40012.18"),
        collateral_usd=_D("39900.00"),
        margin_used_usd=_D("5334.21"),
        margin_free_usd=_D("34565.79"),
        maintenance_usd=_D("400.06"),
        leverage=_D("0.40"),
        max_leverage=_D(3),
        liquidation_distance_pct=_D("78.2"),
        maker_fee_rates=(_D("0.0002"), _D("0.0002")),
        taker_fee_rates=(_D("0.0005"), _D("0.0010")),
        balances=[
            BalanceView(
                asset="USDT", total=_D("39900.00"), free=_D("34565.79"), used=_D("5334.21"), value_usd=_D("39900.00"),
                rate_age_s=None,
            ),
            BalanceView(
                asset="BTC", total=_D("0.00175"), free=_D("0.00175"), used=_D(0), value_usd=_D("112.02"), rate_age_s=0.1
            ),
        ],
        contracts=[
            ContractView(
                symbol="BTC/USDT:USDT", quantity=_D("0.250"), notional_usd=_D("16002.63"), mark_age_s=0.1,
                max_leverage=_D(20), liquidation_price=_D("60123.5"), liquidation_distance_pct=_D("-6.07"),
                funding_rate=0.0001, next_funding_ns=START_NS + 3 * 3_600_000_000_000 + 720_000_000_000,
                funding_age_s=2.0, next_funding_usd=_D("-1.60"),
            )
        ],
    )  # fmt: skip
    unknown = AccountView(
        venue="sim-b",
        read_age_s=None,
        equity_usd=None,
        collateral_usd=None,
        margin_used_usd=None,
        margin_free_usd=None,
        maintenance_usd=None,
        leverage=None,
        max_leverage=_D(3),
        liquidation_distance_pct=None,
        maker_fee_rates=None,
        taker_fee_rates=None,
        balances=[
            BalanceView(asset="USDC", total=None, free=None, used=None, value_usd=None, rate_age_s=None),
        ],
        contracts=[],
    )
    return [known, unknown]


@dataclass
class AccountLink(FakeLink):
    accounts: list[AccountView] = field(default_factory=some_accounts)

    def snapshot(self) -> DeskSnapshot:
        shown = self.accounts if self.request.accounts else []
        return msgspec.structs.replace(super().snapshot(), accounts=shown)
