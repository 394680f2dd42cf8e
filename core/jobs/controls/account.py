"""Controls on the account as a whole: the same verdict for every job of a tick."""

from core.jobs.controls.finding import JobFinding, at_most, below, judged
from core.jobs.market import AccountLook
from core.jobs.rulebook import Rulebook
from core.risk.view import LiveTrading
from core.types.control import HaltLevel, TradingMode


def mode_gate(account: AccountLook, rules: Rulebook) -> JobFinding:
    del rules
    passed = account.trading_mode is TradingMode.PAPER or account.live_trading is LiveTrading.CONFIRMED
    return judged(
        passed,
        "paper, or live trading confirmed",
        lambda: f"{account.trading_mode}, live trading {account.live_trading}",
    )


def halt_level(account: AccountLook, rules: Rulebook) -> JobFinding:
    del rules
    return judged(account.halt_level is HaltLevel.NORMAL, "NORMAL", lambda: account.halt_level.name)


def day_loss(account: AccountLook, rules: Rulebook) -> JobFinding:
    del rules
    return below(account.day_loss_usd, account.day_loss_limit_usd, "equity and profit of the day")


def running_jobs(account: AccountLook, rules: Rulebook) -> JobFinding:
    """Count the jobs that run; this one would be one more."""
    limit = rules.jobs.max_running
    passed = 0 <= account.running_jobs < limit
    return JobFinding(passed, "at most {}", limit, lambda: f"{account.running_jobs} running and this one")


def drawdown(account: AccountLook, rules: Rulebook) -> JobFinding:
    observed = account.drawdown_pct
    return at_most(None if observed is None else max(0.0, observed), rules.max_drawdown_pct, "drawdown")


def consecutive_failures(account: AccountLook, rules: Rulebook) -> JobFinding:
    limit = rules.jobs.max_consecutive_failures
    passed = 0 <= account.consecutive_failures < limit
    return JobFinding(passed, "below {}", limit, account.consecutive_failures)


def strategy_halt(account: AccountLook, strategy: str) -> JobFinding:
    level = account.strategy_halts.get(strategy, HaltLevel.NORMAL)
    return judged(level is HaltLevel.NORMAL, "NORMAL", lambda: f"{strategy} {level.name}")
