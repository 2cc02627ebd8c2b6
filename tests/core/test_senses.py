"""A pressure sensor that is out of range, stuck, or whose zero has leapt, each at the reading that tells."""

import pytest

from pumpcore.units import CLOCK_MASK
from sensed import MINUTE_MS, UL, pressure_of

# Out of range


@pytest.mark.parametrize(
    ("pressure_pa", "failed"),
    [(-25_001, True), (-25_000, False), (0, False), (150_000, False), (150_001, True), (10**6, True)],
)
def test_a_wire_that_is_off(pressure_pa, failed):
    sense = pressure_of()
    assert sense.failed(0, pressure_pa, 0) == failed
    sense.begin(20)
    assert not sense.failed(20, 100, 0)


def test_without_a_compliance_pressure_is_not_watched():
    sense = pressure_of(0)
    assert not sense.failed(0, 10**6, 0)
    assert not any(sense.failed(MINUTE_MS * n, 5, 10_000) for n in range(10))
    assert not any(sense.failed(MINUTE_MS * 10 + 5_000 * n, 9_000 * (n % 2), 0) for n in range(30))


# Stuck


@pytest.mark.parametrize("start_ms", [1_000, CLOCK_MASK - 30_000])
def test_stuck_takes_250_uL_and_a_minute(start_ms):
    """The look after the one that makes the volume full is the first to tell, from a minute of the same on."""
    sense = pressure_of()
    assert not sense.failed(start_ms, 700, 5_000)  # what was before the reading does not count
    assert not sense.failed((start_ms + 20) & CLOCK_MASK, 700, 250 * UL)
    assert not sense.failed((start_ms + 59_999) & CLOCK_MASK, 700, 0)
    assert sense.failed((start_ms + 60_000) & CLOCK_MASK, 700, 0)
    assert sense.failed((start_ms + 60_001) & CLOCK_MASK, 700, 0)


def test_stuck_at_nothing_since_power_on():
    sense = pressure_of()
    assert not sense.failed(0, 0, 0)
    assert not sense.failed(20, 0, 250 * UL)
    assert not sense.failed(59_999, 0, 0)
    assert sense.failed(60_000, 0, 0)


@pytest.mark.parametrize("compliance", [100, 1_000_000])
def test_with_any_compliance_pressure_is_watched(compliance):
    assert pressure_of(compliance).failed(0, 150_001, 0)


def test_a_start_gives_a_sensor_that_stands_still_its_minute_and_volume_again():
    """What it showed before the start, and how long, does not count; the reading need not change for that."""
    sense = pressure_of()
    sense.failed(0, 700, 0)
    assert not sense.failed(20, 700, 250 * UL + 3)
    assert sense.failed(60_000, 700, 0)
    sense.begin(60_000)
    assert (sense.same_ul, sense.same_pl) == (0, 0)
    assert not sense.failed(60_020, 700, 250 * UL - 1)
    assert not sense.failed(119_000, 700, 1)
    assert not sense.failed(119_999, 700, 0)
    assert sense.failed(120_000, 700, 0)


def test_a_minute_of_the_same_is_not_enough():
    sense = pressure_of()
    sense.failed(1_000, 700, 0)
    assert not sense.failed(500_000, 700, 250 * UL - 1)
    assert not sense.failed(501_000, 700, 0)
    assert not sense.failed(502_000, 700, 1)
    assert sense.failed(502_001, 700, 0)


def test_volume_below_a_microlitre_adds_up_and_steps_back_take_none_away():
    sense = pressure_of()
    sense.failed(0, 700, 0)
    for _ in range(250 * UL - 1):
        assert not sense.failed(100_000, 700, 1)
    assert not sense.failed(100_000, 700, -40)
    assert not sense.failed(100_000, 700, 1)
    assert (sense.same_ul, sense.same_pl) == (250, 0)
    assert sense.failed(100_000, 700, 0)


@pytest.mark.parametrize("change_pa", [-1, 1])
def test_one_count_shows_that_it_lives(change_pa):
    """Volume and minute begin anew, and so a fault that comes again is found again."""
    sense = pressure_of()
    sense.failed(0, 700, 0)
    sense.failed(0, 700, 250 * UL + 2)
    assert sense.failed(60_000, 700, 0)
    assert not sense.failed(61_000, 700 + change_pa, 250 * UL)
    assert (sense.same_ul, sense.same_pl) == (0, 0)
    assert not sense.failed(61_001, 700 + change_pa, 250 * UL - 1)
    assert not sense.failed(130_000, 700 + change_pa, 1)
    assert sense.failed(130_001, 700 + change_pa, 0)
    assert not sense.failed(130_002, 700, 0)
    assert not sense.failed(130_003, 700, 250 * UL)
    assert not sense.failed(190_001, 700, 0)
    assert sense.failed(190_002, 700, 0)


# Leaps


@pytest.mark.parametrize(("pressure_pa", "failed"), [(21_000, False), (21_001, True)])
def test_up_by_more_than_20_kpa_in_a_reading(pressure_pa, failed):
    sense = pressure_of()
    sense.failed(0, 1_000, 0)
    assert sense.failed(20, pressure_pa, 0) == failed
    assert not sense.failed(40, 1_000, 0), "a fall to where a patient may be: a line that is free again"


@pytest.mark.parametrize(
    ("before_pa", "pressure_pa", "failed"),
    [
        (1_000, -15_000, False),
        (1_000, -15_001, True),
        (-1, -15_001, False),
        (0, -15_001, True),
        (40_000, 0, False),
        (-10_000, -25_000, False),
        (-24_000, -25_000, False),
        (-24_000, -25_001, True),
    ],
)
def test_down_by_more_than_15_kpa_to_below_where_a_patient_is(before_pa, pressure_pa, failed):
    """Or by little, but to where none can be."""
    sense = pressure_of()
    sense.failed(0, before_pa, 0)
    assert sense.failed(20, pressure_pa, 0) == failed


@pytest.mark.parametrize(
    ("compliance", "steps", "most_pa"),
    [
        (21_700, 0, 20_000),
        (21_700, 100, 23_686),
        (21_700, 1_000, 56_866),
        (21_700, 5_000, 56_866),
        (21_700, -1_000, 56_866),
        (10_000, 1_000, 100_000),
    ],
)
def test_what_the_steps_may_have_done_is_no_leap(compliance, steps, most_pa):
    """200 uL into 21.7 uL/kPa are 9.22 kPa; four times that, for syringes of a kind differ. More count no more."""
    for more_pa, failed in ((0, False), (1, True)):
        sense = pressure_of(compliance)
        sense.failed(0, 0, 0)
        assert sense.failed(500, most_pa + more_pa, steps) == failed


def test_a_leap_is_told_once_and_then_it_is_the_reading():
    """What stands there may be a patient as well: an offset is found as it comes, or not at all."""
    sense = pressure_of()
    told = [sense.failed(500 * n, pressure_pa, 0) for n, pressure_pa in enumerate((0, 20_001, 20_001, 20_002))]
    assert told == [False, True, False, False]


@pytest.mark.parametrize("pressure_pa", [50_000, -25_000])
def test_the_first_reading_and_the_first_after_a_start_are_no_leap(pressure_pa):
    """However far off: the patient was lifted, the line let go."""
    sense = pressure_of()
    assert not sense.failed(0, pressure_pa, 0)
    sense.begin(1_000)
    assert not sense.failed(1_020, 0, 0)
    assert not sense.failed(1_040, -15_000, 0)
    assert sense.unrest == 0


def test_a_zero_that_is_far_too_low_is_found_again_after_every_start():
    sense = pressure_of()
    sense.failed(0, 1_300, 0)
    assert sense.failed(20, -28_700, 0)
    for now_ms in (1_000, 2_000):
        sense.begin(now_ms)
        assert sense.failed(now_ms + 20, -28_700, 0)
