"""Explains anything by its name: `order:ID`, `venue:NAME`, `limit:NAME` and so on, or the bare name."""

from collections.abc import Callable
from typing import Final

from core.engine.explaining.alarms import explain_alarm
from core.engine.explaining.limits import LimitExplainer
from core.engine.explaining.orders import OrderExplainer
from core.engine.explaining.scopes import ScopeExplainer
from core.engine.parts import EngineParts
from core.risk.halts import GLOBAL
from core.state.explanation import Explained
from core.state.monitoring import MonitoringState

KINDS: Final = ("order", "fill", "venue", "strategy", "limit", "alarm")
FORMS: Final = "global, " + ", ".join(
    ("order:ID", "fill:VENUE ID", "venue:NAME", "strategy:NAME", "limit:NAME", "alarm:NAME", "or the id of a job")
)


class Explainer:
    """Read-only: asking changes nothing."""

    def __init__(self, parts: EngineParts, monitoring: Callable[[], MonitoringState]) -> None:
        self._monitoring = monitoring
        self._parts = parts
        self._orders = OrderExplainer(parts)
        self._scopes = ScopeExplainer(parts)
        self._limits = LimitExplainer(parts, lambda: monitoring().risk.limits)

    def explain(self, subject: str) -> Explained | None:
        """Return why something is as it is; None for what is not known."""
        wanted = subject.strip()
        kind, separator, name = wanted.partition(":")
        if wanted == GLOBAL:
            return self._scopes.everything(self._monitoring())
        if separator and kind in KINDS:
            return self._of(kind, name.strip())
        found = (self._of(kind, wanted) for kind in KINDS if kind != "fill")
        return next((each for each in found if each is not None), None)

    def _of(self, kind: str, name: str) -> Explained | None:
        match kind:
            case "order":
                return self._orders.explain(name)
            case "fill":
                venue, _, fill_id = name.partition(" ")
                return self._orders.explain_fill(venue, fill_id)
            case "venue":
                return self._scopes.venue(name, self._monitoring())
            case "strategy":
                return self._scopes.strategy(name, self._monitoring())
            case "limit":
                return self._limits.explain(name)
            case _:
                return explain_alarm(name, self._monitoring(), self._parts)
