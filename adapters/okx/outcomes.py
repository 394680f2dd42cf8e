"""What an answer of OKX proves about a request: the catalogue of its codes.

The code decides, not the HTTP class: `code` for the request, `sCode` for each order in it. Two things stand above the
code: an answer of 500 or more is never proof of anything, and a body that is not one is none. A code that is not in
here is in doubt. Source: https://www.okx.com/docs-v5/en/#error-code
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from core.io.redaction import mask_known
from core.ports.transport import HttpReply

_SERVER_FAULTS: Final = 500
_SHOWN: Final = 200
_OK: Final = "0"
_SEE_ROWS: Final = frozenset({"1", "2"})  # all failed, some failed


class Meaning(StrEnum):
    DONE = "done"  # the venue has taken it
    REJECTED = "rejected"  # the venue has not done it and will not
    IN_DOUBT = "in_doubt"
    DUPLICATE = "duplicate"  # an order with this client id exists: which one has to be looked up
    CLOCK = "clock"  # refused, because the time in it was not the venue's
    GONE = "gone"  # no such order rests: what became of it has to be looked up
    TOO_MANY = "too_many"  # refused, because of the rate limit


class Judgement(NamedTuple):
    meaning: Meaning
    text: str = ""
    code: str = ""


_M = Meaning

CATALOGUE: Final[Mapping[str, Meaning]] = {
    "50001": _M.IN_DOUBT,  # service temporarily unavailable
    "50004": _M.IN_DOUBT,  # timed out: "does not indicate success or failure of order"
    "50005": _M.IN_DOUBT,  # interface offline or unavailable
    "50013": _M.IN_DOUBT,  # systems are busy
    "50026": _M.IN_DOUBT,  # system error
    "51149": _M.IN_DOUBT,  # order timed out
    "50011": _M.TOO_MANY,
    "50061": _M.TOO_MANY,  # of the sub-account
    "50102": _M.CLOCK,
    "50112": _M.CLOCK,
    "51016": _M.DUPLICATE,
    **dict.fromkeys(("51400", "51401", "51402", "51410", "51503", "51509", "51510", "51603"), _M.GONE),
    **dict.fromkeys(
        (
            # the request itself, the key, the account
            "50000", "50002", "50006", "50007", "50008", "50009", "50010", "50012", "50014", "50015", "50016", "50017",
            "50018", "50019", "50020", "50021", "50022", "50023", "50024", "50025", "50027", "50028", "50030", "50035",
            "50044", "50100", "50101", "50103", "50104", "50105", "50106", "50107", "50108", "50109", "50110", "50111",
            "50113", "50114", "50115", "50119", "50120", "50121", "4088",
            # the order
            "51000", "51001", "51002", "51003", "51004", "51005", "51006", "51007", "51008", "51009", "51010", "51011",
            "51012", "51014", "51015", "51017", "51018", "51019", "51020", "51021", "51022", "51023", "51024", "51025",
            "51026", "51027", "51028", "51029", "51030", "51031", "51046", "51047", "51053", "51077", "51100", "51101",
            "51102", "51103", "51104", "51105", "51106", "51107", "51108", "51109", "51110", "51111", "51112", "51113",
            "51115", "51116", "51117", "51118", "51119", "51120", "51121", "51122", "51124", "51125", "51126", "51127",
            "51128", "51129", "51130", "51131", "51132", "51133", "51134", "51135", "51136", "51137", "51138", "51139",
            "51155", "51156", "51159", "51162", "51163", "51166", "51169", "51174", "51185", "51201", "51202", "51203",
            "51204", "51205",
            # cancels and amends that are not allowed: the order stays as it is
            "51403", "51404", "51406", "51407", "51408", "51409", "51500", "51501", "51502", "51506", "51508", "51511",
            "51512", "51523", "51600", "51601", "51602",
            # positions and account mode
            "59000", "59001", "59100", "59101", "59102", "59103", "59104", "59105", "59106", "59107", "59108", "59109",
        ),
        _M.REJECTED,
    ),
}  # fmt: skip


class _Row(msgspec.Struct, frozen=True, rename="camel"):
    s_code: str = _OK
    s_msg: str = ""


class _Body(msgspec.Struct, frozen=True):
    code: str | int
    msg: str = ""
    data: msgspec.Raw = msgspec.Raw(b"[]")


_decode_body = msgspec.json.Decoder(_Body).decode
_decode_rows = msgspec.json.Decoder(list[_Row]).decode


def judge(reply: HttpReply) -> Judgement:
    """Return what an answer about one thing proves; DONE for code 0, whose rows are still to be read."""
    try:
        body = _decode_body(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Judgement(Meaning.IN_DOUBT, f"HTTP {reply.status} without a code of the venue")
    code, text = str(body.code), body.msg
    if code == _OK or code in _SEE_ROWS:
        row = _first_bad(body.data)
        if row is not None:
            code, text = row.s_code, row.s_msg or body.msg
    if reply.status >= _SERVER_FAULTS:
        return Judgement(Meaning.IN_DOUBT, f"HTTP {reply.status}: {text[:_SHOWN]} ({code})", code)
    return Judgement(Meaning.DONE) if code == _OK else judge_code(code, text)


def judge_code(code: str, text: str) -> Judgement:
    """Return what the code of one order proves."""
    meaning = Meaning.DONE if code == _OK else CATALOGUE.get(code, Meaning.IN_DOUBT)
    return Judgement(meaning, f"{mask_known(text)[:_SHOWN]} ({code})".strip(), code)


def _first_bad(data: msgspec.Raw) -> _Row | None:
    try:
        rows = _decode_rows(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return next((row for row in rows if row.s_code != _OK), None)
