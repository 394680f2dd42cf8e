"""Two ways to a private stream behind one seam: a listen key in its address, or a signed request on a connection."""

import asyncio
from typing import Final, Protocol
from urllib.parse import quote

import msgspec

from adapters.binance.answers import decode_listen_key
from adapters.binance.errors import Meaning, judge
from adapters.binance.market import BinanceMarket
from adapters.binance.signed_rest import SignedRest, VenueReadError
from adapters.binance.signing import Signer
from adapters.binance.trading_endpoints import StreamForm, TradingSettings
from adapters.binance.user_events import SocketAnswer
from adapters.network.backoff import Backoff
from adapters.network.request_budget import Purpose
from adapters.network.venue_rest import NoAnswerError, NotSentError
from core.ports.randomness import Randomness
from core.ports.transport import Connection

_OK: Final = 200
_SUBSCRIBE: Final = "userDataStream.subscribe.signature"
# USD-M sends what is asked for by name, and nothing at all, without an error, where the key stands in the path
_EVENTS: Final = "ORDER_TRADE_UPDATE/listenKeyExpired"


class StreamRefusedError(Exception):
    """The venue did not let us listen; the text says why."""


class StreamAccess(Protocol):
    async def address(self) -> str:
        """Return where to connect to; raise VenueReadError where that has to be asked for in vain."""
        ...

    async def subscribe(self, connection: Connection) -> None:
        """Return once events flow; raise StreamRefusedError where they will not."""
        ...

    def answered(self, answer: SocketAnswer) -> None:
        """Take an answer that came on the connection."""
        ...

    async def keep_alive(self) -> str:
        """Keep the stream alive while its connection is open; return why it cannot be any longer."""
        ...


class ListenKey:
    """A key of an hour that is prolonged every half; events flow as soon as the connection is open."""

    def __init__(self, rest: SignedRest, settings: TradingSettings, randomness: Randomness) -> None:
        self._rest = rest
        self._settings = settings
        self._randomness = randomness
        self._key = ""

    async def address(self) -> str:
        route = self._rest.routes.make_listen_key
        try:
            reply = await self._rest.send_keyed(route, (), Purpose.RECONCILE)
        except (NotSentError, NoAnswerError) as error:
            raise VenueReadError(f"listen key: {error}") from None
        judgement = judge(self._rest.market, reply)
        if judgement.meaning is not Meaning.DONE:
            raise VenueReadError(f"listen key: {judgement.text}", judgement)
        try:
            self._key = decode_listen_key(reply.body).listen_key
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise VenueReadError("listen key: the answer cannot be read") from None
        if not self._key:
            raise VenueReadError("listen key: the answer holds none")
        key, stream = quote(self._key, safe=""), f"{self._settings.endpoints.private_url}/ws"
        is_spot = self._rest.market is BinanceMarket.SPOT
        return f"{stream}/{key}" if is_spot else f"{stream}?listenKey={key}&events={_EVENTS}"

    async def subscribe(self, connection: Connection) -> None:
        del connection  # nothing to ask for

    def answered(self, answer: SocketAnswer) -> None:
        del answer  # nothing was asked

    async def keep_alive(self) -> str:
        backoff = Backoff(self._randomness)
        while True:
            await asyncio.sleep(self._settings.keep_alive_s)
            while (trouble := await self._prolong()) is not None:
                if trouble.is_final:
                    return f"listen key: {trouble.text}"
                await asyncio.sleep(backoff.next_s())
            backoff.reset()

    async def _prolong(self) -> "_Trouble | None":
        # spot names the key it prolongs, USD-M knows it by the API key
        parameters = (("listenKey", self._key),) if self._rest.market is BinanceMarket.SPOT else ()
        try:
            reply = await self._rest.send_keyed(self._rest.routes.keep_listen_key, parameters, Purpose.RECONCILE)
        except (NotSentError, NoAnswerError) as error:
            return _Trouble(str(error), is_final=False)
        judgement = judge(self._rest.market, reply)
        if judgement.meaning is Meaning.DONE:
            return None
        # 4xx: the key is gone or was never ours, a new one has to be made
        return _Trouble(judgement.text, is_final=reply.status < 500)


class _Trouble(msgspec.Struct, frozen=True):
    text: str
    is_final: bool


class SignedSubscription:
    """A subscription on the websocket API; it lasts as long as its connection."""

    def __init__(self, rest: SignedRest, settings: TradingSettings, signer: Signer) -> None:
        self._rest = rest
        self._settings = settings
        self._signer = signer
        self._asked = 0
        self._answer: asyncio.Future[SocketAnswer] | None = None

    async def address(self) -> str:
        return self._settings.endpoints.private_url

    async def subscribe(self, connection: Connection) -> None:
        self._asked += 1
        self._answer = asyncio.get_running_loop().create_future()
        parameters = self._signer.socket_parameters(self._rest.time.now_ns // 1_000_000)
        request = {"id": str(self._asked), "method": _SUBSCRIBE, "params": parameters}
        connection.send(msgspec.json.encode(request))
        try:
            async with asyncio.timeout(self._settings.request_timeout_s):
                answer = await self._answer
        except TimeoutError:
            raise StreamRefusedError("no answer to the subscription") from None
        if answer.status != _OK:
            await self._rest.measure_time()  # a wrong time is the usual reason
            raise StreamRefusedError(f"subscription refused with {answer.status}: {answer.text}")

    def answered(self, answer: SocketAnswer) -> None:
        if self._answer is not None and not self._answer.done() and answer.id == str(self._asked):
            self._answer.set_result(answer)

    async def keep_alive(self) -> str:
        await asyncio.Event().wait()
        raise AssertionError("nobody sets this event")


def stream_access(rest: SignedRest, settings: TradingSettings, signer: Signer, randomness: Randomness) -> StreamAccess:
    if settings.endpoints.stream_form is StreamForm.LISTEN_KEY:
        return ListenKey(rest, settings, randomness)
    return SignedSubscription(rest, settings, signer)
