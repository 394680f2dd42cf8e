"""What the page about Kraken says is what the code does."""

import re

from adapters.kraken.endpoints import CALLS, PAIR_TRANSACTIONS, Allowance
from adapters.kraken.outcomes import TABLE, Effect
from tests.repository.tree import ROOT, header, table

DOCUMENT = ROOT / "docs" / "venues-kraken.md"


def test_outcomes_are_those_of_the_table() -> None:
    told = [row[:3] for row in table(DOCUMENT, "| text |")]
    assert told == [
        [row.text, row.outcome.value.replace("_", " "), "" if row.effect is Effect.NONE else row.effect.value]
        for row in TABLE
    ]


def test_limits_are_those_that_are_kept_to() -> None:
    tiers = header(DOCUMENT, "| of |")[1:4]
    assert tiers == [tier.value for tier in CALLS]
    calls, transactions = table(DOCUMENT, "| of |")[:2]
    assert calls[1:4] == [_words(CALLS[tier]) for tier in CALLS]
    assert transactions[1:4] == [_words(PAIR_TRANSACTIONS[tier]) for tier in PAIR_TRANSACTIONS]


def test_proofs_are_tests_that_exist() -> None:
    folders = (ROOT / "tests" / "adapters" / "kraken", ROOT / "tests" / "conformance")
    sources = "".join(path.read_text("utf-8") for folder in folders for path in folder.glob("test_*.py"))
    named = re.findall(r"`(test_\w+)`", DOCUMENT.read_text("utf-8"))
    assert len(named) > 15
    assert [name for name in named if f"def {name}(" not in sources] == []


def _words(allowance: Allowance) -> str:
    return f"{allowance.most:g}, −{allowance.decay_per_s:g}/s"  # noqa: RUF001 - the document's minus
