"""Messages that once only one of Binance's two depth readers took, and what becomes of them now."""

import pytest

from adapters.binance.depth import DepthDecoder
from bench.market import SYMBOL
from tests.adapters.readers.binance_pair import BinancePair
from tests.book.instruments import instrument

_DATA = (
    b'{"e":"depthUpdate","E":1723161256299,"T":1723161256298,"s":"BTCUSDT","U":6,"u":9,"pu":5,'
    b'"b":[["61800.10","0.500"]],"a":[["61800.20","0.000"]]}'
)
_OWN = b'{"stream":"btcusdt@depth@100ms","data":' + _DATA + b"}"


def _taken(raw: bytes) -> tuple[int, int]:
    """Return whether compiled code read it, and whether either form did; both do the same with it."""
    pair = BinancePair()
    pair.take(raw)
    return pair.read, pair.took


@pytest.mark.parametrize(
    ("place", "instead"),
    [
        (b'"e"', b'"e" '),
        (b'"stream":', b'"key":17,"other":null,"third":true,"last":false,"stream":'),
        (b'"T":1723161256298,', b""),
        (b'"0.500"]', b'"0.500",[]]'),
    ],
)
def test_compiled_code_reads_what_the_venue_may_send(place: bytes, instead: bytes) -> None:
    assert _taken(_OWN.replace(place, instead)) == (1, 1)
    assert _taken(_DATA.replace(place, instead)) == (1, 1)


@pytest.mark.parametrize(
    ("place", "instead"),
    [
        (b"61800.10", b"618\\u00300.10"),  # escapes in a number, a key, a name
        (b'"U"', b'"\\u0055"'),
        (b'"BTCUSDT"', b'"BTC\\u0055SDT"'),
        (b'"depthUpdate"', b'"depth\\u0055pdate"'),
        (b"@100ms", b"@100\\u006ds"),
        (b"@100ms", "@100ms\u00e9".encode()),
        (b'"U":6', b'"U":4,"U":6'),  # a key twice: the last one counts
        (b'"e":', b'"e":"depthUpdate","e":'),
        (b'"s":', b'"s":"ETHUSDT","s":'),
        (b'"b":', b'"b":[],"b":'),
        (b'"T":1723161256298', b'"T":null'),
        (b"61800.10", b"000000000000000000061800.10"),
        (b'"stream":', b'"x":{"b":[["1","2"]]},"stream":'),
        (b'"stream":', b'"x":-1.5e3,"stream":'),
        (b'"stream":', b'"pu":4,"stream":'),  # beside the object that counts
    ],
)
def test_typed_messages_read_what_compiled_code_declines(place: bytes, instead: bytes) -> None:
    assert place in _OWN
    assert _taken(_OWN.replace(place, instead)) == (0, 1)


@pytest.mark.parametrize(
    ("place", "instead"),
    [
        (b"@100ms", b'@"100"ms'),  # in the stream's name, which tells nothing, but is part of the message
        (b"@100ms", b"@100\\xms"),
        (b'"stream":', b'"x":1.2.3,"stream":'),
        (b'"stream":', b'"x":nul,"stream":'),
        (b'"depthUpdate"', b'"depthUpdates"'),  # typed messages did not look at these two
        (b'"BTCUSDT"', b'"BTCUSDC"'),
        (b"61800.10", b"61800."),
        (b"61800.10", b"1000000000000000000.10"),  # beyond 18 digits, though it fits 64 bits
        (b"0.500", b"9" * 5000),
        (b'"E":1723161256299', b'"E":9223372036855'),  # its nanoseconds fit no 64 bits
        (b'"u":9', b'"u":1000000000000000000'),
        (b'"pu":5', b'"pu":-2'),
        (b'"0.500"]', b'"0.500",[],[]]'),
        (b'"stream":', b'"x":' + 100_000 * b"[" + b',"stream":'),
        (b'"stream":', b'"data":{"u":8},"stream":'),
        (b'"stream":', b'"data":"","stream":'),
    ],
)
def test_what_is_no_depth_message_is_refused_by_both(place: bytes, instead: bytes) -> None:
    assert place in _OWN
    assert _taken(_OWN.replace(place, instead)) == (0, 0)


def test_fields_beside_the_object_that_holds_the_others_are_no_part_of_it() -> None:
    decoder = DepthDecoder(instrument("0.10", "0.001", symbol=SYMBOL))
    spot = _OWN.replace(b',"pu":5', b"")
    for raw in (spot.replace(b"}}", b'},"pu":4}'), spot.replace(b'"data"', b'"pu":4,"data"')):
        assert decoder.decode(raw) == 0
        assert (decoder.previous_update_id, decoder.last_update_id) == (-1, 9)
