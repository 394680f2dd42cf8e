"""Orders, fills and instruments for tests, with everything that does not matter filled in."""

from decimal import Decimal

from core.types.instrument import AssetType, Instrument, InstrumentId
from core.types.order import Fill, Liquidity, OrderIntent, OrderType, Side

D = Decimal


def instrument(symbol: str = "BTC/USDT:USDT", venue: str = "sim-a", **changes: object) -> Instrument:
    base, _, rest = symbol.partition("/")
    quote = rest.partition(":")[0] or "USD"
    kind = AssetType.PERPETUAL if ":" in symbol else AssetType.CRYPTO_SPOT if rest else AssetType.STOCK
    fields: dict[str, object] = {
        "venue": venue,
        "symbol": symbol,
        "venue_symbol": symbol,
        "asset_type": kind,
        "base": base,
        "quote": quote,
        "tick_size": D("0.1"),
        "lot_size": D("0.001"),
        "min_quantity": D("0.001"),
        "min_notional": D(10),
        "max_leverage": D(20) if ":" in symbol else D(1),
        "taker_fee_rate": D("0.0005"),
    }
    return Instrument(**{**fields, **changes})


PERP = instrument()
SPOT = instrument("BTC/USDT")
STOCK = instrument("NVDA", "sim-x")
ALL = {each.id: each for each in (PERP, SPOT, STOCK, instrument("BTC/USDT:USDT", "sim-b"), instrument("ETH/USDT:USDT"))}


def intent(client_order_id: str = "o1", of: Instrument = PERP, **changes: object) -> OrderIntent:
    fields: dict[str, object] = {
        "client_order_id": client_order_id,
        "venue": of.venue,
        "symbol": of.symbol,
        "side": Side.BUY,
        "order_type": OrderType.LIMIT,
        "quantity": D(1),
        "limit_price": D(100),
        "created_ns": 1,
    }
    return OrderIntent(**{**fields, **changes})


def fill(
    fill_id: str = "f1",
    client_order_id: str = "o1",
    of: Instrument | InstrumentId = PERP,
    *,
    side: Side = Side.BUY,
    price: Decimal = Decimal(100),
    quantity: Decimal = Decimal(1),
    fee: Decimal = Decimal(0),
    venue_ns: int = 10,
) -> Fill:
    return Fill(
        fill_id=fill_id,
        client_order_id=client_order_id,
        venue=of.venue,
        symbol=of.symbol,
        side=side,
        price=price,
        quantity=quantity,
        fee=fee,
        liquidity=Liquidity.TAKER,
        venue_ns=venue_ns,
        received_ns=venue_ns,
    )
