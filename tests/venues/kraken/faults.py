"""What can be made to go wrong at the loopback Kraken; each number counts down as it happens."""

from collections import deque
from dataclasses import dataclass, field


@dataclass
class Faults:
    wrong_checksums: int = 0  # of book messages
    lost_book_messages: int = 0
    repeated_book_messages: int = 0
    swapped_book_messages: int = 0  # told after the one that follows
    is_silent: bool = False  # sockets stay open and carry nothing
    refused_connections: int = 0
    lost_requests: int = 0  # orders, amends and cancels that never arrive
    lost_answers: int = 0  # of orders, amends and cancels that did arrive
    next_errors: deque[str] = field(default_factory=deque[str])  # given to orders, amends and cancels of either way
    rest_replies: deque[tuple[int, str]] = field(default_factory=deque[tuple[int, str]])  # before looking at anything
    lost_executions: int = 0
    repeated_executions: int = 0
    clock_ahead_ns: int = 0
    call_limit: int | None = None  # private calls of a key until it is told to slow down
    fee_asset: str = ""  # the stream tells fees in it
    hidden_client_ids: bool = False  # executions after the first leave the client id out
    unknown_methods: tuple[str, ...] = ()

    def take(self, name: str) -> bool:
        """Count one down and tell whether there was one."""
        left: int = getattr(self, name)
        if left <= 0:
            return False
        setattr(self, name, left - 1)
        return True
