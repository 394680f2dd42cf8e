"""The support table says what is proven, and nothing else."""

from tests.conformance import test_market_data, test_orders, test_troubles  # noqa: F401 - they say what they prove
from tests.conformance.all_venues import VENUES
from tests.conformance.points import Point
from tests.conformance.proving import PROOFS
from tests.conformance.table import DOCUMENT, written


def test_the_document_has_the_table_as_the_venues_declare_it() -> None:
    text = DOCUMENT.read_text("utf-8")
    assert written(text) == text, "run ./run python -m tests.conformance.table --write"


def test_every_point_has_a_test() -> None:
    assert set(PROOFS) == set(Point)


def test_what_a_venue_does_not_have_is_said_in_words() -> None:
    assert all(
        len(reason.split()) > 2 for venue in VENUES for reason in [*venue.absent.values(), *venue.lacking.values()]
    )
    assert len({venue.name for venue in VENUES}) == len(VENUES)
