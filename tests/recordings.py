"""Where recorded traffic is, for tests that need it."""

import os
from pathlib import Path

import pytest

_FOLDER = os.environ.get("SERAPHIM_RECORDINGS")

needs_recordings = pytest.mark.skipif(_FOLDER is None, reason="SERAPHIM_RECORDINGS names no folder of recordings")


def recording(name: str) -> Path:
    return Path(_FOLDER or "") / name


USDM_BTCUSDT = "history/nkaz001+hftbacktest/examples__usdm__btcusdt_20240808.gz"
SPOT_ETHUSDT = "history/nkaz001+hftbacktest/examples__spot__ethusdt_20240808.gz"
SPOT_SESSION = "binance/bmoscon+cryptofeed/BINANCE.ws.1.0"
USDM_SESSION = "binanceusdm/bmoscon+cryptofeed/BINANCE_FUTURES.ws.1.0"
