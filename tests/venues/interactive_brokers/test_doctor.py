"""`seraphim doctor` says of TWS what is wrong and what to do, and leaves it as it was."""

from collections.abc import Callable

import pytest

from core.config.config import Config
from core.config.venues import InteractiveBrokersConfig
from tests.venues.interactive_brokers.fake_tws import ACCOUNT, FakeTws
from tests.venues.interactive_brokers.foreign import foreign_client
from tests.venues.interactive_brokers.rig import HandClock
from tui.cli.configured import examined_venues, real_venue
from tui.cli.exits import CommandError
from tui.compose import interactive_brokers_doctor
from tui.compose.diagnosis import Diagnosis, Finding
from tui.compose.interactive_brokers_doctor import look_at_interactive_brokers


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> HandClock:
    """Let it be a Monday on which New York is open."""
    clock = HandClock()
    monkeypatch.setattr(interactive_brokers_doctor, "SystemClock", lambda: clock)
    return clock


async def look(tws: FakeTws, **configured: object) -> Diagnosis:
    given: dict[str, object] = {"kind": "interactive_brokers", "mode": "live", "port": tws.port, "symbols": ("NVDA",)}
    venue = InteractiveBrokersConfig.model_validate({**given, **configured})
    return await look_at_interactive_brokers("ib", venue, 500.0)


def wrong(diagnosis: Diagnosis) -> Finding:
    (found,) = [finding for finding in diagnosis.findings if not finding.is_well]
    return found


def quoted(tws: FakeTws) -> None:
    tws.exchange.quote("NVDA", "150.10", 300, "150.12", 200)


async def test_a_tws_that_works_is_well_and_left_as_it_was():
    async with FakeTws() as tws:
        quoted(tws)
        seen = await look(tws)
        assert seen.is_well, seen.findings
        assert [finding.check for finding in seen.findings] == ["api", "clock", "symbols", "quotes", "orders"]
        assert f"server version 178, account {ACCOUNT}" in seen.findings[0].detail
        await tws.until(lambda: not tws.clients)
        assert not any(tws.asked(kind) for kind in ("3", "4", "58"))  # no order, no cancel


async def test_a_port_that_nobody_listens_at_says_what_to_start_and_to_switch_on():
    async with FakeTws() as tws:
        await tws.close()
        found = wrong(await look(tws))
        await tws.listen()
    assert (found.check, "enable socket clients" in found.fix) == ("api", True)
    assert f"127.0.0.1:{tws.port}" in found.detail


async def test_several_accounts_need_a_name():
    async with FakeTws() as tws:
        quoted(tws)
        tws.accounts = [ACCOUNT, "DU222"]
        found = wrong(await look(tws))
        assert ("DU222" in found.detail, "account_code" in found.fix) == (True, True)
        assert (await look(tws, account_code=ACCOUNT)).is_well


async def test_a_client_id_in_use_is_named():
    async with FakeTws() as tws, foreign_client(tws, client_id=2_017):
        assert "client_id" in wrong(await look(tws)).fix


def refused(tws: FakeTws) -> None:
    tws.quote_error = (354, "Requested market data is not subscribed.")


def delayed(tws: FakeTws) -> None:
    tws.market_data_type = 3


def read_only(tws: FakeTws) -> None:
    tws.is_read_only = True


def unlisted(tws: FakeTws) -> None:
    tws.unlisted.add("NVDA")


def late(tws: FakeTws) -> None:
    tws.time_s -= 3


@pytest.mark.parametrize(
    ("make", "check", "said", "fix"),
    [
        (refused, "quotes", "NVDA: IB 354: Requested market data is not subscribed.", "Market Data Subscriptions"),
        (delayed, "quotes", "NVDA: delayed data, not live", "Market Data Subscriptions"),
        (read_only, "orders", "Read-Only mode", "switch off Read-Only API"),
        (unlisted, "symbols", "No security definition", "as IB lists it"),
        (late, "clock", "+3000 ms", "NTP"),
    ],
)
async def test_what_is_missing_is_said_with_what_to_do(
    make: Callable[[FakeTws], None], check: str, said: str, fix: str
):
    async with FakeTws() as tws:
        quoted(tws)
        make(tws)
        found = wrong(await look(tws))
        assert (found.check, said in found.detail, fix in found.fix) == (check, True, True), found


async def test_while_the_market_is_closed_nothing_is_held_against_its_quotes(clock: HandClock):
    clock.now_ns -= 12 * 3_600_000_000_000
    async with FakeTws() as tws:
        refused(tws)
        tws.time_s -= 12 * 3_600
        seen = await look(tws)
        assert seen.is_well
        assert any("the market is closed" in finding.detail for finding in seen.findings)


async def test_only_a_live_venue_needs_orders():
    async with FakeTws() as tws:
        quoted(tws)
        read_only(tws)
        assert (await look(tws, mode="data")).is_well


def test_it_is_among_what_the_doctor_looks_at_and_has_no_list_of_instruments():
    config = Config.model_validate({"venues": {"ib": {"kind": "interactive_brokers"}, "k": {"kind": "kraken"}}})
    assert list(examined_venues(config, None)) == ["k", "ib"]
    assert list(examined_venues(config, "ib")) == ["ib"]
    with pytest.raises(CommandError, match="ib is asked stock by stock"):
        real_venue(config, "ib")
