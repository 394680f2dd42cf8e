"""A venue's trading side under the name that the venue was given here: two accounts at one venue have two names."""

import msgspec

from core.ports.venue import AmendSupport, Cautioning, ExecutionSink, ExecutionVenue, OrderReport, SendResult
from core.risk.verdict import Approved, ApprovedAmend
from core.types.account import AccountReport, FundingPayment, VenuePosition
from core.types.instrument import InstrumentId
from core.types.order import Fill, Order

_replace = msgspec.structs.replace


class NamedExecution:
    """Implements `ExecutionVenue` over another one whose reports carry the venue's own name."""

    def __init__(self, execution: ExecutionVenue, name: str) -> None:
        self.venue = name
        self._execution = execution

    @property
    def cautions(self) -> tuple[str, ...]:
        return self._execution.cautions if isinstance(self._execution, Cautioning) else ()

    async def start(self, sink: ExecutionSink) -> None:
        await self._execution.start(_NamedSink(sink, self.venue))

    async def stop(self) -> None:
        await self._execution.stop()

    async def submit(self, approved: Approved) -> SendResult:
        return await self._execution.submit(approved)

    async def cancel(self, client_order_id: str, symbol: str) -> SendResult:
        return await self._execution.cancel(client_order_id, symbol)

    @property
    def amend_support(self) -> AmendSupport:
        return self._execution.amend_support

    async def amend(self, approved: ApprovedAmend) -> SendResult:
        return await self._execution.amend(approved)

    async def cancel_all(self) -> SendResult:
        return await self._execution.cancel_all()

    async def account(self, since_ns: int) -> AccountReport:
        report, name = await self._execution.account(since_ns), self.venue
        return _replace(
            report,
            venue=name,
            positions=tuple(_position(each, name) for each in report.positions),
            open_orders=tuple(_order(each, name) for each in report.open_orders),
            fills=tuple(_replace(each, venue=name) for each in report.fills),
            funding=tuple(_payment(each, name) for each in report.funding),
        )


class _NamedSink:
    """Put the name into what the venue reports."""

    def __init__(self, sink: ExecutionSink, name: str) -> None:
        self._sink = sink
        self._name = name

    def order_report(self, report: OrderReport) -> None:
        self._sink.order_report(_replace(report, venue=self._name))

    def fill(self, fill: Fill) -> None:
        self._sink.fill(_replace(fill, venue=self._name))

    def funding_payment(self, payment: FundingPayment) -> None:
        self._sink.funding_payment(_payment(payment, self._name))


def _renamed(instrument_id: InstrumentId, name: str) -> InstrumentId:
    return InstrumentId(name, instrument_id.symbol)


def _position(position: VenuePosition, name: str) -> VenuePosition:
    return _replace(position, instrument_id=_renamed(position.instrument_id, name))


def _payment(payment: FundingPayment, name: str) -> FundingPayment:
    return _replace(payment, instrument_id=_renamed(payment.instrument_id, name))


def _order(order: Order, name: str) -> Order:
    return _replace(order, intent=_replace(order.intent, venue=name))
