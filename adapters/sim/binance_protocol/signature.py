"""Who sent a request, and whether it may be believed."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from adapters.sim.binance_protocol.accounts import Account, Accounts
from adapters.sim.binance_protocol.api_error import ApiError, missing
from adapters.sim.binance_protocol.endpoint import Security
from adapters.sim.binance_protocol.params import Params

USUAL_WINDOW_MS: Final = 5_000
MOST_WINDOW_MS: Final = 60_000
AHEAD_MS: Final = 1_000
_KEY_FORM: Final = re.compile(r"[A-Za-z0-9]{64}")


def read_params(query: str, body: str) -> dict[str, str]:
    """Read the parameters of query and form; where both have one the query counts."""
    return dict(parse_qsl(body, keep_blank_values=True)) | dict(parse_qsl(query, keep_blank_values=True))


def authenticate(
    accounts: Accounts, security: Security, key: str | None, query: str, body: str, params: Params, server_ms: int
) -> Account | None:
    """Return the account of a request; raise ApiError where it must not be carried out."""
    if security is Security.NONE:
        return accounts.by_key(key) if key else None
    account = account_of(accounts, key)
    if security is Security.SIGNED:
        signature = params.text("signature")
        check_time(params, server_ms)
        if signature is None:
            raise missing("signature")
        if not account.signs(_unsigned(query) + _unsigned(body), signature):
            raise bad_signature()
    return account


def account_of(accounts: Accounts, key: str | None) -> Account:
    if not key or not _KEY_FORM.fullmatch(key):
        raise ApiError(-2014, "API-key format invalid.", 401)
    account = accounts.by_key(key)
    if account is None:
        raise ApiError(-2015, "Invalid API-key, IP, or permissions for action.", 401)
    return account


def bad_signature() -> ApiError:
    return ApiError(-1022, "Signature for this request is not valid.")


def check_time(params: Params, server_ms: int) -> None:
    timestamp = params.integer("timestamp")
    if timestamp is None:
        raise missing("timestamp")
    window = params.decimal("recvWindow")
    if window is not None and window > MOST_WINDOW_MS:
        raise ApiError(-1131, "recvWindow must be less than 60000")
    if timestamp >= server_ms + AHEAD_MS:
        raise ApiError(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
    if server_ms - timestamp > (USUAL_WINDOW_MS if window is None else window):
        raise ApiError(-1021, "Timestamp for this request is outside of the recvWindow.")


def _unsigned(text: str) -> str:
    return "&".join(part for part in text.split("&") if part and not part.startswith("signature="))


def signed_text(values: Mapping[str, object]) -> str:
    """Return what a request over the websocket signs: its parameters by name, without the signature."""
    return "&".join(f"{name}={values[name]}" for name in sorted(values) if name != "signature")
