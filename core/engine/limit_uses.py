"""Every limit as remaining room: what is allowed, what is used, what is left."""

from collections.abc import Iterator
from decimal import Decimal

from core.alarms.limit_rates import HORIZON_S, MOMENTARY, NS_PER_S, LimitRates
from core.engine.parts import EngineParts
from core.ledger.position import ZERO
from core.ledger.valuation import Valuation
from core.risk.totals import venue_totals
from core.state.monitoring import DAY_LOSS, DRAWDOWN, INVESTED, LimitUse
from core.types.calendar_day import NS_PER_DAY
from core.types.capital import Pool


class LimitUses:
    """Read-only; an unknown input gives a limit whose use and room are unknown."""

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts
        self._past = LimitRates()

    def look(self, valuation: Valuation) -> None:
        """Take note every few seconds of how much is used, for the rate at which it rises."""
        steady_ns = self._parts.clock.monotonic_ns()
        if self._past.is_due(steady_ns):
            self._past.look(self._uses(valuation), steady_ns)

    def build(self, valuation: Valuation) -> list[LimitUse]:
        """Return every limit, with when it is reached where its use rises; the loss of a day counts until it ends."""
        uses = self._uses(valuation)
        day_left_s = (NS_PER_DAY - valuation.at_ns % NS_PER_DAY) / NS_PER_S
        for use in uses:
            use.reached_in_s = self._past.reached_in_s(use, day_left_s if use.name == DAY_LOSS else HORIZON_S)
        return uses

    def _uses(self, valuation: Valuation) -> list[LimitUse]:
        return [*self._account(valuation), *self._jobs(), *self._rates(), *self._venues()]

    def day_loss_limit_usd(self, valuation: Valuation) -> Decimal | None:
        if valuation.equity_usd is None:
            return None
        return self._parts.settings.limits.daily_loss_limit_usd(valuation.equity_usd)

    def _account(self, valuation: Valuation) -> Iterator[LimitUse]:
        limits, open_orders = self._parts.settings.limits, self._parts.fold.orders.live_count
        invested = _invested_pct(_gross(valuation), valuation.equity_usd, limits.max_invested_pct)
        yield _use(DAY_LOSS, "USD", self.day_loss_limit_usd(valuation), valuation.day_loss_usd)
        yield _use(DRAWDOWN, "%", limits.max_drawdown_pct, valuation.drawdown_pct)
        yield _use("order", "USD", limits.max_position_per_trade_usd, ZERO)
        yield _use("directional", "USD", limits.max_position_size_usd, _sum_of_nets(valuation))
        yield _use(INVESTED, "%", limits.max_invested_pct, invested)
        yield _use("open orders", "orders", Decimal(limits.max_open_orders), Decimal(open_orders))

    def _jobs(self) -> Iterator[LimitUse]:
        jobs, book, hub = self._parts.settings.jobs, self._parts.fold.scheduler.book, self._parts.fold.risk_hub
        failures = Decimal(hub.consecutive_failures)
        yield _use("running jobs", "jobs", Decimal(jobs.max_running), Decimal(len(book.running)))
        yield _use("failures", "in a row", Decimal(jobs.max_consecutive_failures), failures)

    def _rates(self) -> Iterator[LimitUse]:
        """Yield what may still be sent this second; of the messages a part is kept for cancels and for reducing."""
        limits, recent = self._parts.settings.limits, self._parts.recent
        steady_ns, orders = self._parts.clock.monotonic_ns(), 0
        for venue in self._parts.desk.executions:
            orders, messages = recent.rates(venue, steady_ns)
            new = Decimal(limits.message_rate_per_s - limits.cancel_reserve_per_s)
            yield _use(f"new messages {venue}", MOMENTARY, new, Decimal(messages))
            yield _use(f"messages {venue}", MOMENTARY, Decimal(limits.message_rate_per_s), Decimal(messages))
        yield _use("orders", MOMENTARY, Decimal(limits.order_rate_per_s), Decimal(orders))

    def _venues(self) -> Iterator[LimitUse]:
        parts, limits = self._parts, self._parts.settings.limits
        exposures = parts.views.exposures()
        for venue in parts.desk.executions:
            capital = parts.capital.capital_of(venue)
            reserve = capital.pool(Pool.RESERVE)
            totals = venue_totals(venue, exposures)
            gross, net = (None, None) if totals is None else totals
            _, notional = parts.fold.scheduler.book.running_at(venue)
            yield _use(f"in flight {venue}", "USD", capital.in_flight_limit_usd, capital.in_flight_usd)
            yield _use(f"jobs {venue}", "USD", parts.settings.jobs.max_notional_per_venue_usd, notional)
            yield _use(f"gross {venue}", "USD", limits.max_venue_gross_usd, gross)
            yield _use(f"net {venue}", "USD", limits.max_venue_net_usd, net)
            used = None if reserve.unvalued else reserve.reserved_usd + reserve.committed_usd
            yield _use(f"reserve {venue}", "USD", reserve.budget_usd, used)


def _use(name: str, unit: str, limit: Decimal | None, used: Decimal | None) -> LimitUse:
    left = None if limit is None or used is None else max(ZERO, limit - used)
    return LimitUse(name=name, unit=unit, limit=limit, used=used, left=left)


def _sum_of_nets(valuation: Valuation) -> Decimal | None:
    nets = [net.notional_usd for net in valuation.net_positions]
    return None if any(net is None for net in nets) else sum((abs(net or ZERO) for net in nets), ZERO)


def _gross(valuation: Valuation) -> Decimal | None:
    values = [position.notional_usd for position in valuation.positions]
    return None if any(value is None for value in values) else sum((abs(value or ZERO) for value in values), ZERO)


def _invested_pct(gross: Decimal | None, equity: Decimal | None, limit: Decimal) -> Decimal | None:
    """Return the share of equity; all of the limit is used where something is held and equity is none to share."""
    if gross is None or equity is None:
        return None
    if equity > 0:
        return gross * 100 / equity
    return limit if gross else None
