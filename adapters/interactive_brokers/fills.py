"""Executions become fills once their commission is known: IB reports the two apart."""

import asyncio
import logging
from collections.abc import Callable
from decimal import Decimal
from typing import Final

import msgspec

from adapters.interactive_brokers.settings import CommissionRule
from adapters.interactive_brokers.wire import CommissionSaid, ExecutionSaid
from core.ports.clock import Clock
from core.types.order import Fill, Liquidity, Side

_log = logging.getLogger(__name__)
_MOST: Final = 50_000


class _Execution(msgspec.Struct):
    said: ExecutionSaid
    client_order_id: str
    symbol: str
    done: "asyncio.Future[Fill]"
    timer: asyncio.TimerHandle | None = None
    is_wanted: bool = False  # the engine is to be told of it
    is_told: bool = False


def fill_id_of(execution_id: str) -> str:
    """Return what stays the same when IB corrects an execution: only the number behind the last dot changes."""
    return execution_id.rpartition(".")[0] or execution_id


class Fills:
    """Waits for commissions, `wait_s` at most; then the fee is reckoned by IB's price list, and that is said aloud."""

    def __init__(
        self, venue: str, clock: Clock, rule: CommissionRule, wait_s: float, deliver: Callable[[Fill], None]
    ) -> None:
        self._venue = venue
        self._clock = clock
        self._rule = rule
        self._wait_s = wait_s
        self._deliver = deliver
        self._executions: dict[str, _Execution] = {}

    def take(self, said: ExecutionSaid, client_order_id: str, symbol: str, *, tell: bool) -> "asyncio.Future[Fill]":
        """Take an execution; with `tell` the engine hears of it, once, when it is complete."""
        fill_id = fill_id_of(said.execution_id)
        execution = self._executions.get(fill_id)
        if execution is None:
            loop = asyncio.get_running_loop()
            execution = _Execution(said, client_order_id, symbol, loop.create_future())
            execution.timer = loop.call_later(self._wait_s, self._reckon, execution)
            self._executions[fill_id] = execution
            if len(self._executions) > _MOST:
                self._executions.pop(next(iter(self._executions)))
        elif execution.said.execution_id != said.execution_id:
            # Booked twice would be worse than booked as first told: the comparison of accounts finds the difference.
            _log.warning("%s corrected execution %s: %s at %s", self._venue, fill_id, said.quantity, said.price)
        execution.is_wanted |= tell
        self._tell(execution)
        return execution.done

    def commission(self, said: CommissionSaid) -> None:
        execution = self._executions.get(fill_id_of(said.execution_id))
        if execution is None or execution.done.done() or said.amount is None:
            return
        if said.currency != execution.said.name.currency:
            _log.warning(
                "%s charged fill %s in %s: the fee in %s is reckoned by the price list",
                self._venue, said.execution_id, said.currency, execution.said.name.currency,
            )  # fmt: skip
            self._reckon(execution)
            return
        self._complete(execution, execution.said, said.amount)

    def _reckon(self, execution: _Execution) -> None:
        said = execution.said
        if execution.done.done():
            return
        fee = self._rule.estimate(said.price, said.quantity)
        _log.warning(
            "%s told no commission of fill %s: booked with %s %s by the price list, the account's cash decides",
            self._venue, said.execution_id, fee, said.name.currency,
        )  # fmt: skip
        self._complete(execution, said, fee)

    def _complete(self, execution: _Execution, said: ExecutionSaid, fee: Decimal) -> None:
        if execution.timer is not None:
            execution.timer.cancel()
            execution.timer = None
        execution.done.set_result(
            Fill(
                fill_id=fill_id_of(said.execution_id),
                client_order_id=execution.client_order_id,
                venue=self._venue,
                symbol=execution.symbol,
                side=Side.BUY if said.is_buy else Side.SELL,
                price=said.price,
                quantity=said.quantity,
                fee=fee,
                liquidity=Liquidity.MAKER if said.added_liquidity else Liquidity.TAKER,
                venue_ns=said.venue_ns,
                received_ns=self._clock.utc_ns(),
            )
        )
        self._tell(execution)

    def _tell(self, execution: _Execution) -> None:
        if execution.is_wanted and not execution.is_told and execution.done.done():
            execution.is_told = True
            self._deliver(execution.done.result())
