"""What orders, instruments and ended jobs look like, kept while they are as they were, as most are at every look."""

from typing import Any, Final, Generic, TypeVar

import msgspec

from core.state.desk import InstrumentView, OrderView
from core.types.instrument import Instrument
from core.types.order import Order

Row = TypeVar("Row")

MOST_KEPT: Final = 2_000
"""Rows in each of two generations: more than one desk shows, so that what every look finds again stays."""


class ShownRows:
    """Give the same row for what is the same, so that no console is told again what it has been told."""

    def __init__(self) -> None:
        self._orders = KeptRows[OrderView]()
        self._instruments = KeptRows[InstrumentView]()

    def order(self, order: Order) -> OrderView:
        fields = msgspec.structs.astuple(order)
        kept = self._orders.find(order.intent.client_order_id, fields)
        return kept or self._orders.keep(order.intent.client_order_id, fields, _order(order))

    def instrument(self, instrument: Instrument) -> InstrumentView:
        name = f"{instrument.symbol}@{instrument.venue}"
        fields = (id(instrument), instrument)  # which keeps it, so that no other gets its identity
        return self._instruments.find(name, fields) or self._instruments.keep(name, fields, _instrument(instrument))


class KeptRows(Generic[Row]):
    """Rows by name, each with what it was made of; one that is looked for no more is let go after a generation."""

    def __init__(self) -> None:
        self._young: dict[str, tuple[tuple[Any, ...], Row]] = {}
        self._old: dict[str, tuple[tuple[Any, ...], Row]] = {}

    def find(self, name: str, fields: tuple[Any, ...]) -> Row | None:
        """Return the row that was made of the same."""
        found = self._young.get(name)
        if found is None and (found := self._old.pop(name, None)) is not None:
            self.keep(name, *found)
        return found[1] if found is not None and found[0] == fields else None

    def keep(self, name: str, fields: tuple[Any, ...], row: Row) -> Row:
        if len(self._young) >= MOST_KEPT and name not in self._young:
            self._old, self._young = self._young, {}
        self._young[name] = fields, row
        return row


def _instrument(instrument: Instrument) -> InstrumentView:
    return InstrumentView(
        venue=instrument.venue,
        symbol=instrument.symbol,
        asset_type=instrument.asset_type.value,
        tick_size=instrument.tick_size,
        lot_size=instrument.lot_size,
        min_quantity=instrument.min_quantity,
        min_notional=instrument.min_notional,
        contract_size=instrument.contract_size,
        order_tick_size=instrument.order_tick_size,
        order_lot_size=instrument.order_lot_size,
    )


def _order(order: Order) -> OrderView:
    intent, pending = order.intent, order.pending_amend if order.status.may_live else None
    return OrderView(
        client_order_id=intent.client_order_id,
        venue=intent.venue,
        symbol=intent.symbol,
        side=intent.side.value,
        order_type=intent.order_type.value,
        quantity=intent.quantity,
        filled_quantity=order.filled_quantity,
        limit_price=intent.limit_price,
        average_price=order.average_price,
        status=order.status.value,
        source=intent.source,
        reason=order.reason,
        is_external=order.is_external,
        created_ns=intent.created_ns,
        updated_ns=order.updated_ns,
        held_id=None if intent.held is None else intent.held.held_id,
        amend=None if pending is None else pending.state.value,
        new_price=None if pending is None else pending.limit_price,
        new_quantity=None if pending is None else pending.quantity,
        replaces=intent.replaces,
    )
