"""Ask again for books that were lost or have gone quiet, and tell when a channel does not answer."""

from collections.abc import Callable, Iterable

from adapters.network.backoff import Backoff
from adapters.streams.stream_book import StreamBook

_NS_PER_S = 1_000_000_000
_CALM_NS = 60 * _NS_PER_S  # a book that lived so long may be asked for again at once


class BookWatch:
    """Decides when one symbol's subscription is renewed; a venue that keeps sending broken books is asked less often.

    All times are of the steady clock: a clock that is set makes no book quiet and no answer late.

    Parameters
    ----------
    renew
        Called with the venue's symbol to send its subscription again.
    """

    def __init__(
        self,
        make_backoff: Callable[[], Backoff],
        renew: Callable[[str], None],
        *,
        quiet_after_s: float,
        answer_limit_s: float,
    ) -> None:
        self._make_backoff = make_backoff
        self._renew = renew
        self._quiet_after_ns = int(quiet_after_s * _NS_PER_S)
        self._answer_limit_ns = int(answer_limit_s * _NS_PER_S)
        self._backoffs: dict[str, Backoff] = {}
        self._due_ns: dict[str, int] = {}
        self._asked_ns: dict[str, int] = {}  # on this connection
        self._seen: dict[str, tuple[int, int]] = {}  # messages of each book, and when the last was noticed

    def connected(self, venue_symbols: Iterable[str], now_ns: int) -> None:
        """Begin anew: all books were asked for."""
        self._due_ns.clear()
        self._asked_ns = dict.fromkeys(venue_symbols, now_ns)

    def lost(self, symbol: StreamBook, now_ns: int) -> None:
        """Renew a book that broke, soon or after a growing delay where it breaks again and again."""
        name = symbol.instrument.venue_symbol
        backoff = self._backoffs.setdefault(name, self._make_backoff())
        asked_ns = self._asked_ns.get(name)
        if asked_ns is None or now_ns - asked_ns > _CALM_NS:
            backoff.reset()
        is_first = not backoff.attempts
        wait_s = backoff.next_s()
        if is_first:
            self._ask(name, now_ns)
        else:
            self._due_ns[name] = now_ns + int(wait_s * _NS_PER_S)

    def look(self, symbols: Iterable[StreamBook], now_ns: int) -> str | None:
        """Renew what is due; return what is wrong where a book that was asked for does not come."""
        for symbol in symbols:
            name = symbol.instrument.venue_symbol
            due_ns = self._due_ns.get(name)
            if due_ns is not None:
                if now_ns >= due_ns:
                    del self._due_ns[name]
                    self._ask(name, now_ns)
                continue
            asked_ns, seen_ns = self._asked_ns.get(name, 0), self._noticed_ns(symbol, now_ns)
            if symbol.is_live and seen_ns >= asked_ns:
                if now_ns - seen_ns > self._quiet_after_ns:
                    self._ask(name, now_ns)
            elif now_ns - asked_ns > self._answer_limit_ns:
                return f"{name}: its book was asked for and did not come"
        return None

    def _noticed_ns(self, symbol: StreamBook, now_ns: int) -> int:
        """Return when the book's last message was noticed; a look counts it for the moment of the look."""
        name = symbol.instrument.venue_symbol
        updates, seen_ns = self._seen.get(name, (0, -1))
        if symbol.updates != updates:
            seen_ns = now_ns
            self._seen[name] = (symbol.updates, now_ns)
        return seen_ns

    def _ask(self, name: str, now_ns: int) -> None:
        self._asked_ns[name] = now_ns
        self._renew(name)
