"""A scripted engine that keeps the price alerts it is asked for."""

from dataclasses import dataclass, field
from decimal import Decimal

import msgspec

from core.control.commands import AnyCommand, CommandResult, RemovePriceAlert, SetPriceAlert
from core.state.desk import DeskSnapshot, PriceAlertView
from tests.console.fake_link import FakeLink


def price_alert(number: int, price: str, **more: object) -> PriceAlertView:
    known = PriceAlertView(
        alert_id=f"p-{number}",
        venue="sim-a",
        symbol="BTC/USDT",
        crossing="above",
        price=Decimal(price),
        is_repeated=False,
        severity="warning",
        who="console:test",
        set_ns=1,
        fired_ns=None,
        fired_price=None,
        times=0,
        distance_pct=Decimal("1.55"),
    )
    return msgspec.structs.replace(known, **more)


@dataclass
class PriceAlertLink(FakeLink):
    price_alerts: list[PriceAlertView] = field(default_factory=list)

    def snapshot(self) -> DeskSnapshot:
        return msgspec.structs.replace(super().snapshot(), price_alerts=list(self.price_alerts))

    async def execute(self, command: AnyCommand) -> CommandResult:
        if isinstance(command, SetPriceAlert):
            self.price_alerts.append(price_alert(len(self.price_alerts) + 1, f"{command.price}"))
        elif isinstance(command, RemovePriceAlert):
            self.price_alerts = [each for each in self.price_alerts if each.alert_id != command.alert_id]
        return await super().execute(command)
