"""What the venue told about an order, as the engine takes it: reports and fills."""

import logging
from typing import Final

from adapters.binance.answers import ZERO, OrderAnswer, TradeAnswer
from adapters.binance.order_parameters import STATUSES
from adapters.binance.signed_rest import VenueReadError
from adapters.binance.traded_symbols import TradedSymbols
from adapters.binance.user_events import Execution
from adapters.fee_rates import FeeRates
from core.ports.venue import OrderReport
from core.types.order import Fill, Liquidity, OrderStatus, Side

_log = logging.getLogger(__name__)
_NS_PER_MS: Final = 1_000_000
# liquidations and auto-deleveraging: their orders are the venue's own
_VENUE_OWN: Final = frozenset({"NEW_INSURANCE", "NEW_ADL"})


def fill_id(venue_symbol: str, trade_id: int, order_id: int) -> str:
    """Name an execution: trade ids count per symbol, and both sides of one trade may be of this account."""
    return f"{venue_symbol}-{trade_id}-{order_id}"


class Reports:
    """Makes reports and fills of the venue's messages, named and in the quote currency."""

    def __init__(self, venue: str, symbols: TradedSymbols, fees: FeeRates) -> None:
        self._venue = venue
        self._symbols = symbols
        self._fees = fees

    def report(self, execution: Execution) -> OrderReport:
        status = STATUSES.get(execution.status)
        reason = None if execution.reject_reason == "NONE" else execution.reject_reason
        if status is None and execution.status in _VENUE_OWN:
            is_whole = execution.filled_quantity >= execution.quantity
            status = OrderStatus.FILLED if is_whole else OrderStatus.PARTIALLY_FILLED
        if status is None:
            # doubt freezes the leg until the account has been looked at; a guess would not
            status, reason = OrderStatus.IN_DOUBT, f"unknown status {execution.status!r}"
        elif status in {OrderStatus.EXPIRED, OrderStatus.REJECTED} and reason is None:
            reason = execution.status.lower()
        return OrderReport(
            client_order_id=execution.client_order_id,
            venue=self._venue,
            status=status,
            venue_order_id=str(execution.order_id),
            reason=reason,
            venue_ns=execution.venue_ms * _NS_PER_MS,
        )

    def report_of_answer(self, answer: OrderAnswer) -> OrderReport:
        """Return a report of an order that was asked for."""
        status = STATUSES.get(answer.status)
        return OrderReport(
            client_order_id=answer.client_order_id,
            venue=self._venue,
            status=OrderStatus.IN_DOUBT if status is None else status,
            venue_order_id=str(answer.order_id),
            reason=None if status is not None else f"unknown status {answer.status!r}",
            venue_ns=(answer.update_time or answer.time) * _NS_PER_MS,
        )

    async def fill(self, execution: Execution, received_ns: int) -> Fill | None:
        """Return the fill in an execution; raise VenueReadError where its fee has no worth.

        One of a contract that is none of ours to trade (delivery) has no rules to be booked by: the account tells of
        its position.
        """
        instrument = self._symbols.rules_of(execution.venue_symbol)
        if instrument is None:
            _log.warning("%s: a fill of %s, which cannot be traded here", self._venue, execution.venue_symbol)
            return None
        price = execution.last_price
        commission = execution.commission or ZERO  # left out where there is none, by the venue's documentation
        return Fill(
            fill_id=fill_id(execution.venue_symbol, execution.trade_id, execution.order_id),
            client_order_id=execution.client_order_id,
            venue=self._venue,
            symbol=instrument.symbol,
            side=Side.BUY if execution.side == "BUY" else Side.SELL,
            price=price,
            quantity=execution.last_quantity,
            fee=await self._fees.in_quote(commission, execution.commission_asset, instrument, price),
            liquidity=Liquidity.MAKER if execution.is_maker else Liquidity.TAKER,
            venue_ns=execution.venue_ms * _NS_PER_MS,
            received_ns=received_ns,
            trade_id=execution.trade_id,
        )

    async def fill_of_trade(self, trade: TradeAnswer, client_order_id: str, received_ns: int) -> Fill:
        """Return the fill that a listed trade is."""
        instrument = self._symbols.rules_of(trade.symbol)
        if instrument is None:
            raise VenueReadError(f"a trade of {trade.symbol}, which is not listed")
        return Fill(
            fill_id=fill_id(trade.symbol, trade.id, trade.order_id),
            client_order_id=client_order_id,
            venue=self._venue,
            symbol=instrument.symbol,
            side=Side.BUY if trade.is_buyer else Side.SELL,
            price=trade.price,
            quantity=trade.qty,
            fee=await self._fees.in_quote(trade.commission, trade.commission_asset, instrument, trade.price),
            liquidity=Liquidity.MAKER if trade.is_maker else Liquidity.TAKER,
            venue_ns=trade.time * _NS_PER_MS,
            received_ns=received_ns,
            trade_id=trade.id,
        )
