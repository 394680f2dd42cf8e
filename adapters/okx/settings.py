"""What the trading side is told, and how patient it is."""

import msgspec

from adapters.okx.endpoints import LIVE, Endpoints


class TradingSettings(msgspec.Struct, frozen=True, kw_only=True):
    symbols: tuple[str, ...]  # unified (`BTC/USDT:USDT`) or the venue's own
    rate_limit_share: float = 1.0  # of the venue's limits, for what is neither cancel nor reconciliation
    endpoints: Endpoints = LIVE
    leverage: int | None = None  # set at the start for every swap that is followed; None: as the account has it
    tag: str = "seraphim"  # on every order sent: the dead-man timer is for these alone
    dead_man_s: int = 60  # 10 to 120 as the venue has it; 0: none
    request_timeout_s: float = 5.0
    request_lasts_s: float = 5.0  # an order that arrives later than this is thrown away by the venue
    clock_interval_s: float = 60.0
    rate_lasts_s: float = 60.0  # how old the price may be that a fee in a third asset is converted with
    first_backoff_s: float = 0.5
    backoff_cap_s: float = 20.0
    ping_every_s: float = 15.0
    silence_limit_s: float = 25.0  # the venue hangs up after 30 s
    check_interval_s: float = 0.5
    malformed_limit: int = 20  # unreadable messages on one connection before it is replaced
    deaf_after_s: float = 10.0  # an order that was answered and that the private stream does not tell of
    amend_looks: int = 4  # how often is asked whether an amend that the venue took has been done
    amend_look_interval_s: float = 0.25
