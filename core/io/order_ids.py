"""Client order ids that are never used twice."""

import re
from typing import Final

MAX_LENGTH: Final = 32
_TAG: Final = re.compile(r"[a-z0-9]{0,8}")


class OrderIds:
    """An IdSource giving ``s<run>-<counter>``, or ``s<tag>-<run>-<counter>`` with a tag.

    Parameters
    ----------
    run
        The start counter from the journal: it is committed before the first order of a run, so two runs
        never share one.
    tag
        Tells journals apart (at most 8 of ``[a-z0-9]``): a run counts from 1 again where a journal is new,
        and a venue still remembers the ids of the old one.
    """

    def __init__(self, run: int, tag: str = "") -> None:
        if run < 0:
            raise ValueError(f"run {run} is negative; it counts starts from 1")
        if not _TAG.fullmatch(tag):
            raise ValueError(f"tag {tag!r} is not at most 8 of [a-z0-9]")
        self._prefix = f"s{tag}-{run:04x}" if tag else f"s{run:04x}"
        self._counter = 0

    def next_order_id(self) -> str:
        self._counter += 1
        order_id = f"{self._prefix}-{self._counter}"
        if len(order_id) > MAX_LENGTH:
            raise OverflowError(f"client order id {order_id} is longer than {MAX_LENGTH} characters")
        return order_id
