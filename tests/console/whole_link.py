"""A scripted engine with something to show in every pane."""

from dataclasses import dataclass, field

from core.state.desk import PriceAlertView
from tests.console.fake_accounts import AccountLink
from tests.console.fake_price_alerts import PriceAlertLink, price_alert
from tests.console.fake_timelines import TimelineLink
from tui.console.app import ConsoleApp

WATCHED = ("BTC/USDT@sim-a", "ETH/USDT:USDT@sim-b", "GONE/USDT@sim-a")


def some_price_alerts() -> list[PriceAlertView]:
    return [price_alert(1, "65000"), price_alert(2, "70000", is_repeated=True, fired_ns=1)]


@dataclass
class WholeLink(AccountLink, TimelineLink, PriceAlertLink):
    price_alerts: list[PriceAlertView] = field(default_factory=some_price_alerts)


def watch_some(app: ConsoleApp) -> None:
    """Fill the watchlist, which is the console's own."""
    app.area.watchlist.names = list(WATCHED)
