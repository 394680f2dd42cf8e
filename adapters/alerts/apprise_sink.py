"""A sink behind an apprise URL: mail, chat, push. The URL holds secrets and is never shown, logged or raised.

apprise blocks, so each delivery runs in a thread of its own that neither the loop nor the end of the process waits for.
"""

import asyncio
import logging
import threading
from difflib import get_close_matches
from types import ModuleType
from typing import Final

from core.ports.alert_sink import AlertMessage, AlertSinkError, Severity

QUIET_LOGGERS: Final = ("apprise", "requests", "urllib3", "requests_oauthlib", "oauthlib")
"""They write addresses, tokens among them, at levels that a log file keeps."""
KINDS: Final = {
    Severity.INFO: "info",
    Severity.WARNING: "warning",
    Severity.SEVERE: "failure",
    Severity.CRITICAL: "failure",
}


class AppriseSink:
    """An AlertSink. While a delivery hangs beyond its time-out the next ones fail at once: one thread at most."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._thread: threading.Thread | None = None

    def __repr__(self) -> str:
        return "AppriseSink(***)"

    async def deliver(self, message: AlertMessage) -> None:
        if self._thread is not None and self._thread.is_alive():
            raise AlertSinkError("the delivery before has not ended yet")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[str | None] = loop.create_future()

        def work() -> None:
            error = self._notify(message)
            try:
                loop.call_soon_threadsafe(_settle, done, error)
            except RuntimeError:  # the loop has ended meanwhile: nobody waits
                return

        self._thread = threading.Thread(target=work, name="alert-delivery", daemon=True)
        self._thread.start()
        error = await done
        if error is not None:
            raise AlertSinkError(error)

    def _notify(self, message: AlertMessage) -> str | None:
        """Send in this thread; return why it failed, in words without the address."""
        try:
            apprise = quiet_apprise()
            target = apprise.Apprise()
            if not target.add(self._url):
                return "its URL is not one that apprise takes"
            is_sent = target.notify(title=message.title, body=message.text, notify_type=KINDS[message.severity])
        except BaseException as error:  # the text of it may hold the address
            return f"apprise raised {type(error).__name__}"
        return None if is_sent else "the service was not reached or did not take it"


def url_problem(url: str) -> str | None:
    """Return what is wrong with an apprise URL, in words without its secrets; None for one that can be used."""
    apprise = quiet_apprise()
    scheme, separator, _ = url.partition("://")
    schemes = sorted(apprise.NotificationManager().schemas())
    if not separator or scheme.lower() not in schemes:
        near = get_close_matches(scheme.lower(), schemes, n=3, cutoff=0.6) or ["mailtos", "tgram", "json"]
        return f"must be an apprise URL, one of its {len(schemes)} schemes before ://, such as {', '.join(near)}"
    try:
        is_good = apprise.Apprise.instantiate(url, suppress_exceptions=True) is not None
    except Exception:
        is_good = False
    return None if is_good else f"is not complete: see what apprise asks for after {scheme.lower()}://"


def quiet_apprise() -> ModuleType:
    """Import apprise, which is slow, where it is needed, and keep what it logs to itself."""
    import apprise  # noqa: PLC0415 - seconds, and only where a sink is configured

    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return apprise


def _settle(done: "asyncio.Future[str | None]", error: str | None) -> None:
    if not done.done():
        done.set_result(error)
