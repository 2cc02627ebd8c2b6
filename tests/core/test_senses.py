"""Sensors that have failed, each at the reading, the microlitre and the millisecond at which it shows."""

import pytest

from pumpcore.senses import BLOCK_MS, AirSense, PressureSense
from pumpcore.setup import Setup
from pumpcore.units import CLOCK_MASK

UL = 5  # steps of 0.2 uL
MINUTE_MS = 60_000


def pressure_of(compliance_nl_kpa=21_700):
    return PressureSense(Setup(200_000, 50_000, compliance_nl_kpa=compliance_nl_kpa))


def air_of(air_test=1):
    return AirSense(Setup(200_000, 50_000, air_test=air_test))


# Out of range


@pytest.mark.parametrize(
    ("pressure_pa", "failed"),
    [(-60_001, True), (-60_000, False), (0, False), (150_000, False), (150_001, True), (10**6, True)],
)
def test_a_wire_that_is_off(pressure_pa, failed):
    sense = pressure_of()
    assert sense.failed(0, pressure_pa, 0) == failed
    assert not sense.failed(20, 100, 0)


def test_without_a_compliance_pressure_is_not_watched():
    sense = pressure_of(0)
    assert not sense.failed(0, 10**6, 0)
    assert not any(sense.failed(MINUTE_MS * n, 5, 10_000) for n in range(10))
    assert not any(sense.failed(MINUTE_MS * 10 + BLOCK_MS * n, 9_000 * (n % 2), 0) for n in range(30))


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


# Noisy


def leap(sense, levels, start_ms=0):
    """A block for each level. Whether it had failed at the end of each."""
    return [sense.failed((start_ms + BLOCK_MS * n) & CLOCK_MASK, level, 0) for n, level in enumerate(levels)]


@pytest.mark.parametrize("start_ms", [0, CLOCK_MASK - 12_000, CLOCK_MASK + 1 - 4 * BLOCK_MS])
def test_six_leaps_up_and_down_in_a_row(start_ms):
    levels = [2_000 * (n % 2) for n in range(9)]
    assert leap(pressure_of(), levels, start_ms) == [False] * 6 + [True] * 3


@pytest.mark.parametrize(("leap_pa", "noisy"), [(1_500, False), (1_501, True)])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_leap_is_more_than_1500_pa(leap_pa, noisy, sign):
    assert any(leap(pressure_of(), [sign * leap_pa * (n % 2) for n in range(40)])) == noisy
    sense = pressure_of()
    leap(sense, [0, sign * leap_pa])
    assert (sense.leaps, sense.way) == ((2, sign) if noisy else (0, 0))


def test_a_rest_takes_half_a_leap_away():
    """Five leaps are 10, a rest leaves 9, a leap makes 11, a rest 10, a leap 12."""
    up_and_down = [0, 2_000, 0, 2_000, 0, 2_000]
    sense = pressure_of()
    assert not any(leap(sense, [*up_and_down, 2_000, 0, 0]))
    assert sense.leaps == 10
    assert leap(sense, [2_000, 2_000], 9 * BLOCK_MS) == [True, False]
    assert sense.leaps == 11


def test_leaps_with_a_rest_after_each_are_found_later():
    """Each with its rest adds 1: the twelfth finds 11, and so 13 and 12 with the rest after it."""
    levels = [2_000 * (n // 2 % 2) for n in range(30)]
    assert leap(pressure_of(), levels).index(True) == 22


def test_leaps_with_two_rests_after_each_are_levels():
    assert not any(leap(pressure_of(), [2_000 * (n // 3 % 2) for n in range(300)]))


def test_leaps_the_same_way_are_a_climb():
    """Each but the first is none."""
    sense = pressure_of()
    assert not any(leap(sense, [2_000 * n for n in range(40)]))
    assert sense.leaps == 0
    assert not any(leap(sense, [78_000 - 2_000 * n for n in range(1, 40)], 40 * BLOCK_MS))
    assert (sense.leaps, sense.way) == (0, -1)


def test_a_leap_the_same_way_takes_away_as_a_rest_does():
    sense = pressure_of()
    leap(sense, [0, 2_000, 0, -2_000])
    assert (sense.leaps, sense.way) == (3, -1)
    leap(sense, [0], 4 * BLOCK_MS)
    assert (sense.leaps, sense.way) == (5, 1)


def test_the_first_level_is_no_leap_whatever_it_is():
    sense = pressure_of()
    leap(sense, [50_000, 50_000])
    assert (sense.leaps, sense.way) == (0, 0)


def test_a_patient_who_sits_up_and_lies_down_is_no_noise():
    assert not any(leap(pressure_of(), ([0] * 5 + [6_000] * 5) * 50))


def test_a_block_is_as_high_as_its_least_reading_and_lasts_5_s():
    sense = pressure_of()
    sense.failed(100, 0, 0)
    for now_ms, pressure_pa in [(101, 9_000), (3_000, 1_501), (5_099, 8_000)]:
        assert not sense.failed(now_ms, pressure_pa, 0)
    assert (sense.leaps, sense.least_pa) == (0, 1_501)
    sense.failed(5_100, 8_000, 0)
    assert (sense.leaps, sense.way, sense.block_pa) == (2, 1, 1_501)
    sense.failed(10_099, 0, 0)
    assert sense.way == 1
    sense.failed(10_400, 8_000, 0)  # late: the next ends 5 s after this
    assert (sense.leaps, sense.way) == (4, -1)
    sense.failed(15_399, 8_000, 0)
    assert sense.way == -1
    sense.failed(15_400, 8_000, 0)
    assert (sense.leaps, sense.way) == (6, 1)


def test_a_block_that_ends_as_the_clock_wraps_is_as_long_as_others():
    sense = pressure_of()
    sense.failed(CLOCK_MASK + 1 - BLOCK_MS, 0, 0)
    sense.failed(CLOCK_MASK, 2_000, 0)
    assert (sense.block_ends_ms, sense.leaps) == (0, 0)
    sense.failed(0, 2_000, 0)
    assert (sense.block_ends_ms, sense.leaps) == (BLOCK_MS, 2)


def test_noise_that_ends_is_forgiven_and_found_again():
    sense = pressure_of()
    assert leap(sense, [2_000 * (n % 2) for n in range(7)])[-1]
    assert not any(leap(sense, [0] * 12, 7 * BLOCK_MS))
    assert sense.leaps == 0
    assert leap(sense, [2_000 * (n % 2) for n in range(1, 7)], 19 * BLOCK_MS) == [False] * 5 + [True]


def test_noise_is_not_looked_for_while_the_reading_is_out_of_range():
    sense = pressure_of()
    sense.failed(0, 0, 0)
    assert sense.failed(1_000, -70_000, 0)
    sense.failed(5_000, 100, 0)
    assert (sense.leaps, sense.block_pa) == (0, 100)


def test_a_start_is_no_leap():
    """The pressure has fallen by 30 kPa in the pause, and then lies 2 kPa higher: one leap. Those of before stay."""
    sense = pressure_of()
    leap(sense, [30_000, 32_000, 30_000])
    assert (sense.leaps, sense.way) == (4, -1)
    sense.failed(11_000, 100, 0)
    sense.begin(100_000)
    assert not sense.failed(100_020, 200, 0)
    assert (sense.leaps, sense.block_pa, sense.block_ends_ms) == (3, 200, 105_020)
    sense.failed(105_020, 2_200, 0)
    assert (sense.leaps, sense.way) == (5, 1)


# The air detector's test


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
