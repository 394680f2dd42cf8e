"""What the program itself does with a configured venue, beside an engine or without one."""

from pathlib import Path

from adapters.network.transport import NetworkTransport
from core.config.venues import InteractiveBrokersConfig
from core.ports.clock import Clock
from core.ports.randomness import NoRandomness
from core.ports.venue import Feed
from data.recordings.recorder import Recorder
from tests.conformance.contract import OpenVenue
from tui.compose.interactive_brokers import cancel_at_interactive_brokers
from tui.compose.kinds.registry import venue_kind
from tui.compose.kinds.venue_kind import CancelOutcome, TradingAccount, Wire


async def kill(venue: OpenVenue, clock: Clock, folder: Path) -> CancelOutcome:
    """Cancel everything from nothing but configuration and key."""
    config = venue.config
    if isinstance(config, InteractiveBrokersConfig):
        return await cancel_at_interactive_brokers(venue.execution.venue, config, NoRandomness())
    transport = NetworkTransport()
    try:
        wire = Wire(transport, clock, NoRandomness())
        account = TradingAccount(venue.credentials, folder)
        return await venue_kind(config.kind).cancel_everything(account, config, wire)
    finally:
        await transport.close()


def recorded_feed(venue: OpenVenue, transport: NetworkTransport, clock: Clock, recorder: Recorder) -> Feed:
    config = venue.config
    assert not isinstance(config, InteractiveBrokersConfig)
    wire = Wire(transport, clock, NoRandomness())
    return venue_kind(config.kind).sides(config, wire, recorder=recorder).feed
