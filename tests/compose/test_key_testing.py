"""A key is asked about where its venue is configured to be, by the adapter that will use it."""

import asyncio
from pathlib import Path

import pytest

from core.config.config import Config
from core.paths import Paths
from core.ports.keys import KeyRights
from core.types.credentials import Credentials, Secret
from tui.compose import key_testing  # its functions are named as tests are

KEY = {"api_key": Secret("A" * 20), "secret": Secret("B" * 20)}


@pytest.mark.parametrize("exchange", ["bybit", "binanceusdm"])
def test_the_key_of_an_exchange_through_ccxt_goes_to_no_adapter_of_its_own(exchange: str, tmp_path: Path) -> None:
    venue = {
        "kind": "ccxt",
        "exchange": exchange,
        "use_ccxt_anyway": True,
        "symbols": ["BTC/USDT:USDT"],
        "rest_url": "http://127.0.0.1:1",
    }
    config = Config.model_validate({"venues": {"mine": venue}})
    ask = key_testing.tester_of(exchange, config, Paths.under(tmp_path))
    assert ask is not None
    rights: KeyRights = asyncio.run(ask(Credentials(venue=exchange, fields=KEY)))
    assert (rights.rights, f"ccxt does not ask {exchange}" in rights.detail) == (None, True)


def test_nobody_asks_about_a_key_of_what_is_neither_configured_nor_known(tmp_path: Path) -> None:
    assert key_testing.tester_of("bybit", Config(), Paths.under(tmp_path)) is None
