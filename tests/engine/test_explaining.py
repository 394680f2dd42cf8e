"""Anything can be asked about: what it is, who did it, by which rule, and what ends it."""

from decimal import Decimal

import msgspec
import pytest

from core.control.commands import Explain, ExplainJob, Halt, Outcome, Pause
from core.engine.verdict_memory import VERDICTS_KEPT, VerdictMemory
from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.journal.facts import OrderIntended
from core.state.explanation import Explained, ExplainedRow
from core.types.control import HaltLevel
from core.types.market import FeedState
from core.types.order import Side
from tests.engine.job_rig import JobRig, leg
from tests.engine.rig import PERP, EngineRig, in_virtual_time
from tests.engine.venues import Answer

D = Decimal


async def explained(rig: EngineRig, subject: str) -> Explained:
    result = await rig.execute(Explain(subject=subject))
    assert result.outcome is Outcome.DONE, result.message
    return msgspec.convert(result.data, Explained, from_attributes=True)


def rows(found: Explained) -> dict[str, ExplainedRow]:
    return {row.label: row for section in found.sections for row in section.rows}


def titles(found: Explained) -> list[str]:
    return [section.title for section in found.sections]


def test_a_sent_order_is_explained_with_every_rule_that_let_it_out(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        result = await rig.place()
        order_id = str(result.data["client_order_id"])
        found = await explained(rig, f"order:{order_id}")
        assert (found.subject, found.is_trouble) == (f"order:{order_id}", False)
        assert "filled" in found.standing
        assert "hard rules: nothing lifts them" in titles(found)
        assert "fills" in titles(found)
        told = rows(found)
        assert told["halt_level"].mark == told["price_collar"].mark == "passed"
        assert (await explained(rig, order_id)).subject == found.subject, "the bare id is enough"

    in_virtual_time(work)


def test_a_refused_order_names_the_rule_what_it_saw_and_what_it_allows(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        result = await rig.place(quantity="9000")
        assert result.outcome is Outcome.REFUSED
        found = await explained(rig, f"order:{result.data['client_order_id']}")
        assert found.is_trouble
        assert "never sent" in found.standing
        failed = [row for section in found.sections for row in section.rows if row.mark == "failed"]
        assert "order_value" in [row.label for row in failed]
        assert all("allowed" in row.text for row in failed)
        assert found.sections[1].rows[0].mark == "failed", "what failed comes first"

    in_virtual_time(work)


def test_a_fill_is_explained_by_itself_and_by_its_order(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        await rig.place()
        fill = rig.fold.recent_fills[-1]
        found = await explained(rig, f"fill:{fill.venue} {fill.fill_id}")
        assert titles(found)[0] == "the fill"
        assert rows(found)["order"].text == fill.client_order_id
        assert "hard rules: nothing lifts them" in titles(found)

    in_virtual_time(work)


def test_a_halted_venue_says_who_when_why_what_still_leaves_and_what_lifts_it(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        await rig.execute(Halt(scope="venue:v1", level="halted", reason="odd prices", who="cli:me"))
        raised_ns = rig.fold.halts.get("venue:v1", "manual").since_ns
        found = await explained(rig, "venue:v1")
        told = rows(found)
        assert found.is_trouble
        assert told["who"].text == "cli:me"
        assert told["since"].at_ns == raised_ns
        assert told["why"].text == "manual: odd prices"
        assert "cancels" in told["leaves"].text
        assert "--scope venue:v1" in told["lifted by"].text
        assert told["lifted by"].here == "{lift-selected} on the row of the venue"
        assert "--word resume" in told["lifted by"].text
        other = await explained(rig, "venue:v2")
        assert "nothing blocks new risk here" in other.standing

    in_virtual_time(work)


def test_what_no_person_lifts_says_what_ends_it(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        rig.engine.parts.conditions.hold("venue:v1", "reconciliation", HaltLevel.CANCEL_ONLY, "not read yet")
        told = rows(await explained(rig, "venue:v1"))
        assert "ends by itself" in told["lifted by"].text
        assert "resume" not in told["lifted by"].text

    in_virtual_time(work)


def test_a_pause_is_explained_as_what_bears_on_everything(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        assert not (await explained(rig, "global")).is_trouble
        await rig.execute(Pause(who="console:me", reason="lunch"))
        told = rows(await explained(rig, "global"))
        assert (told["who"].text, told["why"].text) == ("console:me", "pause: lunch")

    in_virtual_time(work)


def test_every_limit_that_is_shown_can_be_explained_with_its_setting_and_what_happens(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        await rig.place()
        for use in rig.engine.monitoring().risk.limits:
            found = await explained(rig, f"limit:{use.name}")
            told = rows(found)
            assert {"allowed", "used", "left", "counts", "set by", "reached"} <= told.keys(), use.name
        assert rows(await explained(rig, "limit:gross v1"))[f"{PERP}@v1"].text.endswith("USD")

    in_virtual_time(work)


def test_the_settings_that_limits_name_are_keys_of_the_configuration() -> None:
    from core.config.config import Config  # the whole form of the file
    from core.engine.explaining.limits import LIMITS

    for facts in LIMITS.values():
        for key in facts.settings:
            form: object = Config
            for part in key.split("."):
                field = form.model_fields[part]
                form = field.annotation


def test_an_alarm_is_explained_with_cause_since_when_and_what_ends_it(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        await rig.execute(Halt(scope="venue:v1", level="halted", reason="odd prices", who="cli:me"))
        alarm = rig.engine.monitoring().alerts[0]
        told = rows(await explained(rig, f"alarm:{alarm.name}"))
        assert told["severity"].text == alarm.severity
        assert alarm.text in told["cause"].text
        assert told["who"].text == "cli:me"
        assert "nobody yet" in told["seen by"].text

    in_virtual_time(work)


def test_a_lost_feed_is_named_at_its_venue(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        rig.feed.state(FeedState.DOWN, "connection reset")
        await rig.elapse(0.1)
        told = rows(await explained(rig, "venue:v1"))
        assert told["feed"].mark == "failed"
        assert "connection reset" in told["feed"].text

    in_virtual_time(work)


def test_a_waiting_job_shows_what_went_in_and_whom_it_stands_against(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        first, second = rig.submit(), rig.submit(leg("v2", Side.BUY), leg("v1", Side.SELL), notional_usd=D(1_000))
        result = await rig.execute(ExplainJob(job_id=second.job_id))
        by_title = {section.title: section for section in result.data["sections"]}
        assert {row.label for row in by_title["inputs"].rows} >= {"notional", "edge", "expires"}
        names = [row.label.split()[-1] for row in by_title["candidates, the best first"].rows]
        assert set(names) == {first.job_id, second.job_id}

    in_virtual_time(work)


def test_a_job_that_ran_tells_what_happened_with_times_and_what_went_wrong(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        rig.venues["v2"].answers.append(Answer.REJECT)
        job = rig.submit()
        await rig.end_of(job)
        result = await rig.execute(ExplainJob(job_id=job.job_id))
        (told,) = [section for section in result.data["sections"] if section.title == "what happened"]
        assert all(row.at_ns is not None for row in told.rows)
        (rejected,) = [row for row in told.rows if row.mark == "failed"]
        assert "rejected" in rejected.text

    in_virtual_time(work)


@pytest.mark.parametrize(
    "subject", ["", "order:x", "fill:v1", "venue:nowhere", "nothing", "limit:", "alarm: ", "job:1"]
)
def test_what_is_not_known_is_answered_with_what_can_be_asked(journal: InlineJournal, subject: str):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        result = await rig.execute(Explain(subject=subject))
        assert result.outcome is Outcome.INVALID
        assert "venue:NAME" in result.message

    in_virtual_time(work)


def test_only_the_newest_verdicts_are_remembered(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        await rig.place()
        (fact,) = rig.facts(OrderIntended)
        memory = VerdictMemory()
        for number in range(VERDICTS_KEPT + 1):
            intent = msgspec.structs.replace(fact.intent, client_order_id=f"o{number}")
            memory.note(msgspec.structs.replace(fact, intent=intent))
        assert memory.get("o0") is None
        assert memory.get(f"o{VERDICTS_KEPT}") is not None

    in_virtual_time(work)
