"""When a stock trades: the exchange's calendar, corrected by what IB says of the days around today."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

import msgspec

from adapters.exchange_hours import load_market_hours
from core.types.instrument import MarketHours

CALENDAR_OF_EXCHANGE: Final[Mapping[str, str]] = {
    "NASDAQ": "XNAS", "NYSE": "XNYS", "ARCA": "XNYS", "AMEX": "XNYS", "BATS": "XNYS", "IEX": "XNYS",
    "LSE": "XLON", "LSEETF": "XLON", "IBIS": "XETR", "IBIS2": "XETR", "FWB": "XFRA", "SBF": "XPAR", "AEB": "XAMS",
    "ENEXT.BE": "XBRU", "BVME": "XMIL", "BM": "XMAD", "EBS": "XSWX", "SFB": "XSTO", "CPH": "XCSE", "OSE": "XOSL",
    "HEX": "XHEL", "VSE": "XWBO", "WSE": "XWAR", "TSE": "XTSE", "VENTURE": "XTSE", "TSEJ": "XTKS", "SEHK": "XHKG",
    "ASX": "XASX", "SGX": "XSES",
}  # fmt: skip
"""Calendar by IB's name of the primary exchange."""


def load_trading_hours(primary_exchange: str, at_ns: int) -> MarketHours:
    """Read a calendar; slow, so call it in a worker thread. Raise ValueError for an exchange without one."""
    calendar = CALENDAR_OF_EXCHANGE.get(primary_exchange.partition(".")[0]) or CALENDAR_OF_EXCHANGE.get(
        primary_exchange
    )
    if calendar is None:
        raise ValueError(
            f"no calendar is known for exchange {primary_exchange!r}, allowed: {', '.join(CALENDAR_OF_EXCHANGE)}"
        )
    return load_market_hours(calendar, at_ns)


def with_announced_days(hours: MarketHours, liquid_hours: str, zone: tzinfo | None) -> MarketHours:
    """Replace sessions of the days that IB speaks of: it knows of closures that no calendar foresaw.

    `liquid_hours` is IB's ``20261126:CLOSED;20261127:0930-20261127:1300``; what cannot be read leaves the calendar.
    """
    if zone is None or not liquid_hours:
        return hours
    try:
        announced = dict(_announced(liquid_hours, zone))
    except ValueError:
        return hours
    kept = [pair for pair in hours.sessions if datetime.fromtimestamp(pair[0] / 1e9, zone).date() not in announced]
    sessions = sorted([*kept, *(pair for pairs in announced.values() for pair in pairs)])
    return msgspec.structs.replace(hours, sessions=tuple(sessions))


def _announced(liquid_hours: str, zone: tzinfo) -> Iterator[tuple[date, list[tuple[int, int]]]]:
    days: dict[date, list[tuple[int, int]]] = {}
    for part in filter(None, liquid_hours.split(";")):
        first, _, last = part.partition("-")
        if not last:
            day, _, word = first.partition(":")
            if word != "CLOSED":
                raise ValueError(part)
            days.setdefault(datetime.strptime(day, "%Y%m%d").replace(tzinfo=zone).date(), [])
            continue
        opens, closes = (datetime.strptime(text, "%Y%m%d:%H%M").replace(tzinfo=zone) for text in (first, last))
        if not timedelta(0) < closes - opens <= timedelta(days=1):
            raise ValueError(part)
        days.setdefault(opens.date(), []).append((_ns(opens), _ns(closes)))
    yield from days.items()


def _ns(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000_000
