"""The venues where a live engine's orders may rest, noted for who has to cancel them in its place.

The configuration cannot tell: it may have been changed since that engine started, or came from the environment.
"""

from pathlib import Path
from typing import Final

import msgspec
from pydantic import ValidationError

from adapters.keys.private_file import read_private_file, replace_private_file
from core.config.config import Config
from core.config.keys import KeysConfig
from core.config.section import Section
from core.config.venues import CryptoVenueConfig, InteractiveBrokersConfig, RealVenue, VenueMode
from core.ports.keys import KeyStoreError

MAX_BYTES: Final = 1_000_000

LiveVenue = RealVenue | InteractiveBrokersConfig


class LiveVenues(Section):
    """What a kill without an engine needs to know of one."""

    venues: dict[str, LiveVenue]
    keys: KeysConfig


def live_venues(config: Config) -> LiveVenues:
    """Return the venues where own orders may rest."""
    found = {
        name: venue
        for name, venue in config.venues.items()
        if isinstance(venue, CryptoVenueConfig | InteractiveBrokersConfig) and venue.mode is VenueMode.LIVE
    }
    return LiveVenues(venues=found, keys=config.keys)


def note_live_venues(config: Config, file: Path) -> None:
    """Write down where this engine's orders may rest; raise KeyStoreError where that cannot be written.

    An engine without live venues leaves the note of an earlier one: what that one sent may still rest.
    """
    found = live_venues(config)
    if found.venues:
        settings = found.model_dump(exclude_unset=True)
        replace_private_file(file, msgspec.json.Encoder(decimal_format="number").encode(settings))


def noted_live_venues(file: Path) -> LiveVenues | None:
    """Return the last note, None without one; raise KeyStoreError for one that cannot be read or trusted."""
    content = read_private_file(file, MAX_BYTES)
    if content is None:
        return None
    try:
        return LiveVenues.model_validate_json(content)
    except ValidationError as error:
        raise KeyStoreError(f"{file}: is not what an engine noted: {error.error_count()} faults") from None
