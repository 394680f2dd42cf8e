"""Signatures, numbers and names that go with every action."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import eth_account
import pytest
from hyperliquid.utils import signing
from hyperliquid.utils.types import Cloid
from hypothesis import given
from hypothesis import strategies as st

from adapters.hyperliquid import actions
from adapters.hyperliquid.client_ids import ClientIdError, client_id_of, from_cloid, number_of, to_cloid
from adapters.hyperliquid.network import HyperliquidNetwork
from adapters.hyperliquid.nonces import ClockNonces, FileNonces
from adapters.hyperliquid.signing import KeyFormatError, Signer, wallet_of
from adapters.network.nonce_file import NonceError
from core.io.order_ids import OrderIds
from core.types.credentials import Secret
from tests.adapters.hyperliquid.rig import AGENT_KEY
from tests.recordings import needs_recordings, recording

VECTORS = "hyperliquid/signing_vectors.json"
NS_PER_MS = 1_000_000
KEY = "0x0123456789012345678901234567890123456789012345678901234567890123"


def revived(value: object) -> object:
    """Return an argument as the library takes it: wallets and client ids are objects there."""
    if isinstance(value, dict) and set(value) == {"private_key", "address"}:
        return eth_account.Account.from_key(value["private_key"])
    if isinstance(value, dict) and isinstance(value.get("cloid"), str):
        return value | {"cloid": Cloid.from_str(value["cloid"])}
    return value


@needs_recordings
def test_every_recorded_signature_comes_out_of_the_librarys_functions() -> None:
    vectors = json.loads(recording(VECTORS).read_bytes())
    assert len(vectors) == 109
    for vector in vectors:
        function: Callable[..., object] = getattr(signing, vector["fn"])
        args = [revived(argument) for argument in vector["args"]]
        if vector["fn"] == "construct_phantom_agent":
            args[0] = bytes.fromhex(vector["args"][0][2:].rjust(64, "0"))
        if vector["fn"] == "sign_inner":
            message = args[1]["message"]
            if "connectionId" in message:
                message["connectionId"] = bytes.fromhex(message["connectionId"][2:].rjust(64, "0"))
        if vector.get("raises"):
            with pytest.raises(ValueError, match="rounding"):
                function(*args, **vector["kwargs"])
            continue
        assert in_hex(function(*args, **vector["kwargs"])) == in_hex(vector["result"]), vector["test"]


def in_hex(value: object) -> object:
    if isinstance(value, bytes):
        return hex(int.from_bytes(value))
    if isinstance(value, str) and value.startswith("0x") and len(value) > 60:
        return hex(int(value, 16))
    return {key: in_hex(each) for key, each in value.items()} if isinstance(value, dict) else value


@needs_recordings
def test_our_signer_gives_the_recorded_signatures_of_the_network_that_it_is_told() -> None:
    vectors = [each for each in json.loads(recording(VECTORS).read_bytes()) if each["fn"] == "sign_l1_action"]
    ours = [each for each in vectors if each["args"][2] is None and each["args"][4] is None]
    assert {each["args"][5] for each in ours} == {True, False}
    for vector in ours:
        wallet, action, _, nonce, _, is_mainnet = vector["args"]
        network = HyperliquidNetwork.MAINNET if is_mainnet else HyperliquidNetwork.TESTNET
        signer = Signer(wallet_of(Secret(wallet["private_key"])), network)
        assert signer.sign(action, nonce, None) == vector["result"]
        assert signer.address == wallet["address"]


@pytest.mark.parametrize("text", ["", "0x12", "nonsense" * 8, AGENT_KEY + "11"])
def test_a_text_that_is_no_key_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(KeyFormatError) as caught:
        wallet_of(Secret(text))
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert not text or text not in str(caught.value)


# client ids ----------------------------------------------------------------------------------------------------


@given(run=st.integers(0, (1 << 26) - 1), tag=st.from_regex(r"[a-z0-9]{0,8}", fullmatch=True), skip=st.integers(0, 99))
def test_a_client_id_is_read_back_from_what_the_venue_keeps_without_anything_remembered(run, tag, skip) -> None:
    ids = OrderIds(run, tag)
    name = [ids.next_order_id() for _ in range(skip + 1)][-1]
    cloid = to_cloid(name)
    assert len(cloid) == 34
    assert from_cloid(cloid) == from_cloid(cloid.upper().replace("X", "x")) == name
    Cloid.from_str(cloid)


@given(st.integers(0, (1 << 128) - 1))
def test_a_foreign_client_id_keeps_its_own_name_and_leads_back_to_its_order(number: int) -> None:
    cloid = f"0x{number:032x}"
    assert to_cloid(from_cloid(cloid)) == cloid


@pytest.mark.parametrize(
    "name",
    ["", "o1", "s0001-0", "s0001-01", "s00001-1", "sAB-0001-1", "stoolongtag-0001-1", "s0001-99999999999", "0x12"],
)
def test_a_client_id_that_would_not_come_back_the_same_is_refused(name: str) -> None:
    with pytest.raises(ClientIdError):
        to_cloid(name)


def test_an_order_without_a_client_id_is_named_by_its_number() -> None:
    assert client_id_of(None, 77) == "oid-77"
    assert number_of("oid-77") == 77
    assert number_of("s0001-1") is None


# nonces --------------------------------------------------------------------------------------------------------


class SetClock:
    def __init__(self, ms: int) -> None:
        self.ms = ms

    def utc_ns(self) -> int:
        return self.ms * NS_PER_MS

    def monotonic_ns(self) -> int:
        return self.ms * NS_PER_MS


def test_numbers_rise_over_restarts_and_a_clock_set_back(tmp_path: Path) -> None:
    clock, given_out = SetClock(1_800_000_000_000), []
    for step_ms in (0, 0, 5, -3_600_000, 0, 120_000, -60_000, 7_200_000):
        nonces = FileNonces(tmp_path / "nonce", clock)  # a restart each time
        clock.ms += step_ms
        given_out += [nonces.next() for _ in range(3)]
    assert all(later > earlier for earlier, later in itertools.pairwise(given_out))
    assert given_out[0] == 1_800_000_000_000


def test_what_may_be_used_is_on_the_disk_before_it_is_used(tmp_path: Path) -> None:
    clock, path = SetClock(1_800_000_000_000), tmp_path / "folder" / "nonce"
    nonces = FileNonces(path, clock)
    for _ in range(5):
        assert nonces.next() <= int(path.read_text())
        clock.ms += 40_000
    assert [each.name for each in path.parent.iterdir()] == ["nonce"]


@pytest.mark.parametrize("content", ["", "12a", "-5", "\xff"])
def test_a_file_that_holds_no_number_is_never_guessed_over(tmp_path: Path, content: str) -> None:
    (tmp_path / "nonce").write_bytes(content.encode("latin-1"))
    with pytest.raises(NonceError, match="nonce"):
        FileNonces(tmp_path / "nonce", SetClock(1_800_000_000_000)).next()


def test_numbers_far_ahead_of_the_clock_are_refused_as_the_venue_would(tmp_path: Path) -> None:
    clock = SetClock(1_800_000_000_000)
    FileNonces(tmp_path / "nonce", clock).next()
    clock.ms -= 13 * 3_600_000
    with pytest.raises(NonceError, match="13 h ahead"):
        FileNonces(tmp_path / "nonce", clock).next()


def test_a_file_that_cannot_be_written_gives_no_number(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NonceError):
        FileNonces(tmp_path / "file" / "nonce", SetClock(1_800_000_000_000)).next()


def test_a_process_that_only_cancels_runs_ahead_of_an_engine(tmp_path: Path) -> None:
    clock = SetClock(1_800_000_000_000)
    engine, other = FileNonces(tmp_path / "nonce", clock), ClockNonces(clock)
    used = {engine.next() for _ in range(1000)}
    assert min(first := [other.next() for _ in range(10)]) > max(used)
    assert len(set(first)) == 10


# actions -------------------------------------------------------------------------------------------------------


@given(
    price=st.decimals("0.000001", "999999", places=6), size=st.decimals("0.00001", "100000", places=5),
    is_buy=st.booleans(), reduce_only=st.booleans(), tif=st.sampled_from(["Gtc", "Ioc", "Alo"]),
)  # fmt: skip
def test_an_order_is_written_as_the_librarys_own_client_writes_it(price, size, is_buy, reduce_only, tif) -> None:
    cloid = to_cloid("s0001-1")
    terms = actions.OrderTerms(
        asset_id=7, is_buy=is_buy, price=price, quantity=size, reduce_only=reduce_only, time_in_force=tif, cloid=cloid
    )
    request = {
        "coin": "X", "is_buy": is_buy, "sz": float(size), "limit_px": float(price), "reduce_only": reduce_only,
        "order_type": {"limit": {"tif": tif}}, "cloid": Cloid.from_str(cloid),
    }  # fmt: skip
    theirs = signing.order_wires_to_order_action([signing.order_request_to_order_wire(request, 7)])
    assert signing.action_hash(actions.place(terms), None, 1, None) == signing.action_hash(theirs, None, 1, None)
