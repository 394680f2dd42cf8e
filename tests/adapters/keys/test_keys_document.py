"""docs/keys.md says what the code does."""

from adapters.keys.fields import FIELDS, fields_of
from adapters.keys.stores import StoreKind
from tests.repository.tree import ROOT, table

PAGE = ROOT / "docs" / "keys.md"


def test_stores_are_told_in_their_order():
    assert [row[1].strip("`") for row in table(PAGE, "| order |")] == [*StoreKind, "none"]


def test_parts_of_each_venues_key_are_told():
    told = {
        venue.strip("` "): row[1].replace("`", "") for row in table(PAGE, "| venue |") for venue in row[0].split(",")
    }
    generic = told.pop("any other exchange of ccxt")
    assert told == {venue: ", ".join(field.name for field in fields) for venue, fields in FIELDS.items()}
    names = [field.name + " (optional)" * field.is_optional for field in fields_of("bitget")]
    assert generic == ", ".join(names)
