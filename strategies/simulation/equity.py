"""What an account is worth at true prices."""

from decimal import Decimal

from strategies.simulation.world import World


def equity_usd(world: World, venue: str) -> Decimal:
    """Return cash and holdings of a venue, contracts by their open profit."""
    exchange = world.exchanges[venue]
    total = exchange.account.cash["USDT"]
    for symbol, held in exchange.account.holdings.items():
        rules = exchange.instruments[symbol]
        value = rules.ticks_to_price(exchange.books[symbol].mid_ticks) * held.quantity
        total += value if rules.funding_interval_s is None else value - held.cost
    return total
