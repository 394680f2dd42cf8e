"""From [alerts.sinks.<name>] to sinks; where a URL is read, checked and from then on kept to itself."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from core.config.alerts import HIDDEN, AlertSinkConfig
from core.config.config import Config
from core.config.problem import ConfigError, Key, Problem, dotted, show
from core.ports.alert_sink import AlertRoute

MAX_URL_BYTES: Final = 8_192
LONGEST_SCHEME: Final = 20


class UrlFileError(Exception):
    """The file of a URL cannot be used; the text says why and holds nothing of it."""


def alert_routes(config: Config) -> list[AlertRoute]:
    """Make the sinks of a configuration; raise ConfigError where a URL cannot be read."""
    if not config.alerts.sinks:
        return []
    from adapters.alerts.apprise_sink import AppriseSink  # noqa: PLC0415 - only where there is a sink

    routes: list[AlertRoute] = []
    for name, sink in config.alerts.sinks.items():
        try:
            url = _url_of(sink)
        except UrlFileError as error:
            key = dotted(("alerts", "sinks", name, "url_file"))
            raise ConfigError([Problem("[alerts]", key, show(sink.url_file), str(error))]) from None
        route = AlertRoute(
            name=name, sink=AppriseSink(url), min_severity=sink.min_severity, timeout_s=float(sink.timeout_s)
        )
        routes.append(route)
    return routes


def alert_faults(config: Config) -> Iterator[tuple[Key, str, str]]:
    """Yield key, value fit to be shown, and what is allowed, for every sink that could not send."""
    for name, sink in config.alerts.sinks.items():
        from adapters.alerts.apprise_sink import url_problem  # noqa: PLC0415 - only where there is a sink

        try:
            url = _url_of(sink)
        except UrlFileError as error:
            yield ("alerts", "sinks", name, "url_file"), str(sink.url_file), str(error)
            continue
        problem = url_problem(url)
        if problem is not None and sink.url_file is not None:
            yield ("alerts", "sinks", name, "url_file"), sink.url_file, f"what it holds {problem}"
        elif problem is not None:
            yield ("alerts", "sinks", name, "url"), _masked(url), problem


def _masked(url: str) -> str:
    """Keep the scheme of a URL, which says what it is meant to be, and nothing behind it."""
    scheme, separator, _ = url.partition("://")
    is_a_name = bool(separator) and len(scheme) <= LONGEST_SCHEME and scheme.isalnum()
    return f"{scheme}://{HIDDEN}" if is_a_name else HIDDEN


def _url_of(sink: AlertSinkConfig) -> str:
    if sink.url is not None:
        return sink.url.get_secret_value().strip()
    path = Path(sink.url_file or "").expanduser()
    if not path.is_absolute():
        raise UrlFileError("must be an absolute path")
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            _check_owner(found)
            text = file.read(MAX_URL_BYTES).decode("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UrlFileError(f"must be a file that can be read: {reason}") from None
    if not text or len(text.splitlines()) != 1:
        raise UrlFileError("must hold one URL in one line")
    return text


def _check_owner(found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise UrlFileError("must be a plain file")
    if found.st_uid != os.geteuid():
        raise UrlFileError("must be a file of your own")
    if found.st_mode & 0o077:
        raise UrlFileError(f"must be readable by you alone, chmod 600: its mode is {stat.S_IMODE(found.st_mode):o}")
