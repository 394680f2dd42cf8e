"""Who listens to which stream."""

from typing import Protocol

import msgspec


class Listener(Protocol):
    def deliver(self, stream: str, data: bytes) -> None:
        """Take one event; never blocks."""
        ...


class StreamHub:
    """Send events to those who asked for their stream."""

    def __init__(self) -> None:
        self._listeners: dict[str, dict[Listener, None]] = {}
        self._encoder = msgspec.json.Encoder()

    def add(self, stream: str, listener: Listener) -> None:
        self._listeners.setdefault(stream, {})[listener] = None

    def remove(self, stream: str, listener: Listener) -> None:
        listeners = self._listeners.get(stream, {})
        listeners.pop(listener, None)
        if not listeners:
            self._listeners.pop(stream, None)

    def wants(self, stream: str) -> bool:
        return stream in self._listeners

    def names(self) -> list[str]:
        """Return what is listened to."""
        return list(self._listeners)

    def publish(self, stream: str, event: object) -> None:
        listeners = self._listeners.get(stream)
        if listeners:
            data = self._encoder.encode(event)
            for listener in list(listeners):
                listener.deliver(stream, data)
