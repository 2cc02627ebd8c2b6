"""Air, as a bubble and as a sum, and the test of its detector."""

import pytest

from pumpcore.alarms import AIR_ACCUMULATED, AIR_BUBBLE, SENSOR_FAULT
from watched import UL, Bench


@pytest.mark.parametrize(("ul", "found"), [(99, set()), (100, {AIR_BUBBLE})])
def test_a_bubble(ul, found):
    bench = Bench()
    assert bench.look(20, air_permille=500) == set()
    assert bench.look(40, steps=ul * UL, air_permille=500) == found
    assert bench.look(60, air_permille=499) == set()


@pytest.mark.parametrize(("bubbles", "found"), [(9, set()), (10, {AIR_ACCUMULATED})])
def test_bubbles_of_99_uL_and_one_of_10(bubbles, found):
    """990 uL at most, and 1000 with the last."""
    bench = Bench(upstream_pa=0)
    for n in range(bubbles):
        assert bench.look(1_000 * n, steps=99 * UL, air_permille=1_000) == set()
        assert bench.look(1_000 * n + 500, air_permille=0) == set()
    assert bench.look(59_000, steps=10 * UL, air_permille=1_000) == found


def test_a_bubble_that_is_too_large_is_not_told_as_a_sum():
    bench = Bench(upstream_pa=0)
    assert bench.look(20, steps=1_000 * UL, air_permille=1_000) == {AIR_BUBBLE}
    assert bench.look(40, air_permille=0) == {AIR_ACCUMULATED}


def test_the_reading_of_the_air_test_is_not_air():
    """The sender is off from the first look on: the second is the test's, the third the line's."""
    bench = Bench(air_test=1, upstream_pa=0)
    assert bench.watch.detector.testing == 1
    assert bench.look(20, steps=300 * UL, air_permille=1_000) == set()
    assert (bench.watch.air.bubble_ul, bench.watch.air.sum_ul) == (0, 0)
    assert bench.watch.detector.testing == 0
    assert bench.look(40, steps=99 * UL, air_permille=1_000) == set()
    assert bench.look(60, steps=UL, air_permille=1_000) == {AIR_BUBBLE}


def test_during_the_test_the_steps_count_under_the_reading_before_it():
    """A bubble of 60 uL before the test, 40 during it: at 100 it is told, whatever the test reads."""
    bench = Bench(air_test=1, upstream_pa=0)
    assert bench.look(20, air_permille=1_000) == set()
    assert bench.look(40, air_permille=500) == set()
    assert bench.look(60_019, steps=60 * UL, air_permille=500) == set()
    assert bench.look(60_020, air_permille=500) == set()
    assert bench.watch.detector.testing == 1
    assert bench.look(60_040, steps=40 * UL - 1, air_permille=1_000) == set()
    assert (bench.watch.air.bubble_ul, bench.watch.air.permille) == (99, 500)
    assert bench.look(60_060, steps=1, air_permille=500) == {AIR_BUBBLE}
    bench = Bench(air_test=1, upstream_pa=0)
    assert bench.look(20, air_permille=1_000) == set()
    assert bench.look(40, steps=60 * UL, air_permille=1_000) == set()
    bench.look(60_020, air_permille=1_000)
    assert bench.look(60_040, steps=40 * UL, air_permille=0) == {SENSOR_FAULT, AIR_BUBBLE}


@pytest.mark.parametrize(("permille", "found"), [(900, set()), (899, {SENSOR_FAULT}), (0, {SENSOR_FAULT})])
def test_a_detector_that_sees_a_clean_line_without_its_sender(permille, found):
    bench = Bench(air_test=1)
    assert bench.look(20, air_permille=permille) == found
    assert bench.look(40, air_permille=0) == set()
    assert bench.look(60_019, air_permille=0) == set()
    assert bench.watch.detector.testing == 0
    assert bench.look(60_020, air_permille=0) == set()
    assert bench.watch.detector.testing == 1
    assert bench.look(60_040, air_permille=permille) == found


def test_a_test_that_began_goes_on_after_a_rest():
    bench = Bench(air_test=1)
    bench.moving = False
    assert bench.look(20, air_permille=0) == set()
    assert bench.watch.detector.testing == 1
    bench.moving = True
    assert bench.look(40, air_permille=0) == {SENSOR_FAULT}


def test_the_minutes_of_air_pass_at_rest_too():
    """1 mL of foam is over the limit until 15 min after the first look's minute began."""
    bench = Bench(upstream_pa=0)
    for n in range(10):
        bench.look(20 * n, steps=99 * UL, air_permille=1_000)
        bench.look(20 * n + 10, air_permille=0)
    assert bench.watch.air.sum_ul == 990
    bench.moving = False
    for minute in range(1, 15):
        bench.look(60_000 * minute)
    bench.look(899_999)
    assert bench.watch.air.sum_ul == 990
    bench.look(900_000)
    assert bench.watch.air.sum_ul == 0
