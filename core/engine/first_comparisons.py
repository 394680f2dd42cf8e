"""Which venues' accounts were compared with the journal since the start; before that equity is only a part."""

from collections.abc import Iterable


class FirstComparisons:
    """The engine names the venues, who compares them says which is done."""

    def __init__(self) -> None:
        self._awaited: dict[str, None] = {}
        self._held_back: dict[str, None] = {}  # read, and not taken over for want of a price
        self._is_start_over = False

    def expect(self, venues: Iterable[str]) -> None:
        self._awaited = dict.fromkeys(venues)

    def done(self, venue: str) -> None:
        self._awaited.pop(venue, None)
        self._held_back.pop(venue, None)

    def held_back(self, venue: str) -> None:
        """Take note that a venue's account is known and will be taken over soon."""
        self._held_back[venue] = None

    def not_read(self, venue: str) -> None:
        """Take note that a venue could not be asked: nobody knows when it will be."""
        self._held_back.pop(venue, None)

    def start_is_over(self) -> None:
        """Wait no longer for venues that have not answered: one of them must not keep a day from beginning."""
        self._is_start_over = True

    @property
    def are_complete(self) -> bool:
        """Tell whether every venue was compared, so that equity is that of the whole account."""
        return not self._awaited

    @property
    def are_settled(self) -> bool:
        """Tell whether every venue was compared that answered in time; what comes after it is counted as it comes."""
        return self.are_complete or (self._is_start_over and not any(each in self._awaited for each in self._held_back))
