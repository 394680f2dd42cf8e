"""Private streams of one market: by listen key, or subscribed to on an open connection."""

import secrets
from typing import Final, Protocol

from adapters.sim.binance_protocol.accounts import Account
from adapters.sim.binance_protocol.api_error import ApiError
from adapters.sim.binance_protocol.faults import FaultBox
from adapters.sim.binance_protocol.stream_hub import StreamHub

LIFETIME_MS: Final = 60 * 60 * 1000


class Subscriber(Protocol):
    def deliver_private(self, event: dict[str, object]) -> None: ...


class UserStreams:
    """Hand events of an account to whoever listens for it; faults may swallow or repeat them."""

    def __init__(self, hub: StreamHub, faults: FaultBox) -> None:
        self._hub = hub
        self._faults = faults
        self._keys: dict[str, tuple[Account, int]] = {}  # listen key: whose, and until when in ms
        self._subscribers: dict[Subscriber, Account] = {}

    def open(self, account: Account, at_ms: int) -> str:
        """Return the account's listen key, which lives for another hour."""
        key = next((key for key, (owner, _) in self._keys.items() if owner is account), None) or secrets.token_hex(32)
        self._keys[key] = (account, at_ms + LIFETIME_MS)
        return key

    def keep_alive(self, key: str, at_ms: int) -> None:
        if key not in self._keys:
            raise ApiError(-1125, "This listenKey does not exist.")
        self._keys[key] = (self._keys[key][0], at_ms + LIFETIME_MS)

    def close(self, key: str) -> None:
        if self._keys.pop(key, None) is None:
            raise ApiError(-1125, "This listenKey does not exist.")

    def key_of(self, account: Account) -> str | None:
        return next((key for key, (owner, _) in self._keys.items() if owner is account), None)

    def subscribe(self, subscriber: Subscriber, account: Account) -> None:
        self._subscribers[subscriber] = account

    def unsubscribe(self, subscriber: Subscriber) -> None:
        self._subscribers.pop(subscriber, None)

    def listeners(self) -> int:
        """Return how many private streams somebody listens to."""
        return len(self._subscribers) + sum(self._hub.wants(key) for key in self._keys)

    def expire(self, at_ms: int) -> None:
        """Forget listen keys that nobody kept alive, and say so."""
        for key, (_, until_ms) in list(self._keys.items()):
            if until_ms <= at_ms:
                del self._keys[key]
                self._hub.publish(key, {"e": "listenKeyExpired", "E": at_ms, "listenKey": key})

    def send(self, account: Account, event: dict[str, object]) -> None:
        for _ in range(self._faults.copies_of(str(event["e"]))):
            for key, (owner, _) in self._keys.items():
                if owner is account:
                    self._hub.publish(key, event)
            for subscriber, owner in self._subscribers.items():
                if owner is account:
                    subscriber.deliver_private(event)
