"""Lists of an account, complete over the venue's page limit."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from adapters.network.request_budget import Purpose
from adapters.network.venue_time import VenueTime
from adapters.okx.answers import (
    AlgoRow,
    BillRow,
    FillRow,
    OrderRow,
    decode_algos,
    decode_bills,
    decode_fills,
    decode_orders,
)
from adapters.okx.rest import OkxRest, Query, VenueReadError
from adapters.okx.routes import ALGO_PENDING, BILLS, BILLS_ARCHIVE, FILLS, FILLS_HISTORY, PAGE_LIMIT, PENDING

_MOST_PAGES: Final = 200
_HOUR_MS: Final = 3_600_000
# an hour less than the venue's three and seven days, since the asking takes time
_FILLS_REACH_MS: Final = 71 * _HOUR_MS
_BILLS_REACH_MS: Final = 167 * _HOUR_MS
_FUNDING: Final = "8"
# a question is about one of these; the first two may be asked for together
_ALGO_TYPES: Final = ("conditional,oco", "trigger", "move_order_stop", "iceberg", "twap", "chase")
_NO_SUCH_TYPE: Final = "51000"
_INST_TYPES: Final = ("SPOT", "SWAP")  # the history of fills is told by type alone
T = TypeVar("T")


class History:
    """Reads newest first, page behind page by the id of the oldest row seen: what is new meanwhile moves no page."""

    def __init__(self, rest: OkxRest) -> None:
        self._rest = rest

    async def pending_orders(self, purpose: Purpose = Purpose.RECONCILE) -> list[OrderRow]:
        """Return all resting orders of the account, in every instrument and whoever sent them."""

        async def page(query: Query) -> list[OrderRow]:
            return (await self._rest.read(PENDING, query, decode_orders, purpose)).data

        return await _all_pages(page, (), lambda row: row.ord_id)

    async def pending_algos(self, purpose: Purpose) -> list[AlgoRow]:
        """Return all orders that the venue holds back (stops, triggers, trailing, sliced ones), in every instrument."""

        async def page(query: Query) -> list[AlgoRow]:
            return (await self._rest.read(ALGO_PENDING, query, decode_algos, purpose)).data

        async def of_type(name: str) -> list[AlgoRow]:
            try:
                return await _all_pages(page, (("ordType", name),), lambda row: row.algo_id)
            except VenueReadError as error:
                if error.judgement is not None and error.judgement.code == _NO_SUCH_TYPE:
                    return []  # a venue without them has none
                raise

        return [row for rows in await asyncio.gather(*map(of_type, _ALGO_TYPES)) for row in rows]

    async def fills(self, since_ms: int, order_id: str | None = None) -> list[FillRow]:
        """Return executions at or after a time of the venue's, oldest first."""
        begin: Query = (("begin", str(since_ms)),)
        if order_id is not None:
            begin = (*begin, ("ordId", order_id))
        is_recent = _age_ms(self._rest.time, since_ms) < _FILLS_REACH_MS
        route = FILLS if is_recent else FILLS_HISTORY

        async def page(query: Query) -> list[FillRow]:
            return (await self._rest.read(route, query, decode_fills)).data

        queries: tuple[Query, ...] = (begin,) if is_recent else tuple((*begin, ("instType", t)) for t in _INST_TYPES)
        found = [row for query in queries for row in await _all_pages(page, query, lambda row: row.bill_id)]
        return sorted((row for row in found if row.ts >= since_ms), key=lambda row: (row.ts, row.bill_id))

    async def funding(self, since_ms: int) -> list[BillRow]:
        """Return funding at or after a time of the venue's, oldest first."""
        begin: Query = (("type", _FUNDING), ("begin", str(since_ms)))
        route = BILLS if _age_ms(self._rest.time, since_ms) < _BILLS_REACH_MS else BILLS_ARCHIVE

        async def page(query: Query) -> list[BillRow]:
            return (await self._rest.read(route, query, decode_bills)).data

        found = await _all_pages(page, begin, lambda row: row.bill_id)
        return sorted((row for row in found if row.ts >= since_ms), key=lambda row: (row.ts, row.bill_id))


async def _all_pages(read: Callable[[Query], Awaitable[list[T]]], query: Query, id_of: Callable[[T], str]) -> list[T]:
    found: dict[str, T] = {}
    after: Query = ()
    for _ in range(_MOST_PAGES):
        rows = await read((*query, ("limit", str(PAGE_LIMIT)), *after))
        fresh = {id_of(row): row for row in rows if id_of(row) not in found}
        found |= fresh
        if len(rows) < PAGE_LIMIT:
            return list(found.values())
        if not fresh:
            raise VenueReadError("a list of the venue does not go on behind a full page")
        after = (("after", id_of(rows[-1])),)
    raise VenueReadError(f"a list of the venue is longer than {_MOST_PAGES} pages")


def _age_ms(time: VenueTime, since_ms: int) -> int:
    return time.now_ns // 1_000_000 - since_ms
