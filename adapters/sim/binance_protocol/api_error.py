"""Errors as Binance answers them: HTTP status, code and text."""

from typing import Final

STATUS_UNKNOWN: Final = (
    -1007,
    "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
)


class ApiError(Exception):
    """A request is refused; `retry_after_s` is told in a header where it is known."""

    def __init__(self, code: int, message: str, status: int = 400, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.retry_after_s = retry_after_s

    def body(self) -> dict[str, object]:
        return {"code": self.code, "msg": self.message}


def missing(name: str) -> ApiError:
    return ApiError(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def invalid_value(name: str) -> ApiError:
    return ApiError(-1130, f"Data sent for parameter '{name}' is not valid.")


def invalid_symbol() -> ApiError:
    return ApiError(-1121, "Invalid symbol.")


def unknown_order() -> ApiError:
    return ApiError(-2011, "Unknown order sent.")


def no_such_order() -> ApiError:
    return ApiError(-2013, "Order does not exist.")


def filter_failure(name: str) -> ApiError:
    return ApiError(-1013, f"Filter failure: {name}")
