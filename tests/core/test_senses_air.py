"""The air detector's test: its sender is off for a moment, which has to look like air."""

import pytest

from pumpcore.senses import AirSense
from pumpcore.setup import Setup
from pumpcore.units import CLOCK_MASK
from sensed import MINUTE_MS


def air_of(air_test=1):
    return AirSense(Setup(200_000, 50_000, air_test=air_test))


@pytest.mark.parametrize("start_ms", [0, 77, CLOCK_MASK - 30_000, CLOCK_MASK])
def test_the_sender_is_off_for_one_look_at_once_and_each_minute(start_ms):
    sense = air_of()
    assert sense.testing == 0

    def look(after_ms, permille):
        failed = sense.failed((start_ms + after_ms) & CLOCK_MASK, permille)
        return failed, sense.testing

    assert look(0, 0) == (False, 1)
    assert look(20, 1_000) == (False, 0)
    assert look(60_019, 0) == (False, 0)
    assert look(60_020, 0) == (False, 1)
    assert look(60_500, 1_000) == (False, 0)
    assert look(120_499, 0) == (False, 0)
    assert look(120_600, 0) == (False, 1)


@pytest.mark.parametrize(("permille", "failed"), [(0, True), (899, True), (900, False), (1_000, False)])
def test_a_detector_without_its_sender_has_to_see_air(permille, failed):
    sense = air_of()
    sense.failed(0, 0)
    assert sense.failed(20, permille) == failed
    assert sense.testing == 0


def test_a_blind_detector_that_recovers_and_fails_again():
    sense = air_of()
    told = []
    for now_ms in range(0, 4 * MINUTE_MS, 10_000):
        sense.failed(now_ms, 0)
        if sense.testing:
            told.append((now_ms, sense.failed(now_ms + 10, 1_000 if 60_000 < now_ms < 120_000 else 0)))
    assert told == [(0, True), (70_000, False), (140_000, True), (210_000, True)]


def test_what_the_line_shows_is_no_test():
    sense = air_of()
    sense.failed(0, 0)
    sense.failed(20, 1_000)
    assert not any(sense.failed(now_ms, now_ms % 1_000) for now_ms in range(40, 60_000, 333))


def test_a_start_begins_with_a_test():
    sense = air_of()
    sense.failed(0, 0)
    sense.failed(20, 1_000)
    sense.failed(40, 0)
    assert sense.testing == 0
    sense.begin()
    assert not sense.failed(60, 0)
    assert sense.testing == 1
    assert sense.failed(80, 899)
    assert not sense.failed(60_079, 0)
    assert sense.testing == 0
    sense.failed(60_080, 0)
    assert sense.testing == 1


def test_a_sender_that_cannot_be_switched_is_never_tested():
    sense = air_of(0)
    assert not any(sense.failed(1_000 * n, 0) or sense.testing for n in range(300))


@pytest.mark.parametrize("air_test", [0, 1])
def test_more_air_than_there_is_room_for_is_a_wire_that_is_off(air_test):
    sense = air_of(air_test)
    assert sense.failed(0, 1_001)
    assert sense.failed(20, 1_001)
    sense.begin()
    sense.failed(40, 0)
    assert not sense.failed(60, 1_000)
