"""What several venues' rigs do in the same way."""

from core.config.venues import CryptoVenueConfig, RealVenue
from core.matching.kernel import MatchingBook
from core.ports.randomness import NoRandomness
from core.ports.transport import Transport
from core.types.credentials import Credentials
from tests.conformance.contract import Rules, Wish
from tests.conformance.logs import Levels
from tui.compose.kinds.registry import venue_kind
from tui.compose.kinds.venue_kind import CancelOutcome, TradingAccount, Wire


async def cancel_from_outside(
    config: CryptoVenueConfig, credentials: Credentials, transport: Transport, wish: Wish
) -> CancelOutcome:
    """Do what the program does where there is no engine, from nothing but configuration and key."""
    account = TradingAccount(credentials, wish.folder)
    assert isinstance(config, RealVenue)
    return await venue_kind(config.kind).cancel_everything(account, config, Wire(transport, wish.clock, NoRandomness()))


def ladder_levels(book: MatchingBook, rules: Rules, depth: int) -> Levels:
    """Return the best levels of a matching book, in money."""
    bids, asks = (
        tuple((ticks * rules.tick, lots * rules.lot) for ticks, lots in zip(*ladder.depth(depth), strict=True))
        for ladder in (book.bids, book.asks)
    )
    return bids, asks
