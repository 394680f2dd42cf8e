"""Compile the readers of book messages ahead of the first one; takes seconds without a cache, so do it in a thread."""

from adapters.streams.checksum_layout import FORM_SIZE
from adapters.streams.message_grammar import Object, Text
from adapters.streams.message_reader import MessageReader
from adapters.streams.top_checksum import TopChecksum
from core.book.warm_up import EXAMPLE


def warm_up_reader() -> None:
    """Compile what reads messages."""
    MessageReader(EXAMPLE, Object({"channel": Text("book")})).read(b'{"channel":"book"}')


def warm_up_checksum() -> None:
    """Compile what counts checksums."""
    TopChecksum(EXAMPLE, FORM_SIZE, is_alternating=True)
