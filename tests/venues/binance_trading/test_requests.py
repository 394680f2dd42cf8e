"""Every request as it goes over the wire: parameters, their order and the signature."""

from urllib.parse import parse_qsl

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from adapters.binance.signing import Signer, UnusableKeyError, query_of
from core.types.credentials import Credentials, Secret
from core.types.order import OrderType, Side, TimeInForce
from tests.venues.binance_trading.rig import SPOT, USDM, D, Rig, play
from tests.venues.binance_trading.small_binance import KEY, SECRET

# the examples of the venue's own documentation
SPOT_SECRET = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
SPOT_QUERY = (
    "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559"
)
SPOT_SIGNATURE = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
USDM_SECRET = "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9"
USDM_QUERY = (
    "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000&timestamp=1591702613943"
)
USDM_SIGNATURE = "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9"


def signer(**fields: str) -> Signer:
    return Signer(Credentials(venue="binance", fields={name: Secret(text) for name, text in fields.items()}))


@pytest.mark.parametrize(
    ("secret", "query", "signature"),
    [(SPOT_SECRET, SPOT_QUERY, SPOT_SIGNATURE), (USDM_SECRET, USDM_QUERY, USDM_SIGNATURE)],
)
def test_documented_examples_are_signed_as_documented(secret, query, signature) -> None:
    assert query_of(parse_qsl(query)) == query
    assert signer(api_key="k", secret=secret).signed(query) == f"{query}&signature={signature}"


def test_an_ed25519_key_signs_the_same_text() -> None:
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    signed = signer(api_key="k", private_key=pem).signed(SPOT_QUERY)
    query, _, signature = signed.rpartition("&signature=")
    assert query == SPOT_QUERY
    import base64
    from urllib.parse import unquote

    key.public_key().verify(base64.b64decode(unquote(signature)), query.encode())
    assert not set(signature) & set("+/=")


@pytest.mark.parametrize("fields", [{}, {"secret": "x"}, {"api_key": "x"}, {"api_key": "x", "private_key": "no key"}])
def test_a_key_without_its_parts_is_refused_without_showing_them(fields) -> None:
    with pytest.raises(UnusableKeyError) as refused:
        signer(**fields)
    assert "no key" not in str(refused.value)


def test_what_is_odd_in_a_name_is_encoded_before_it_is_signed() -> None:
    assert query_of((("origClientOrderId", "a b&c=d/é"),)) == "origClientOrderId=a%20b%26c%3Dd%2F%C3%A9"


LIMIT = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=99.5&quantity=2"
TAIL = "&newClientOrderId=s0001-1&selfTradePreventionMode=EXPIRE_TAKER&newOrderRespType=ACK&recvWindow=5000"
MAKER = "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&price=99.5&quantity=2"


@pytest.mark.parametrize(
    ("market", "changes", "query"),
    [
        (SPOT, {}, LIMIT),
        (USDM, {}, LIMIT),
        (SPOT, {"post_only": True}, MAKER),
        (USDM, {"post_only": True}, LIMIT.replace("GTC", "GTX")),
        (USDM, {"time_in_force": TimeInForce.IOC}, LIMIT.replace("GTC", "IOC")),
        (SPOT, {"side": Side.SELL}, LIMIT.replace("BUY", "SELL")),
        (USDM, {"reduce_only": True}, f"{LIMIT}&reduceOnly=true"),
        (
            SPOT,
            {"order_type": OrderType.MARKET, "limit_price": None},
            "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=2",
        ),
        (USDM, {"quantity": D("1E+3")}, LIMIT.replace("quantity=2", "quantity=1000")),
        (USDM, {"limit_price": D("0.00000100")}, LIMIT.replace("99.5", "0.000001")),
    ],
)
def test_every_kind_of_order_is_sent_as_documented(market, changes, query) -> None:
    async def scenario(rig: Rig) -> None:
        at_ms = rig.venue.venue_ms
        await rig.submit(**changes)
        sent = next(each for each in rig.venue.queries if "newClientOrderId" in each)
        signed, _, signature = sent.rpartition("&signature=")
        body, _, timestamp = signed.rpartition("&timestamp=")
        assert body == query + TAIL
        assert int(timestamp) - at_ms in range(-2, 3)
        assert len(signature) == 64

    play(market, scenario)


@pytest.mark.parametrize(
    "changes",
    [
        {"order_type": OrderType.MARKET, "limit_price": None, "post_only": True},
        {"time_in_force": TimeInForce.IOC, "post_only": True},
    ],
)
def test_contradictions_do_not_leave(changes) -> None:
    async def scenario(rig: Rig) -> None:
        assert "not sent" in (await rig.submit(**changes)).reason
        assert rig.venue.asked("POST", "order") == []

    play(SPOT, scenario)


def test_neither_key_nor_secret_shows_in_what_is_logged_or_represented(caplog) -> None:
    async def scenario(rig: Rig) -> None:
        rig.transport.connections[0].drop()
        rig.venue.faults["POST", "order"].append(lambda _: (_ for _ in ()).throw(ValueError("odd")))
        with pytest.raises(ValueError, match="odd"):
            await rig.submit()
        shown = f"{caplog.text}{rig.execution!r}{rig.execution.__dict__!r}{rig.settings!r}"
        assert KEY not in shown
        assert SECRET not in shown

    play(USDM, scenario, check_interval_s=0.01)
