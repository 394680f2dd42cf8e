"""Standing alarms to show: a mild one, and a venue whose link was lost with what follows from that."""

from core.state.monitoring import Alert
from tests.console.fake_jobs import START_NS

LOST = "feed sim-b"


def alarm(name: str, severity: str = "severe", text: str = "", *, age_s: int = 90, **more: object) -> Alert:
    facts: dict[str, object] = {"severity": severity, "name": name, "text": text, **more}
    return Alert(since_ns=START_NS - age_s * 1_000_000_000, **facts)


def some_alarms() -> list[Alert]:
    return [alarm("single_loss", "warning", "a loss of 0.8 % on ETH/USDT:USDT")]


def lost_link() -> list[Alert]:
    """Return a lost link, three consequences of it, a critical alarm and one that was seen."""
    return [
        alarm("unwatched ETH@sim-b", text="no stop watches -1.2: its book is stale", explained_by=LOST),
        alarm("order o-3", text="ETH/USDT:USDT@sim-b is in doubt: no answer", explained_by=LOST),
        alarm("latency sim-b", "warning", "answers take 912 ms", explained_by=LOST),
        alarm(LOST, text="feed is down: connection lost"),
        alarm(
            "seen before", "severe", "known", acknowledged=True, acknowledged_by="console:bob", acknowledged_ns=START_NS
        ),
        alarm("job 0001-7", "critical", "left 0.4 BTC naked: the hedge was refused", age_s=12),
    ]
