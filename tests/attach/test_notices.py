"""What a link has to tell is bounded, and what was too much is counted."""

from tui.notices import MOST_KEPT, Notices


def test_notices_are_told_once() -> None:
    notices = Notices()
    notices.tell("one")
    assert notices.take() == ["one"]
    assert notices.take() == []


def test_of_notices_that_nobody_took_the_newest_are_kept_and_the_others_counted() -> None:
    notices = Notices()
    for number in range(MOST_KEPT + 3):
        notices.tell(str(number))
    told = notices.take()
    assert told[0] == "3 earlier notices were dropped: nobody took them"
    assert told[1:] == [str(number) for number in range(3, MOST_KEPT + 3)]
    assert notices.take() == []
