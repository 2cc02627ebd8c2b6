"""The guard's clock against the controller's: jumps, drift, late frames, and every counter's wrap."""

import pytest

from desk import DAY_MS, Desk
from pumpcore.guard import BACKWARD, CLOCKS, MOVING
from pumpcore.units import CLOCK_MASK


@pytest.mark.parametrize("jump", [-1_000, -220, 220, 1_000])
@pytest.mark.parametrize("interval", [1, 1_990])
def test_a_jump_of_either_clock_trips_by_the_next_frame(jump, interval):
    desk = Desk()
    for _ in range(100):
        assert desk.go(interval, 0, flags=0) == 0
    desk.clock += jump
    desk.order(0)
    assert desk.look() == CLOCKS


@pytest.mark.parametrize("jump", [-200, 200])
def test_clocks_may_be_200_ms_apart(jump):
    desk = Desk()
    desk.clock += jump
    desk.order(0)
    assert desk.look() == 0
    desk.clock += jump // abs(jump)
    desk.order(0)
    assert desk.look() == CLOCKS


@pytest.mark.parametrize(("permille", "interval", "within"), [(50, 500, 60_000), (12, 1_990, 180_000)])
@pytest.mark.parametrize("sign", [-1, 1])
def test_drift_of_5_percent_trips_within_a_minute_and_of_little_more_than_1_within_three(
    permille, interval, within, sign
):
    desk = Desk()
    while desk.look() == 0:
        desk.now += interval
        desk.clock = desk.now + desk.now * sign * permille // 1_000
        desk.order(0)
    assert desk.answer[2] == CLOCKS
    assert desk.now <= within


@pytest.mark.parametrize(("interval", "days"), [(60_000, 30), (1_990, 1), (20, 0.01)])
@pytest.mark.parametrize("permille", [-2, 2])
def test_drift_of_two_permille_never_trips(permille, interval, days):
    desk = Desk()
    while desk.now < days * DAY_MS:
        desk.now += interval
        desk.clock = desk.now + desk.now * permille // 1_000
        desk.order(0)
    assert desk.look() == 0


def test_a_clock_that_stands_trips_and_a_late_frame_does_not():
    desk = Desk()
    for late in (0, 150, 0, 190, 10) * 20:
        desk.wait(500)
        desk.clock -= late
        desk.order(0)
        desk.clock += late
        assert desk.look() == 0
    for _ in range(3):
        desk.now += 100
        desk.order(0)
    assert desk.look() == CLOCKS


@pytest.mark.parametrize("late", [-1, 0, 1])
def test_every_counter_may_wrap(late):
    """Both clocks, apart by a millisecond either way, and the encoder in both directions."""
    start = CLOCK_MASK - 5_000
    desk = Desk(now=start, clock=start + late, encoder=CLOCK_MASK - 3_000)
    for _ in range(100):
        assert desk.go(100, 100) == 0
    assert (desk.moved_ul, desk.now > CLOCK_MASK, desk.encoder > CLOCK_MASK) == (1_000, True, True)
    for _ in range(70):
        assert desk.go(100, -100, flags=BACKWARD) == 0
    assert desk.encoder <= CLOCK_MASK
    assert desk.moved_ul == 1_000  # what was turned back when asked is owed, not given back
    for _ in range(70):
        assert desk.go(100, 100) == 0
    assert (desk.moved_ul, desk.encoder > CLOCK_MASK) == (1_000, True)


def test_a_time_that_is_past_is_no_time():
    desk = Desk(now=1_000)
    desk.order(MOVING)
    for _ in range(100):
        desk.guard.look(995, 0, desk.answer)
        desk.guard.look(1_000, 0, desk.answer)
    assert desk.guard.allowed_ul == desk.guard.allowed_parts == 0
