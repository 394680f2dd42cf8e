"""The account pane: balances, margin, liquidation and funding to come; what nobody knows is a dash, never a zero."""

import re
from decimal import Decimal

import msgspec
import pytest

from tests.console.driving import LARGE, MEDIUM, SMALL, Desk, run_console
from tests.console.fake_accounts import AccountLink, some_accounts
from tests.console.fake_jobs import START_NS
from tests.console.fake_link import FakeLink
from tui.console.settings import ConsoleSettings
from tui.present.account import account_lines, read_freshness
from tui.present.freshness import Freshness
from tui.present.ink import Decor, Ink, Line, text_of

HOUR_NS = 3_600_000_000_000
SIZES = pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])


def lines(width: int = 78, now_ns: int = START_NS, snapshot_age_s: float = 0.0) -> list[str]:
    return [text_of(line) for line in account_lines(some_accounts(), now_ns, snapshot_age_s, width)]


def line(*words: str, **more: float) -> str:
    found = [text for text in lines(**more) if all(word in text for word in words)]
    assert len(found) == 1, found
    return found[0]


PICTURE = """\
sim-a  equity 40,012  read 12 s ago  fees maker 0.02% taker 0.05–0.1%
margin ▇▇▇▇▇▇▇▇▁▁ 34,566 free  used 5,334  leverage 0.40× of 3
liquidation if every price turns 78.2 %  maintenance 400
currency    total       free      used        USD  price age
USDT       39,900  34,565.79  5,334.21  39,900.00          —
BTC       0.00175    0.00175         0     112.02     <0.5 s
contract        qty  liq. price    away    funding     next in   pays
BTC/USDT:USDT  0.25    60,123.5  -6.1 %  +0.0100 %  3 h 12 min  -1.60

sim-b  equity —  never read  fees —
margin ?????????? — free  used —  leverage — of 3
liquidation if every price turns —  maintenance —
currency  total  free  used  USD  price age
USDC          —     —     —    —          —
"""  # noqa: RUF001 (times; from, to)


def test_at_80_columns_an_account_is_read_at_a_glance() -> None:
    assert "".join(f"{text.rstrip()}\n" for text in lines()) == PICTURE


def test_a_currency_has_total_free_used_and_dollars() -> None:
    assert line("USDT", "39,900.00").split() == ["USDT", "39,900", "34,565.79", "5,334.21", "39,900.00", "—"]
    assert line("BTC", "112.02").split() == ["BTC", "0.00175", "0.00175", "0", "112.02", "<0.5", "s"]


def test_margin_leverage_fees_and_liquidation_are_there() -> None:
    assert "34,566 free  used 5,334  leverage 0.40× of 3" in line("margin", "34,566")  # noqa: RUF001 (times)
    assert "maker 0.02% taker 0.05–0.1%" in line("sim-a", width=100)  # noqa: RUF001 (from, to)
    assert "78.2 %  maintenance 400" in line("78.2")


def test_a_contract_tells_its_liquidation_price_with_the_distance_and_the_next_funding() -> None:
    text = line("BTC/USDT:USDT")
    assert all(each in text for each in ("60,123.5", "-6.1 %", "+0.0100 %", "3 h 12 min", "-1.60"))


def test_the_countdown_to_funding_runs_and_ends_at_nothing() -> None:
    assert "0 h" not in line("BTC/USDT:USDT", now_ns=START_NS + 3 * HOUR_NS)
    assert "12 min 00 s" in line("BTC/USDT:USDT", now_ns=START_NS + 3 * HOUR_NS)
    assert " 0 s" in line("BTC/USDT:USDT", now_ns=START_NS + 4 * HOUR_NS)


def test_what_is_near_liquidation_is_loud() -> None:
    spans = [span for line in account_lines(some_accounts(), START_NS, 0.0, 78) for span in line]
    assert next(span for span in spans if "-6.1 %" in span.text).ink is Ink.ALARM
    assert next(span for span in spans if "78.2 %" in span.text).ink is Ink.GOOD


def test_a_venue_that_nobody_knows_shows_dashes_and_no_zero() -> None:
    text = lines()
    about = "\n".join(text[text.index(next(each for each in text if each.startswith("sim-b"))) :])
    assert "never read" in about
    assert "—" in about
    assert not re.search(r"(?<![\d.,])0(?![\d.,]*\d)", about)


@pytest.mark.parametrize(("age_s", "state"), [(31, "FRESH"), (60, "LATE"), (100, "STALE"), (None, "STALE")])
def test_a_venues_word_grows_old_when_it_is_not_asked_again(age_s: float | None, state: str) -> None:
    assert read_freshness(age_s) is Freshness[state]


def test_an_old_word_is_struck_where_it_is_shown() -> None:
    old = account_lines(some_accounts(), START_NS, 100.0, 78)
    free = next(span for line in old for span in line if "34,565.79" in span.text)
    assert free.decor & Decor.STRUCK


def aged(mark_age_s: float | None = 0.1, funding_age_s: float = 2.0) -> list[Line]:
    """Return the lines of an account with two contracts, of which the second has these ages."""
    account = some_accounts()[0]
    fresh = account.contracts[0]
    old = msgspec.structs.replace(
        fresh, symbol="ETH/USDT:USDT", mark_age_s=mark_age_s, funding_age_s=funding_age_s, funding_rate=0.0003,
        next_funding_usd=Decimal("-7.77"),
    )  # fmt: skip
    return account_lines([msgspec.structs.replace(account, contracts=[fresh, old])], START_NS, 0.0, 100)


def decor_of(text: str, lines: list[Line]) -> Decor:
    return next(span.decor for line in lines for span in line if text in span.text)


@pytest.mark.parametrize(("mark_age_s", "decor"), [(2.0, Decor.DIM), (900.0, Decor.STRUCK), (None, Decor.STRUCK)])
def test_margin_and_liquidation_are_as_old_as_the_oldest_mark_behind_them(
    mark_age_s: float | None, decor: Decor
) -> None:
    numbers = ("78.2 %", "400", "34,566", "5,334", "0.40×")  # noqa: RUF001 (times)
    assert not any(decor_of(number, aged()) & (Decor.DIM | Decor.STRUCK) for number in numbers)
    assert "marks" not in "".join(map(text_of, aged()))
    old = aged(mark_age_s)
    assert all(decor_of(number, old) & decor for number in numbers)
    told = {2.0: "marks 2.0 s", 900.0: "marks 15 min 00 s", None: "marks no data"}[mark_age_s]
    assert told in next(text_of(line) for line in old if "liquidation" in text_of(line))


def test_an_account_without_contracts_stands_on_no_mark() -> None:
    account = msgspec.structs.replace(some_accounts()[0], contracts=[])
    assert not decor_of("34,566", account_lines([account], START_NS, 60.0, 100))


@pytest.mark.parametrize(("funding_age_s", "decor"), [(90.0, Decor.NONE), (200.0, Decor.DIM), (7_200.0, Decor.STRUCK)])
def test_funding_is_as_old_as_the_venues_last_word_of_it(funding_age_s: float, decor: Decor) -> None:
    for number in ("+0.0300 %", "-7.77"):
        found = decor_of(number, aged(funding_age_s=funding_age_s))
        assert found & decor if decor else not found
    for number in ("+0.0100 %", "-1.60"):
        assert not decor_of(number, aged(funding_age_s=funding_age_s))


@SIZES
def test_the_account_is_a_key_away_and_asked_for_only_while_it_shows(size: tuple[int, int]) -> None:
    async def script(desk: Desk) -> None:
        assert not desk.link.request.accounts
        await desk.press("$")
        assert desk.link.request.accounts
        assert "39,900" in desk.pane("account")
        await desk.press("1")
        assert not desk.link.request.accounts

    run_console(script, AccountLink(), size)


def test_where_it_does_not_fit_it_scrolls() -> None:
    async def script(desk: Desk) -> None:
        desk.app.action_act("desk-4")
        await desk.focus("account")
        await desk.press("pagedown")
        assert "sim-b" in desk.pane("account")
        await desk.press("escape")
        assert "sim-a" in desk.pane("account")

    run_console(script, AccountLink(), settings=ConsoleSettings(theme="sixteen"))


def test_the_privacy_mask_hides_every_digit() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("$", "ctrl+y")
        assert "USDT" in desk.pane("account")
        assert not re.search(r"\d", desk.pane("account"))

    run_console(script, AccountLink())


def test_before_the_first_account_the_pane_says_when_it_comes() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("$")
        assert "once it has been asked for its account" in desk.pane("account").replace("│\n│", "")

    run_console(script, FakeLink(), LARGE)


def test_the_balances_are_exported_exactly() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("$")
        snapshot = desk.app.view.snapshot
        assert snapshot is not None
        export = desk.app.area.panes["account"].export(snapshot)
        assert export is not None
        assert export.rows[0] == ("sim-a", "USDT", "39900.00", "34565.79", "5334.21", "39900.00")
        assert export.rows[2] == ("sim-b", "USDC", "", "", "", "")

    run_console(script, AccountLink())
