"""Names what a test proves, and runs it at every venue that can have it."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.all_venues import VENUES
from tests.conformance.contract import VenueUnderTest
from tests.conformance.points import Point

PROOFS: dict[Point, list[str]] = {}  # names of the tests of each point


def proves(point: Point) -> Callable[[Callable[..., Any]], Any]:
    """Run the test with each `venue` that has not said why the point is none of its own."""

    def mark(test: Callable[..., Any]) -> Any:
        PROOFS.setdefault(point, []).append(test.__name__)
        venues = [_parameter(venue) for venue in VENUES if point not in {**venue.absent, **venue.lacking}]
        return pytest.mark.parametrize("venue", venues)(test)

    return mark


def _parameter(venue: VenueUnderTest) -> Any:
    marks = () if venue.library is None else (pytest.mark.xdist_group(venue.library),)
    return pytest.param(venue, marks=marks, id=venue.name)
