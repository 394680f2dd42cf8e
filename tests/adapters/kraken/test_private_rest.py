"""Signed requests: signatures, numbers that only rise, and the venue's limits."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.kraken.endpoints import CALLS, Tier, TradingSettings
from adapters.kraken.key_rights import NEEDED
from adapters.kraken.nonces import ClockNonces, FileNonces
from adapters.kraken.order_allowance import OrderAllowance
from adapters.kraken.private_wire import decode_balances, decode_count
from adapters.kraken.rest import BALANCES, CANCEL_ALL, TRADES, PrivateRest, RefusedError
from adapters.kraken.signing import KeyFormatError, Signer
from adapters.kraken.venue import cancel_everything, key_rights
from adapters.network.nonce_file import NonceError
from adapters.network.request_budget import Purpose, RequestBudget
from adapters.network.transport import NetworkTransport, Reply
from adapters.network.venue_rest import NoAnswerError, NotSentError
from core.io.virtual_loop import VirtualLoop
from core.ports.keys import KeyRight
from core.ports.randomness import NoRandomness
from core.ports.transport import HttpRequest, TransportError
from core.ports.venue import SendOutcome
from core.types.credentials import Credentials, Secret
from tests.adapters.kraken.rig import TradeRig, WallClock, play
from tests.venues.kraken.venue import ALL_RIGHTS, LoopbackKraken

# the example of https://docs.kraken.com/api/docs/guides/spot-rest-auth
EXAMPLE_SECRET = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
EXAMPLE_NONCE = 1616492376594
EXAMPLE_SIGNATURE = "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="


class SetClock:
    def __init__(self, now_us: int = 1_700_000_000_000_000) -> None:
        self.now_us = now_us

    def utc_ns(self) -> int:
        return self.now_us * 1000

    def monotonic_ns(self) -> int:
        return 0


def credentials(secret: str = EXAMPLE_SECRET) -> Credentials:
    return Credentials(venue="kraken", fields={"api_key": Secret("public"), "secret": Secret(secret)})


# signatures ----------------------------------------------------------------------------------------------


def test_the_documented_example_is_signed_as_documented() -> None:
    order = {"ordertype": "limit", "pair": "XBTUSD", "price": "37500", "type": "buy", "volume": "1.25"}
    request = Signer(credentials()).request("https://x", "/0/private/AddOrder", order, EXAMPLE_NONCE)
    assert request.body == b"nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"
    assert request.headers["API-Sign"] == EXAMPLE_SIGNATURE
    assert request.headers["API-Key"] == "public"


def test_nothing_of_the_key_shows() -> None:
    signer = Signer(credentials())
    request = signer.request("https://x", "/0/private/Balance", {}, 1)
    for text in (repr(signer), repr(request), f"{credentials()}"):
        assert "public" not in text
        assert EXAMPLE_SECRET[:10] not in text
    with pytest.raises(KeyFormatError) as caught:
        Signer(credentials("no base64 at all!"))
    assert "no base64 at all" not in str(caught.value)


# numbers ---------------------------------------------------------------------------------------------------


def test_numbers_rise_over_restarts_and_a_clock_that_was_set_back(tmp_path: Path) -> None:
    clock = SetClock()
    first = [FileNonces(tmp_path / "n", clock).next() for _ in range(2)]  # two starts within one microsecond
    clock.now_us -= 10**12
    later = FileNonces(tmp_path / "n", clock)
    assert first[0] < first[1] < later.next() < later.next()


def test_a_number_is_on_the_disk_before_it_is_used(tmp_path: Path) -> None:
    nonces = FileNonces(tmp_path / "n", SetClock())
    for _ in range(3):
        assert nonces.next() <= int((tmp_path / "n").read_text())
    nonces.leap(3)
    assert nonces.next() <= int((tmp_path / "n").read_text())


@settings(max_examples=40)
@given(st.lists(st.integers(-(10**9), 10**9) | st.sampled_from(["restart", "leap"]), max_size=30))
def test_no_order_of_events_gives_a_number_twice(
    tmp_path_factory: pytest.TempPathFactory, events: list[object]
) -> None:
    path, clock = tmp_path_factory.mktemp("nonces") / "n", SetClock()
    nonces, last = FileNonces(path, clock), 0
    for event in events:
        if event == "restart":
            nonces = FileNonces(path, clock)
        elif event == "leap":
            nonces.leap(1)
        else:
            assert isinstance(event, int)
            clock.now_us += event
        number = nonces.next()
        assert number > last
        last = number


def test_a_file_that_is_no_number_gives_none(tmp_path: Path) -> None:
    (tmp_path / "n").write_text("12x")
    with pytest.raises(NonceError, match="allowed is a whole number"):
        FileNonces(tmp_path / "n", SetClock()).next()
    (tmp_path / "d").write_text("")
    with pytest.raises(NonceError):
        FileNonces(tmp_path / "d" / "n", SetClock()).next()


def test_requests_of_one_key_never_overtake_each_other(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        reports = await asyncio.gather(*(rig.execution.account(0) for _ in range(3)))
        assert len({report.balances for report in reports}) == 1

    assert play(scenario, tmp_path).venue.rest.late_nonces == 0


def test_a_number_that_another_program_has_passed_is_leapt_over(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        rig.venue.ours.last_nonce += 30 * 60 * 10**6  # half an hour ahead
        assert (await rig.execution.account(0)).balances

    assert play(scenario, tmp_path).venue.rest.late_nonces == 2  # a minute was not enough, an hour was


# what the venue says --------------------------------------------------------------------------------------


class Wire:
    """Answers in order, then an empty result; notes when it was asked, in seconds of virtual time."""

    def __init__(self, *answers: tuple[int, str] | TransportError) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[float, HttpRequest]] = []

    async def request(self, request: HttpRequest, timeout_s: float) -> Reply:
        self.asked.append((round(asyncio.get_running_loop().time(), 1), request))
        answer = self._answers.pop(0) if self._answers else (200, '{"error":[],"result":{}}')
        if isinstance(answer, TransportError):
            raise answer
        return Reply(answer[0], {"Retry-After": "7"} if answer[0] == 429 else {}, answer[1].encode())

    async def get(self, url, params, timeout_s):
        raise NotImplementedError

    async def connect(self, url, on_message, timeout_s):
        raise NotImplementedError


def rest_over(wire: Wire, tier: Tier = Tier.STARTER) -> PrivateRest:
    most, interval_s = CALLS[tier].most, CALLS[tier].interval_s
    calls = RequestBudget(NoRandomness(), allowance=most, interval_s=interval_s)
    reads = RequestBudget(NoRandomness(), allowance=most * 0.8, interval_s=interval_s, reserved_share=0.0)
    return PrivateRest(wire, calls, reads, Signer(credentials()), ClockNonces(SetClock()), "http://x", timeout_s=5)


def virtually(scenario: Callable[[], Awaitable[None]]) -> None:
    loop = VirtualLoop()
    try:
        loop.run_until_complete(scenario())
    finally:
        loop.close()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((200, '{"error":["EGeneral:Permission denied"]}'), RefusedError),
        ((200, '{"error":"EFunding:No funding method"}'), RefusedError),
        ((200, '{"error":["EService:Unavailable"]}'), NoAnswerError),
        ((200, '{"error":["EOrder:Unknown order","EService:Busy"]}'), NoAnswerError),
        ((503, '{"error":["EService:Unavailable"]}'), NoAnswerError),
        ((502, "<html>Bad gateway</html>"), NoAnswerError),
        ((520, ""), NoAnswerError),
        ((200, "<html>"), NoAnswerError),
        ((200, '{"error":[],"result":{"count":"x"}}'), NoAnswerError),
        ((200, '{"error":[]}'), NoAnswerError),
        ((403, "<html>blocked</html>"), NoAnswerError),
        ((429, ""), NotSentError),
        (TransportError("gone"), NoAnswerError),
        (TransportError("refused", may_have_arrived=False), NotSentError),
    ],
)
def test_what_is_known_of_a_request(answer: tuple[int, str] | TransportError, error: type[Exception]) -> None:
    async def scenario() -> None:
        wire = Wire(answer)
        with pytest.raises(error):
            await rest_over(wire).ask(CANCEL_ALL, {}, decode_count, Purpose.CANCEL)
        assert len(wire.asked) == 1

    virtually(scenario)


def test_a_refused_number_is_sent_again_higher_and_not_for_ever() -> None:
    async def scenario() -> None:
        wire = Wire(*[(200, '{"error":["EAPI:Invalid nonce"]}')] * 9)
        with pytest.raises(RefusedError, match="Invalid nonce"):
            await rest_over(wire).ask(BALANCES, {}, decode_balances, Purpose.RECONCILE)
        numbers = [int(parse_qs(request.body.decode())["nonce"][0]) for _, request in wire.asked]
        assert len(numbers) == 4
        assert numbers[-1] - numbers[0] > 24 * 3600 * 10**6

    virtually(scenario)


@pytest.mark.parametrize(
    ("answer", "error", "wait_s"),
    [
        ((200, '{"error":["EAPI:Rate limit exceeded"]}'), RefusedError, 10),
        ((200, '{"error":["EGeneral:Temporary lockout"]}'), RefusedError, 10),
        ((429, ""), NotSentError, 7),
    ],
)
def test_a_limit_the_venue_tells_of_is_kept_to_by_everybody(answer, error, wait_s: int) -> None:
    async def scenario() -> None:
        wire = Wire(answer)
        rest = rest_over(wire)
        with pytest.raises(error):
            await rest.ask(BALANCES, {}, decode_balances, Purpose.RECONCILE)
        await rest.ask(CANCEL_ALL, {}, decode_count, Purpose.CANCEL)
        assert [at_s for at_s, _ in wire.asked] == [0.0, wait_s]

    virtually(scenario)


def test_reads_leave_a_part_of_the_calls_to_cancels_and_wait_for_the_counter_to_fall() -> None:
    async def scenario() -> None:
        wire = Wire()
        rest = rest_over(wire)
        for _ in range(6):
            await rest.ask(TRADES, {}, decode_balances, Purpose.RECONCILE)  # 2 points each
        for _ in range(3):
            await rest.ask(CANCEL_ALL, {}, decode_count, Purpose.CANCEL)
        assert {at_s for at_s, _ in wire.asked} == {0.0}
        await rest.ask(CANCEL_ALL, {}, decode_count, Purpose.CANCEL)
        assert wire.asked[-1][0] == pytest.approx(3.0, abs=0.1)  # a third of a point a second

    virtually(scenario)


def test_who_stops_waiting_for_points_has_spent_none() -> None:
    async def scenario() -> None:
        rest = rest_over(Wire())
        await rest.pay(12, Purpose.RECONCILE)
        for _ in range(3):  # as an engine that waits ten seconds for an account and asks again
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(5):
                    await rest.pay(5, Purpose.RECONCILE)
        await rest.pay(5, Purpose.RECONCILE)
        assert asyncio.get_running_loop().time() == pytest.approx(5 / 0.264, abs=0.1)

    virtually(scenario)


def test_orders_leave_a_part_of_a_pairs_counter_to_cancels() -> None:
    async def scenario() -> None:
        limits = TradingSettings(symbols=(), orders_per_s=100, orders_burst=1000)
        allowance = OrderAllowance(limits, NoRandomness())
        for _ in range(48):
            allowance.take_order("BTC/USD")
        with pytest.raises(NotSentError, match="BTC/USD"):
            allowance.take_order("BTC/USD")
        allowance.take_order("ETH/USD")
        loop = asyncio.get_running_loop()
        await allowance.take_cancel("BTC/USD", None)  # the youngest: 8 of the 12 points left
        assert loop.time() == 0
        await allowance.take_cancel("BTC/USD", 20 * 10**9)
        assert loop.time() == 0
        await allowance.take_cancel("BTC/USD", None)
        assert loop.time() == pytest.approx(8, abs=0.1)
        allowance.pause("ETH/USD")
        with pytest.raises(NotSentError):
            allowance.take_order("ETH/USD")

    virtually(scenario)


def test_all_orders_together_keep_to_a_rate_of_their_own() -> None:
    async def scenario() -> None:
        allowance = OrderAllowance(TradingSettings(symbols=(), orders_burst=3), NoRandomness())
        for symbol in ("A", "B", "C"):
            allowance.take_order(symbol)
        with pytest.raises(NotSentError, match="rate of orders"):
            allowance.take_order("D")
        await asyncio.sleep(3.1)
        allowance.take_order("D")

    virtually(scenario)


def test_an_order_that_the_engine_refuses_for_its_rate_pauses_the_pair(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        rig.venue.faults.next_errors.append("EOrder:Rate limit exceeded")
        first, second = await rig.submit(rig.intent()), await rig.submit(rig.intent())
        assert (first.outcome, first.reason) == (SendOutcome.REJECTED, "EOrder:Rate limit exceeded")
        assert (second.outcome, second.reason) == (
            SendOutcome.REJECTED,
            "not sent: the transaction counter of BTC/USD is full",
        )
        other = rig.intent(symbol="ETH/USD", price="1900")
        assert (await rig.submit(other)).outcome is SendOutcome.ACCEPTED

    play(scenario, tmp_path)


# keys and the last resort -----------------------------------------------------------------------------------


def alone(scenario: Callable[[LoopbackKraken, NetworkTransport], Awaitable[None]]) -> None:
    async def run() -> None:
        transport = NetworkTransport()
        async with LoopbackKraken().running() as venue, asyncio.timeout(30):
            try:
                await scenario(venue, transport)
            finally:
                await transport.close()

    asyncio.run(run())


def test_a_process_with_nothing_but_the_keys_cancels_everything(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        for _ in range(3):
            await rig.submit(rig.intent())
        rig.venue.ours.last_nonce += 3600 * 10**6  # the engine's clock is ahead
        transport = NetworkTransport()
        result = await cancel_everything(
            rig.venue.credentials(), transport=transport, clock=WallClock(), endpoints=rig.venue.endpoints
        )
        await transport.close()
        assert result.outcome is SendOutcome.ACCEPTED
        assert rig.open_at_venue == []
        assert (await rig.execution.account(0)).open_orders == ()  # the engine goes on with its own numbers

    play(scenario, tmp_path)


def test_everything_counts_as_cancelled_only_where_the_venue_shows_nothing_open() -> None:
    async def scenario(venue: LoopbackKraken, transport: NetworkTransport) -> None:
        venue.faults.rest_replies.extend([(504, "")] * 3)
        result = await cancel_everything(
            venue.credentials(), transport=transport, clock=WallClock(), endpoints=venue.endpoints
        )
        assert result.outcome is SendOutcome.IN_DOUBT
        venue.ours.permissions = ("query-open-trades",)
        result = await cancel_everything(
            venue.credentials(), transport=transport, clock=WallClock(), endpoints=venue.endpoints
        )
        assert (result.outcome, result.reason) == (SendOutcome.REJECTED, "EGeneral:Permission denied")

    alone(scenario)


@pytest.mark.parametrize("error", ["EAPI:Rate limit exceeded", "EService:Throttled: 1700000000"])
def test_a_kill_waits_where_the_engine_has_used_the_keys_calls_up(error: str) -> None:
    async def scenario() -> None:
        refused, cancelled = (200, f'{{"error":["{error}"]}}'), (200, '{"error":[],"result":{"count":2}}')
        wire = Wire(refused, cancelled, refused, cancelled, (200, '{"error":[],"result":{"open":{}}}'))
        result = await cancel_everything(credentials(), transport=wire, clock=SetClock())
        assert result.outcome is SendOutcome.ACCEPTED
        assert [at_s for at_s, _ in wire.asked] == [0.0, 3.0, 3.0, 6.0, 6.0]  # within the patience of who asks

    virtually(scenario)


def test_the_venue_says_what_a_key_may_do() -> None:
    async def scenario(venue: LoopbackKraken, transport: NetworkTransport) -> None:
        async def ask():
            return await key_rights(
                venue.credentials(), transport=transport, clock=WallClock(), endpoints=venue.endpoints
            )

        told = await ask()
        assert (told.rights, told.detail) == (frozenset({KeyRight.READ, KeyRight.TRADE}), "")
        assert set(NEEDED) == set(ALL_RIGHTS)
        venue.ours.permissions = ("query-funds", "withdraw-funds")
        told = await ask()
        assert told.rights == frozenset({KeyRight.READ, KeyRight.WITHDRAW})
        assert "modify-trades" in told.detail
        venue.faults.unknown_methods = ("GetApiKeyInfo",)
        assert (await ask()).rights is None

    alone(scenario)


def test_a_wrong_key_is_a_known_refusal_that_does_not_show_it() -> None:
    async def scenario(venue: LoopbackKraken, transport: NetworkTransport) -> None:
        wrong = Credentials(
            venue="kraken", fields={"api_key": Secret(venue.ours.key), "secret": Secret(venue.other.secret)}
        )
        with pytest.raises(RefusedError, match="EAPI:Invalid signature") as caught:
            await key_rights(wrong, transport=transport, clock=WallClock(), endpoints=venue.endpoints)
        assert venue.other.secret not in repr(caught.value)

    alone(scenario)
