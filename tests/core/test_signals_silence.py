"""A silence: how long it lasts, who may ask for it, and what ends it."""

import pytest

from pumpcore.alarms import HIGH, LOW, MEDIUM
from pumpcore.states import PAUSED
from signalled import MELODIES, MINUTE_MS, NOTES_HZ, NOTHING, PRIORITIES, RECORD_MS, Rig, Shown


def silenced(priority, remote=0, after_ms=5_000):
    rig = Rig()
    rig.alarm(priority)
    rig.run(after_ms)
    rig.silence(remote)
    return rig


@pytest.mark.parametrize("remote", [0, 1])
@pytest.mark.parametrize("priority", PRIORITIES)
def test_a_silence_lasts_two_minutes_and_ends_with_a_fresh_burst(priority, remote):
    rig = silenced(priority, remote, after_ms=100)
    rig.run(4 * MINUTE_MS)
    assert rig.spans("silent") == [(100, 120_000, 1)]
    assert rig.spans("hz")[0] == (0, 100, NOTES_HZ[MELODIES[priority][0]])
    assert rig.spans("hz")[1][0] == 120_100
    notes = [hz for _, _, hz in rig.spans("hz")[1 : len(MELODIES[priority]) + 1]]
    assert notes == [NOTES_HZ[note] for note in MELODIES[priority]]


@pytest.mark.parametrize("priority", PRIORITIES)
def test_in_a_silence_the_lights_go_on(records, priority):
    rig = silenced(priority)
    rig.run(RECORD_MS - 5_000)
    assert rig.spans("silent") == [] and rig.shown.silent == 1
    assert rig.lights() == records[priority].lights()


@pytest.mark.parametrize("now", [HIGH, MEDIUM, LOW])
def test_a_new_alarm_ends_the_silence_at_once(now):
    """Whatever priority is shown then."""
    rig = silenced(MEDIUM)
    rig.run(20_000)
    assert rig.alarm(now).silent == 0
    assert rig.shown.hz == NOTES_HZ[MELODIES[now][0]]
    rig.run(MINUTE_MS)
    assert rig.bursts()[1][0][0] == 25_000


def test_a_higher_priority_ends_the_silence_and_a_lower_one_does_not():
    rig = silenced(MEDIUM)
    assert rig.look(priority=LOW).silent == 1
    assert rig.look(priority=HIGH).silent == 0
    assert rig.shown.hz == NOTES_HZ["C"]


def test_a_lower_priority_begins_its_burst_when_the_silence_is_over():
    rig = silenced(HIGH)
    rig.run(50_000)
    rig.look(priority=MEDIUM)
    rig.run(3 * MINUTE_MS)
    assert rig.spans("silent") == [(5_000, 120_000, 1)]
    assert rig.bursts()[1][0][0] == 125_000
    assert len(rig.bursts()[1]) == 3


def test_a_lost_link_cancels_what_the_remote_side_asked_for():
    rig = silenced(HIGH, remote=1)
    rig.run(30_000)
    assert rig.look(link_up=0) == Shown(NOTES_HZ["C"], 1, 0, 0, 0, 0)
    rig.run(10_000)
    assert rig.bursts()[1][0][0] == 35_000
    assert len(rig.bursts()[1]) == 10


def test_a_lost_link_does_not_cancel_what_the_keys_asked_for():
    rig = silenced(HIGH, remote=0)
    rig.run(30_000)
    assert rig.look(link_up=0).silent == 1
    rig.run(3 * MINUTE_MS)
    assert rig.spans("silent") == [(5_000, 120_000, 1)]


@pytest.mark.parametrize("last", [0, 1])
def test_a_repeated_silence_lasts_two_minutes_from_then_and_belongs_to_who_asked_last(last):
    rig = silenced(HIGH, remote=1 - last)
    rig.run(100_000)
    rig.silence(last)
    rig.run(119_999)
    assert rig.shown.silent == 1
    assert rig.look(link_up=0).silent == 1 - last
    rig.run(1)
    assert rig.shown.silent == 0
    assert len(rig.spans("silent")) == 1


def test_a_silence_with_nothing_to_silence_is_ignored():
    """Nothing sounds, or a reminder still waits: an alarm that comes then is heard."""
    rig = Rig()
    assert rig.silence() == NOTHING
    rig.look(state=PAUSED)
    rig.run(60_000)
    assert rig.silence() == NOTHING
    assert rig.look(priority=HIGH).hz == NOTES_HZ["C"]


def test_a_silence_ends_with_its_alarm():
    rig = silenced(HIGH)
    rig.run(10_000)
    assert rig.look(priority=0) == NOTHING
    rig.run(10_000)
    assert rig.look(priority=HIGH).hz == NOTES_HZ["C"]


def test_a_silence_that_is_kept_up_for_weeks_ends_with_a_fresh_burst():
    rig = silenced(HIGH)
    for _ in range(16 * 24 * 60):
        rig.now_ms += MINUTE_MS
        rig.silence()
    rig.run(2 * MINUTE_MS)
    assert rig.shown.hz == NOTES_HZ["C"]
    assert len(rig.spans("silent")) == 1
