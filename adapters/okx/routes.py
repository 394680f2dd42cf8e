"""OKX's REST addresses that are used here, and how often each may be asked.

Each address has an allowance of its own (https://www.okx.com/docs-v5/en/#overview-rate-limits). Those of placing and
amending are per instrument; here one is kept for all instruments together, which is less than the venue allows.
"""

from typing import Final, NamedTuple


class Route(NamedTuple):
    method: str
    path: str
    allowance: int
    interval_s: float = 2.0
    reserved_share: float = 0.2  # 0 where nothing but one purpose uses the address


PLACE: Final = Route("POST", "/api/v5/trade/order", 60, reserved_share=0)
AMEND: Final = Route("POST", "/api/v5/trade/amend-order", 60, reserved_share=0)
CANCEL: Final = Route("POST", "/api/v5/trade/cancel-order", 60)
CANCEL_BATCH: Final = Route("POST", "/api/v5/trade/cancel-batch-orders", 300)  # counted in orders
ALGO_PENDING: Final = Route("GET", "/api/v5/trade/orders-algo-pending", 20)
CANCEL_ALGOS: Final = Route("POST", "/api/v5/trade/cancel-algos", 20)  # counted in orders
CANCEL_ALL_AFTER: Final = Route("POST", "/api/v5/trade/cancel-all-after", 1, 1.0, reserved_share=0)
ORDER: Final = Route("GET", "/api/v5/trade/order", 60)
PENDING: Final = Route("GET", "/api/v5/trade/orders-pending", 60)
FILLS: Final = Route("GET", "/api/v5/trade/fills", 60)  # of three days
FILLS_HISTORY: Final = Route("GET", "/api/v5/trade/fills-history", 10)  # of three months
BALANCE: Final = Route("GET", "/api/v5/account/balance", 10)
POSITIONS: Final = Route("GET", "/api/v5/account/positions", 10)
CONFIG: Final = Route("GET", "/api/v5/account/config", 5)
BILLS: Final = Route("GET", "/api/v5/account/bills", 5, 1.0)  # of seven days
BILLS_ARCHIVE: Final = Route("GET", "/api/v5/account/bills-archive", 5)  # of three months
SET_LEVERAGE: Final = Route("POST", "/api/v5/account/set-leverage", 20)
LEVERAGE: Final = Route("GET", "/api/v5/account/leverage-info", 20)
TIME: Final = Route("GET", "/api/v5/public/time", 10)
INSTRUMENTS: Final = Route("GET", "/api/v5/public/instruments", 20)
TICKER: Final = Route("GET", "/api/v5/market/ticker", 20)

BATCH_LIMIT: Final = 20
ALGO_BATCH_LIMIT: Final = 10
PAGE_LIMIT: Final = 100
