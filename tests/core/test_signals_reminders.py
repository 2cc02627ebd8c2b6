"""Reminders of a pump that waits for somebody, and a pause that lasts too long."""

import pytest

from pumpcore.alarms import HIGH, LOW, MEDIUM
from pumpcore.states import DONE, IDLE, INFUSING, PAUSED, READY, STATE_NAMES
from pumpcore.units import CLOCK_MASK
from signalled import HOUR_MS, MINUTE_MS, NOTES_HZ, NOTHING, RECORD_MS, Rig

REMINDED = [
    pytest.param(READY, 0, 120_000, 60_000, id="programmed and not started"),
    pytest.param(DONE, 0, 120_000, 60_000, id="done"),
    pytest.param(PAUSED, 0, 120_000, 30_000, id="paused"),
    pytest.param(PAUSED, 1, 30_000, 10_000, id="unconfirmed while paused"),
    pytest.param(INFUSING, 1, 30_000, 10_000, id="unconfirmed while infusing"),
    pytest.param(IDLE, 1, 30_000, 10_000, id="unconfirmed"),
]


def waiting(state, unconfirmed, at_ms=1_000):
    rig = Rig()
    rig.run(at_ms)
    rig.signals.unconfirmed = unconfirmed
    rig.look(state=state)
    return rig


@pytest.mark.parametrize(("state", "unconfirmed", "wait_ms", "period_ms"), REMINDED)
def test_a_reminder_sounds_after_its_wait_and_again_and_again(state, unconfirmed, wait_ms, period_ms):
    """Two notes, e c, and cyan from the first to the end of the last, nothing else."""
    rig = waiting(state, unconfirmed)
    rig.run(5 * MINUTE_MS)
    assert rig.burst_starts() == list(range(1_000 + wait_ms, 301_000 - 600, period_ms))
    for burst, cyan in zip(rig.bursts(), rig.spans("cyan"), strict=True):
        assert [hz for _, _, hz in burst] == [NOTES_HZ["e"], NOTES_HZ["c"]]
        assert all(length_ms <= 250 for _, length_ms, _ in burst)
        assert cyan[0] == burst[0][0]
        assert sum(cyan[:2]) == sum(burst[-1][:2])
    assert not rig.spans("red") + rig.spans("yellow") + rig.spans("silent")


def test_every_other_state_is_quiet():
    for state in range(len(STATE_NAMES)):
        if state not in (READY, PAUSED, DONE):
            assert waiting(state, 0).run(HOUR_MS) == NOTHING
            rig = waiting(state, 0)
            rig.run(HOUR_MS)
            assert rig.edges == [(0, NOTHING)]


@pytest.mark.parametrize(("state", "unconfirmed", "wait_ms", "period_ms"), REMINDED)
def test_a_touch_lets_a_reminder_wait_anew(state, unconfirmed, wait_ms, period_ms):
    """One that sounds stops; so does the cyan."""
    rig = waiting(state, unconfirmed)
    rig.run(wait_ms - 1_000)
    assert rig.touch() == NOTHING
    rig.run(wait_ms)
    assert rig.shown[:4] == (NOTES_HZ["e"], 0, 0, 1)
    rig.run(100)
    assert rig.touch() == NOTHING
    rig.run(wait_ms)
    assert rig.burst_starts() == [2 * wait_ms]
    assert rig.shown.hz == NOTES_HZ["e"]


def test_a_touch_leaves_an_alarm_as_it_is(records):
    rig = Rig()
    rig.alarm(HIGH)
    rig.run(1_234)
    rig.touch()
    rig.run(RECORD_MS - 1_234)
    assert rig.edges == records[HIGH].edges


@pytest.mark.parametrize(("before", "after"), [(PAUSED, READY), (DONE, READY), (INFUSING, PAUSED)])
def test_a_change_of_state_lets_a_reminder_wait_anew(before, after):
    rig = waiting(before, 0)
    rig.run(110_000)
    rig.look(state=after)
    rig.run(119_999)
    assert rig.spans("hz") == []
    assert rig.shown.hz == 0
    assert rig.run(1).hz == NOTES_HZ["e"]


def test_a_change_of_state_lets_an_unconfirmed_program_wait_anew():
    rig = waiting(INFUSING, 1)
    rig.run(29_000)
    rig.look(state=PAUSED)
    assert rig.run(29_999) == NOTHING
    assert rig.run(1).hz == NOTES_HZ["e"]


def test_a_confirmed_program_hands_back_to_the_reminder_of_the_state():
    rig = waiting(PAUSED, 1)
    rig.run(30_100)
    assert rig.shown.cyan == 1
    assert rig.unconfirmed(0) == NOTHING
    assert rig.run(119_999) == NOTHING
    assert rig.run(1).hz == NOTES_HZ["e"]


def test_an_alarm_takes_the_place_of_a_reminder_which_waits_anew_after_it():
    rig = waiting(PAUSED, 0)
    rig.run(119_000)
    assert rig.alarm(MEDIUM).yellow == 1
    rig.run(3 * MINUTE_MS)
    assert rig.spans("cyan") == []
    rig.look(priority=0)
    assert rig.run(119_999) == NOTHING
    assert rig.run(1).cyan == 1


def test_a_silenced_reminder_is_dark_too_and_comes_back_after_two_minutes():
    rig = waiting(PAUSED, 0)
    rig.run(120_100)
    assert rig.shown.hz == NOTES_HZ["e"]
    assert rig.silence() == NOTHING._replace(silent=1)
    rig.run(119_999)
    assert rig.shown == NOTHING._replace(silent=1)
    assert rig.run(1)[:5] == (NOTES_HZ["e"], 0, 0, 1, 0)


def test_after_a_touch_and_a_silence_the_later_of_the_two_counts():
    """An unconfirmed program reminds again after 30 s without a touch, and not in the two minutes of a silence."""
    rig = waiting(IDLE, 1)
    rig.run(30_000)
    rig.silence()
    rig.run(100_000)
    rig.touch()
    rig.run(20_000)
    assert rig.shown == NOTHING
    assert rig.spans("silent") == [(31_000, 120_000, 1)]
    rig.run(9_999)
    assert rig.shown == NOTHING
    assert rig.run(1).hz == NOTES_HZ["e"]


def test_a_silence_is_renewed_while_a_touched_reminder_waits():
    rig = waiting(IDLE, 1)
    rig.run(30_000)
    rig.silence()
    rig.touch()
    rig.run(10_000)
    rig.silence()
    rig.run(3 * MINUTE_MS)
    assert rig.spans("silent") == [(31_000, 130_000, 1)]
    assert rig.burst_starts()[:1] == [161_000]


def test_a_silenced_reminder_ends_its_silence_when_the_state_changes():
    rig = waiting(PAUSED, 0)
    rig.run(120_000)
    rig.silence()
    assert rig.look(state=INFUSING) == NOTHING


# A pause that lasts too long


def test_paused_too_long_after_ten_minutes_of_pause_whatever_else_happens():
    """Neither a touch nor an alarm puts it off; only leaving the pause does."""
    rig = Rig(CLOCK_MASK - 5 * MINUTE_MS)
    rig.look(state=PAUSED)
    rig.run(5 * MINUTE_MS)
    rig.touch()
    rig.unconfirmed(1)
    rig.alarm(LOW)
    rig.run(5 * MINUTE_MS - 1)
    assert rig.shown.paused_too_long == 0
    assert rig.run(1).paused_too_long == 1
    rig.run(40 * HOUR_MS, each_ms=HOUR_MS)
    assert rig.look(priority=0).paused_too_long == 1
    assert rig.look(state=INFUSING).paused_too_long == 0
    rig.look(state=PAUSED)
    rig.run(10 * MINUTE_MS - 1)
    assert rig.shown.paused_too_long == 0
    assert rig.run(1).paused_too_long == 1


def test_paused_too_long_stays_for_weeks():
    rig = Rig()
    rig.look(state=PAUSED)
    for _ in range(20 * 24):
        rig.now_ms += HOUR_MS
        assert rig.look().paused_too_long == 1


def test_next_ms_tells_when_a_pause_becomes_too_long():
    """A touch has moved the reminders off that moment."""
    rig = Rig()
    rig.look(state=PAUSED)
    rig.run(1_234)
    rig.touch()
    rig.run(11 * MINUTE_MS)
    assert next(at_ms for at_ms, shown in rig.edges if shown.paused_too_long) == 600_000
