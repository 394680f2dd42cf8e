"""An execution sink that keeps what it is told and lets a test wait for it."""

import itertools
from collections.abc import Callable
from decimal import Decimal

from core.ports.venue import OrderReport
from core.types.account import FundingPayment
from core.types.order import Fill, OrderStatus
from tests.venues.news import News


class ExecutionRecords:
    """Funding payments are a fault where the venue tells of them with the account alone, or has none.

    Attributes
    ----------
    told
        Reports and fills, in the order in which they came.
    """

    def __init__(self, *, takes_payments: bool = False) -> None:
        self.told: list[OrderReport | Fill] = []
        self.payments: list[FundingPayment] = []
        self.news = News()
        self._takes_payments = takes_payments

    def order_report(self, report: OrderReport) -> None:
        self.told.append(report)
        self.news.tell()

    def fill(self, fill: Fill) -> None:
        self.told.append(fill)
        self.news.tell()

    def funding_payment(self, payment: FundingPayment) -> None:
        assert self._takes_payments, "funding is not told here"
        self.payments.append(payment)
        self.news.tell()

    @property
    def reports(self) -> list[OrderReport]:
        return [told for told in self.told if isinstance(told, OrderReport)]

    @property
    def fills(self) -> list[Fill]:
        return [told for told in self.told if isinstance(told, Fill)]

    @property
    def fills_by_id(self) -> dict[str, Fill]:
        """Return each fill once, as the engine counts them."""
        found: dict[str, Fill] = {}
        for fill in self.fills:
            found.setdefault(fill.fill_id, fill)
        return found

    def fills_of(self, client_order_id: str) -> list[Fill]:
        """Return the fills of an order, each once."""
        return [fill for fill in self.fills_by_id.values() if fill.client_order_id == client_order_id]

    def filled(self, client_order_id: str) -> Decimal:
        return sum((fill.quantity for fill in self.fills_of(client_order_id)), Decimal(0))

    def statuses(self, client_order_id: str) -> list[OrderStatus]:
        return [report.status for report in self.reports if report.client_order_id == client_order_id]

    def changes(self, client_order_id: str) -> list[OrderStatus]:
        """Return what an order was said to be, without what was said again."""
        return [status for status, _ in itertools.groupby(self.statuses(client_order_id))]

    def words(self, client_order_id: str) -> list[str]:
        """Return what was said of an order, in its order: states, and ``fill`` for fills."""
        mine = [told for told in self.told if told.client_order_id == client_order_id]
        return ["fill" if isinstance(told, Fill) else told.status.value for told in mine]

    async def until(self, is_so: Callable[[], bool]) -> None:
        await self.news.until(is_so)

    async def until_said(self, client_order_id: str, word: str) -> None:
        """Wait for a state of an order, or for a ``fill`` of it."""
        await self.until(lambda: word in self.words(client_order_id))
