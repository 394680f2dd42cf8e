"""What the loopback Kraken trades, under all the names that Kraken's interfaces have for it."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Pair:
    """One pair; prices in steps of `tick`, sizes in steps of `lot`."""

    name: str  # of the older interface: XXBTZUSD
    altname: str  # XBTUSD
    wsname: str  # XBT/USD
    symbol: str  # of the websocket: BTC/USD
    base_code: str  # XXBT
    quote_code: str  # ZUSD
    base: str  # BTC
    quote: str  # USD
    price_decimals: int
    quantity_decimals: int
    least: Decimal
    maker_percent: Decimal = Decimal("0.25")
    taker_percent: Decimal = Decimal("0.4")

    @property
    def tick(self) -> Decimal:
        return Decimal(1).scaleb(-self.price_decimals)

    @property
    def lot(self) -> Decimal:
        return Decimal(1).scaleb(-self.quantity_decimals)

    def ticks(self, price: Decimal) -> int | None:
        return _whole(price, self.tick)

    def lots(self, quantity: Decimal) -> int | None:
        return _whole(quantity, self.lot)

    def table_row(self) -> dict[str, object]:
        """Return its row of AssetPairs."""
        return {
            "altname": self.altname, "wsname": self.wsname, "aclass_base": "currency", "base": self.base_code,
            "aclass_quote": "currency", "quote": self.quote_code, "lot": "unit", "cost_decimals": 5,
            "pair_decimals": self.price_decimals, "lot_decimals": self.quantity_decimals, "lot_multiplier": 1,
            "leverage_buy": [], "leverage_sell": [], "fees": [[0, float(self.taker_percent)]],
            "fees_maker": [[0, float(self.maker_percent)]], "fee_volume_currency": "ZUSD", "margin_call": 80,
            "margin_stop": 40, "ordermin": str(self.least), "costmin": "0.5", "tick_size": str(self.tick),
            "status": "online",
        }  # fmt: skip

    def instrument_row(self) -> dict[str, object]:
        """Return its row of the websocket's instrument channel."""
        return {
            "symbol": self.symbol, "base": self.base, "quote": self.quote, "status": "online",
            "price_precision": self.price_decimals, "qty_precision": self.quantity_decimals,
            "price_increment": self.tick, "qty_increment": self.lot, "qty_min": self.least, "cost_min": Decimal("0.5"),
            "cost_precision": 5, "marginable": False, "has_index": True,
        }  # fmt: skip


def _whole(value: Decimal, step: Decimal) -> int | None:
    steps = value / step
    return int(steps) if steps == int(steps) else None


BTC_USD = Pair(
    "XXBTZUSD", "XBTUSD", "XBT/USD", "BTC/USD", "XXBT", "ZUSD", "BTC", "USD", 1, 8, Decimal("0.0001")
)  # fmt: skip
ETH_USD = Pair(
    "XETHZUSD", "ETHUSD", "ETH/USD", "ETH/USD", "XETH", "ZUSD", "ETH", "USD", 2, 8, Decimal("0.001")
)  # fmt: skip
PAIRS = (BTC_USD, ETH_USD)
