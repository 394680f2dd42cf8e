"""Depth messages through a real websocket to whoever follows the books, at a steady rate, against ccxt.pro."""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from adapters.binance.endpoints import Endpoints
from adapters.binance.feed import BinanceFeed
from adapters.binance.venue import build_feed
from adapters.network.transport import NetworkTransport
from bench.books import Levels, check
from bench.depth_server import DEPTH, Plan, ServerProcess, Session, symbol_of
from bench.market import FIRST_ID, IDS_A_MESSAGE
from bench.peer import Peer
from bench.percentile import percentile
from bench.result import BenchError, Result
from bench.watching_engine import WatchingEngine
from core.io.interpreter import take_short_turns
from core.io.system_clock import SystemClock
from core.io.system_randomness import SystemRandomness

BOOKS: Final = 10
PER_S: Final = 5_000
WARM_UP_S: Final = 1
MEASURED_S: Final = 4
PEER: Final = "ccxt.pro"
_NEVER: Final = np.iinfo(np.int64).max


class Seen(msgspec.Struct):
    """What a follower saw of each book, as [sequence, monotonic ns], and what that cost its process."""

    books: list[list[tuple[int, int]]]
    cpu_s: float  # from the first look to the last
    waited_s: float  # for a core, meanwhile
    tops: list[tuple[Levels, Levels]]

    @property
    def seconds(self) -> float:
        looks_ns = [at_ns for looked in self.books for _, at_ns in looked]
        return (max(looks_ns) - min(looks_ns)) / 1e9


class Arrival(msgspec.Struct, frozen=True):
    """How long the messages behind the warm-up took, how many never came, and how many were seen with a later one."""

    latencies_ns: list[int]
    missing: int
    coalesced: int


def arrival_of(plan: Plan, seen: list[list[tuple[int, int]]], sent_ns: NDArray[np.int64], warm_up: int) -> Arrival:
    """Give each message the time of the first look at its book that had it; `warm_up` rounds count for nobody."""
    had_ns = np.full((plan.rounds, plan.books), _NEVER, np.int64)
    looks = 0
    for book, looked in enumerate(seen):
        have = 0
        for sequence, at_ns in looked:
            upto = (sequence - FIRST_ID) // IDS_A_MESSAGE
            if upto > have:
                had_ns[have:upto, book] = at_ns
                looks += upto > warm_up
                have = upto
    counted = had_ns[warm_up:].ravel()
    came = counted != _NEVER
    taken_ns = (counted - sent_ns.reshape(had_ns.shape)[warm_up:].ravel())[came]
    return Arrival(taken_ns.tolist(), int((~came).sum()), int(came.sum()) - looks)


class Ours:
    """The shipped feed on its own transport, in an engine with a strategy that looks at every book that changed."""

    def __init__(self, plan: Plan, port: int) -> None:
        self._plan, self._port = plan, port
        self._symbols = tuple(symbol_of(book) for book in range(plan.books))

    def run(self, folder: Path) -> Seen:
        return asyncio.run(self._follow(folder))

    async def _follow(self, folder: Path) -> Seen:
        transport = NetworkTransport()
        names = [f"{symbol.removesuffix('USDT')}/USDT:USDT" for symbol in self._symbols]
        looks = Looks(names, self._plan.last_id)
        engine = WatchingEngine(self._feed(transport), names, folder, looks.note)
        try:
            await engine.start()
            async with asyncio.timeout(self._plan.patience_s):
                cpu_s, waited_s = await looks.until_the_last()
            tops = [engine.top(name, DEPTH) for name in names]
        except TimeoutError:
            raise BenchError("ours did not get to the last message") from None
        finally:
            await engine.stop()
            await transport.close()
        return Seen(list(looks.seen.values()), cpu_s, waited_s, tops)

    def _feed(self, transport: NetworkTransport) -> BinanceFeed:
        host = f"127.0.0.1:{self._port}"
        endpoints = Endpoints(
            rest_url=f"http://{host}", stream_url=f"ws://{host}", api_path="/fapi/v1",
            snapshot_burst=1000, snapshots_per_s=1000.0,
        )  # fmt: skip
        return build_feed(
            "binanceusdm", self._symbols, transport=transport, clock=SystemClock(), randomness=SystemRandomness(),
            endpoints=endpoints, channels=("depth@100ms",),
        )  # fmt: skip


class Looks:
    """Notes when each book was seen with which sequence, until all have come to the last one."""

    def __init__(self, symbols: list[str], last_id: int) -> None:
        self.seen: dict[str, list[tuple[int, int]]] = {symbol: [] for symbol in symbols}
        self._began, self._ended = asyncio.Event(), asyncio.Event()
        self._waiting, self._last_id = set(symbols), last_id

    def note(self, symbol: str, sequence: int) -> None:
        self.seen[symbol].append((sequence, time.monotonic_ns()))
        self._began.set()
        if sequence == self._last_id:
            self._waiting.discard(symbol)
            if not self._waiting:
                self._ended.set()

    async def until_the_last(self) -> tuple[float, float]:
        """Return the seconds of CPU, and of waiting for a core, from the first look on."""
        await self._began.wait()
        used_s, waited_s = time.process_time(), _waited_s()
        await self._ended.wait()
        return time.process_time() - used_s, _waited_s() - waited_s


def _waited_s() -> float:
    """Return how long this thread could have run and had no core, because of what else the machine does."""
    return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9


def run(rounds: int, seed: int) -> Result:
    """Let both follow the same server in turns, which sends the same messages at the same rate."""
    take_short_turns()  # as the engine's process is set
    per_book = PER_S // BOOKS
    with tempfile.TemporaryDirectory(prefix="bench-socket-") as folder:
        plan = Plan(seed, BOOKS, per_book * (WARM_UP_S + MEASURED_S), PER_S, f"{folder}/stamps")
        market, told = plan.market(), {"ours": Told(), PEER: Told()}
        with ServerProcess(plan) as server, Peer("ccxt", PEER) as peer:
            ours = Ours(plan, server.port)
            question = {"do": "watch", "port": server.port, "books": BOOKS, "depth": DEPTH}
            question |= {"last": plan.last_id, "patience_s": plan.patience_s}
            for number in range(-1, rounds):  # the first round compiles and imports, and counts for nobody
                for name, each in told.items():
                    seen = ours.run(Path(folder) / f"{number}") if name == "ours" else _seen(peer.ask(question))
                    session = server.session()
                    for bids, asks in seen.tops:
                        check(name, market, bids, asks)
                    sent_ns = np.fromfile(plan.stamps, np.int64)
                    if number >= 0:
                        each.add(arrival_of(plan, seen.books, sent_ns, per_book * WARM_UP_S), seen, session)
    about = {"books": BOOKS, "messages/s": PER_S, "seconds a round": MEASURED_S, "rounds": rounds}
    about["bytes a message"] = round(statistics.mean(map(len, market.messages)))
    figures = {name: each.figures() for name, each in told.items()}
    return Result("socket", figures | about, _ratios(figures[PEER], figures["ours"]))


def _ratios(peer: dict[str, float], ours: dict[str, float]) -> dict[str, float]:
    told = {"p50": "p50_us", "p99": "p99_us", "CPU": "cpu_us a message"}
    return {f"{PEER} ({name})": round(peer[key] / ours[key], 2) for name, key in told.items()}


def _seen(answer: dict[str, Any]) -> Seen:
    return msgspec.convert(answer, Seen)


class Told:
    """The figures of all rounds of one side."""

    def __init__(self) -> None:
        self._arrivals: list[Arrival] = []
        self._seen: list[Seen] = []
        self._sessions: list[Session] = []

    def add(self, arrival: Arrival, seen: Seen, session: Session) -> None:
        self._arrivals.append(arrival)
        self._seen.append(seen)
        self._sessions.append(session)

    def figures(self) -> dict[str, Any]:
        taken_ns = [each for arrival in self._arrivals for each in arrival.latencies_ns]
        seconds, sent = (sum(getattr(each, what) for each in self._sessions) for what in ("seconds", "messages"))
        used_s, waited_s, looked_s = (
            sum(getattr(each, what) for each in self._seen) for what in ("cpu_s", "waited_s", "seconds")
        )
        return {
            "p50_us": round(percentile(taken_ns, 0.5) / 1e3, 1),
            "p99_us": round(percentile(taken_ns, 0.99) / 1e3, 1),
            "max_us": round(max(taken_ns) / 1e3, 1),
            "messages": len(taken_ns),
            "missing": sum(arrival.missing for arrival in self._arrivals),
            "coalesced": sum(arrival.coalesced for arrival in self._arrivals),
            "cpu_share": round(used_s / looked_s, 3),
            "cpu_us a message": round(used_s / sent * 1e6, 1),
            "waited for a core": round(waited_s / looked_s, 3),
            "sent/s": round(sent / seconds),
            "sent late ms": round(max(session.latest_ms for session in self._sessions), 1),
        }
