"""Ways in which a request can fail."""

from aiohttp import web

from tests.venues.hyperliquid.server import Fault, LoopbackHyperliquid


def done_and_lost(venue: LoopbackHyperliquid, request: web.Request, body: dict) -> web.Response:
    """Do it, and hang up without a word."""
    venue.execute(body)
    return _hang_up(request)


def lost(venue: LoopbackHyperliquid, request: web.Request, body: dict) -> web.Response:
    """Hang up without having looked at it."""
    return _hang_up(request)


def answered(status: int, text: str = "", **headers: str) -> Fault:
    """Answer this instead of doing anything."""
    return lambda venue, request, body: web.Response(status=status, text=text, headers=headers)


def done_and_answered(status: int, text: str = "") -> Fault:
    """Do it, and answer this."""

    def fault(venue: LoopbackHyperliquid, request: web.Request, body: dict) -> web.Response:
        venue.execute(body)
        return web.Response(status=status, text=text)

    return fault


def after(happens) -> Fault:
    """Let something happen at the venue just before the request is looked at."""

    def fault(venue: LoopbackHyperliquid, request: web.Request, body: dict) -> None:
        happens(venue)

    return fault


def _hang_up(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.close()
    return web.Response(status=500)  # goes nowhere
