"""A websocket of streams: `/ws/<stream>` sends events bare, `/stream?streams=` in an envelope."""

from collections.abc import Callable, Iterable
from typing import Final, cast

from adapters.sim.binance_protocol.connection import Connection
from adapters.sim.binance_protocol.stream_hub import StreamHub

MOST_STREAMS: Final = 1_024


class StreamSocket(Connection):
    """Sends what is asked for; a stream that the address does not carry is taken without a word and stays silent."""

    def __init__(
        self, hub: StreamHub, streams: Iterable[str], *, combined: bool, carries: Callable[[str], bool]
    ) -> None:
        super().__init__()
        self._carries = carries
        self._hub = hub
        self._combined = combined
        self._wanted = list(streams)
        self._streams: dict[str, None] = {}

    def deliver(self, stream: str, data: bytes) -> None:
        text = data.decode()
        self.push(f'{{"stream":"{stream}","data":{text}}}' if self._combined else text)

    def opened(self) -> None:
        self._subscribe(self._wanted)

    def closed(self) -> None:
        self._unsubscribe(list(self._streams))

    def take(self, message: dict[str, object]) -> None:
        number, params = message.get("id"), message.get("params")
        names = [str(name) for name in cast("list[object]", params)] if isinstance(params, list) else []
        result: object = None
        match message.get("method"):
            case "SUBSCRIBE" if len(self._streams) + len(names) > MOST_STREAMS:
                self._complain(number, f"Too many streams: at most {MOST_STREAMS} on one connection")
                return
            case "SUBSCRIBE":
                self._subscribe(names)
            case "UNSUBSCRIBE":
                self._unsubscribe(names)
            case "LIST_SUBSCRIPTIONS":
                result = list(self._streams)
            case "SET_PROPERTY":
                self._combined = names[:2] == ["combined", "True"]
            case "GET_PROPERTY":
                result = self._combined
            case method:
                self._complain(number, f"Invalid request: unknown variant `{method}`")
                return
        self.push_json({"result": result, "id": number})

    def _complain(self, number: object, text: str) -> None:
        self.push_json({"error": {"code": 2, "msg": text}, "id": number})

    def _subscribe(self, names: Iterable[str]) -> None:
        for name in names:
            self._streams[name] = None
            if self._carries(name):
                self._hub.add(name, self)

    def _unsubscribe(self, names: Iterable[str]) -> None:
        for name in names:
            if name in self._streams:
                del self._streams[name]
                self._hub.remove(name, self)
