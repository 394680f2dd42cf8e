"""What a person missed is counted from facts: a console that is killed and an engine that restarts lose nothing."""

from decimal import Decimal

import msgspec

from core.control.commands import Kill, Pause, PlaceOrder, Resume
from core.control.consoles import ConsoleHello, Presence
from core.engine.alarm_log import AlarmCount, AlarmLog
from core.engine.away_book import KEPT_EVENTS, MAX_PERSONS, AwayBook, AwayState, person_of
from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.journal.facts import ConsoleAttached, ConsoleDetached, EngineStarted
from core.state.away import AwayReport
from core.state.desk import DeskRequest
from core.state.monitoring import Alert
from tests.engine.rig import PERP, EngineRig, in_virtual_time

ME = "console:me"


def attach(rig: EngineRig, console: str = "c1", who: str = ME) -> Presence:
    return rig.engine.attach(ConsoleHello(console=console, who=who, interval_ms=100))


def shown(rig: EngineRig, console: str = "c1") -> AwayReport:
    report = rig.engine.desk(DeskRequest(depth=1, bars=1, console=console)).away
    assert report is not None
    return report


async def buy(rig: EngineRig, quantity: str = "1") -> None:
    order = PlaceOrder(venue="v1", symbol=PERP, side="buy", quantity=Decimal(quantity))
    result = await rig.execute(order)
    assert result.data["status"] == "filled", result.message


def test_everything_since_the_last_console_went_is_told_to_the_next() -> None:
    async def main(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        first = attach(rig)
        await buy(rig)  # seen by the console: no part of the report
        first.end()
        await buy(rig, "2")
        await buy(rig, "0.5")
        await rig.place(price="99")
        await rig.execute(Pause(reason="lunch"))
        await rig.execute(Resume())
        await rig.elapse(60)
        attach(rig, "c2")
        report = shown(rig, "c2")
        [symbol] = report.symbols
        assert (symbol.instrument, symbol.fills, symbol.quantity) == (f"{PERP}@v1", 2, Decimal("2.5"))
        assert symbol.fees == sum(fill.fee for fill in list(rig.fold.recent_fills)[1:])
        assert (report.blockers_raised, report.blockers_lifted, report.restarts) == (1, 1, 0)
        assert [event.text for event in report.events] == [
            "REDUCE_ONLY global, pause: lunch",
            "lifted pause of global, by unknown",
        ]
        assert (report.orders_then, report.orders_now, report.was_here, report.console) == (0, 1, True, "c2")
        assert report.pnl_then_usd is not None
        assert report.pnl_now_usd is not None
        assert report.until_ns - report.since_ns >= 60_000_000_000
        await buy(rig, "1")  # the report is of the return, and stays so
        assert shown(rig, "c2") == report == rig.engine.away(ME)

    in_virtual_time(main)


def test_an_absence_in_which_nothing_happened_is_quiet() -> None:
    async def main(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        attach(rig).end()
        await rig.elapse(720)
        attach(rig)
        assert shown(rig).is_quiet

    in_virtual_time(main)


def test_the_first_console_of_a_person_is_told_what_happened_since_the_engines_start() -> None:
    async def main(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await buy(rig)
        attach(rig)
        report = shown(rig)
        assert (report.was_here, report.fills, report.restarts) == (False, 1, 0)

    in_virtual_time(main)


def test_nobody_is_away_while_another_console_of_the_same_person_is_there() -> None:
    async def main(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        attach(rig, "c1")
        second = attach(rig, "c2", f"{ME}@ssh")
        before = rig.engine.away(ME)
        second.end()
        await buy(rig)
        attach(rig, "c3")
        assert rig.engine.away(ME) == before
        assert person_of(f"{ME}@ssh") == ME

    in_virtual_time(main)


def test_an_engine_that_dies_with_a_console_on_it_counts_from_its_last_word() -> None:
    async def main(loop: VirtualLoop) -> None:
        journal = InlineJournal()
        first = await EngineRig(loop, journal=journal).start()
        attach(first)
        await buy(first)
        last_ns = list(journal.rows(0))[-1].fact.at_ns
        await first.crash()
        second = await EngineRig(loop, world=first, journal=journal).start()
        await buy(second)
        attach(second)
        report = shown(second)
        assert (report.since_ns, report.restarts, report.fills) == (last_ns, 1, 1)
        assert (report.pnl_then_usd, report.orders_then) == (None, None)
        assert "the engine started, run 2" in [event.text for event in report.events]

    in_virtual_time(main)


def test_a_report_over_a_restart_holds_what_happened_before_and_after_it() -> None:
    async def main(loop: VirtualLoop) -> None:
        journal = InlineJournal()
        first = await EngineRig(loop, journal=journal).start()
        attach(first).end()
        await buy(first)
        await first.execute(Kill(reason="smoke"))
        first.engine.parts.recorder.save_snapshot()  # the counts must come out of it as out of the rows
        await first.crash()
        second = await EngineRig(loop, world=first, journal=journal).start()
        attach(second)
        report = shown(second)
        assert (report.fills, report.blockers_raised, report.restarts) == (1, 1, 1)
        assert report.alarms_since_ns > report.since_ns

    in_virtual_time(main)


def test_a_console_that_is_there_before_the_engine_has_started_is_journaled_after_the_start() -> None:
    async def main(loop: VirtualLoop) -> None:
        rig = EngineRig(loop)
        attach(rig)
        await rig.start()
        kinds = [type(row.fact).__name__ for row in rig.journal.rows(0)]
        assert kinds.index("EngineStarted") < kinds.index("ConsoleAttached")
        assert shown(rig).restarts == 0

    in_virtual_time(main)


def test_alarms_are_counted_by_name_as_they_come_and_go() -> None:
    log = AlarmLog()
    feed = Alert(severity="severe", name="feed v1", text="down", since_ns=1)
    log.look([feed], 1)
    before = log.count
    log.look([Alert(severity="severe", name="feed v1", text="down for longer", since_ns=1)], 2)
    log.look([], 3)
    log.look([feed, Alert(severity="critical", name="job 7", text="naked", since_ns=4)], 4)
    change, events = log.since(before)
    assert change == AlarmCount(raised=2, cleared=1)
    assert [(event.at_ns, event.text) for event in events] == [
        (3, "cleared feed v1"),
        (4, "severe feed v1: down"),
        (4, "critical job 7: naked"),
    ]


def test_alarms_between_two_consoles_are_in_the_report() -> None:
    async def main(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        attach(rig).end()
        await rig.execute(Kill(reason="smoke"))
        await rig.elapse(2)
        attach(rig)
        report = shown(rig)
        assert report.alarms_raised >= 1
        assert any("kill" in event.text for event in report.alarms)
        assert report.alarms_since_ns == report.since_ns

    in_virtual_time(main)


def test_what_is_remembered_is_bounded() -> None:
    book = AwayBook()
    for number in range(3 * MAX_PERSONS):
        who = f"console:{number}"
        book.apply(ConsoleAttached(at_ns=number, console="c", who=who), None)
        book.apply(ConsoleDetached(at_ns=number, console="c", who=who, total_pnl_usd=None, open_orders=number), None)
        book.apply(EngineStarted(at_ns=number, version="0", run=number), None)
    state = book.to_state()
    assert (len(state.marks), len(state.events)) == (MAX_PERSONS, KEPT_EVENTS)
    report = book.report("console:191", console="", now_ns=200, pnl_now_usd=None, orders_now=0)
    assert (report.restarts, report.orders_then) == (1, 191)


def test_a_snapshot_from_before_there_were_reports_is_still_read() -> None:
    async def main(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        older = msgspec.json.decode(rig.fold.to_bytes(), type=dict[str, msgspec.Raw])
        del older["away"]
        rig.fold.restore(msgspec.json.encode(older))
        assert rig.fold.away.to_state() == AwayState()

    in_virtual_time(main)
