"""``python -m tests.engine.sabotaged_engine daemon …``: seraphim, whose Binance orders fail in the worst way.

While the file `sabotage` is in its home folder, signing an order raises with the key in the error's own words and in
every local variable, in the request itself, in a task that nobody waits for and in a callback of the loop.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

from adapters.binance.signed_rest import SignedRest
from adapters.binance.trading_endpoints import Route
from core.ports.transport import HttpRequest
from tui.cli.app import run

TRIGGER = "sabotage"
WORDS = "sabotaged"
_make_request = SignedRest._request


def broken_request(rest: SignedRest, route: Route, query: str, host: str | None) -> HttpRequest:
    request = _make_request(rest, route, query, host)
    if not route.orders or not Path(os.environ["SERAPHIM_HOME"], TRIGGER).exists():
        return request
    (hidden,) = (cell.cell_contents for cell in rest._signer._signature_of.__closure__)
    key, secret = request.headers["X-MBX-APIKEY"], hidden.reveal()
    asyncio.get_running_loop().call_soon(fail, "callback", key, secret)
    asyncio.ensure_future(fail_later("task", key, secret))  # noqa: RUF006 - lost on purpose
    return fail("request", f"{dict(request.headers)}", f"{secret} {request.url}")


async def fail_later(what: str, key: str, secret: str) -> NoReturn:
    fail(what, key, secret)


def fail(what: str, key: str, secret: str) -> NoReturn:
    raise RuntimeError(f"{WORDS} {what}: {key} {secret} {quote(secret, safe='')}")


if __name__ == "__main__":
    SignedRest._request = broken_request
    sys.exit(run(sys.argv[1:]))
