"""Sensors that have failed, each at the reading, the microlitre and the millisecond at which it shows."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pumpcore.senses import AirSense, PressureSense
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


# Noise

BLOCK_MS = 5_000


def blocks(sense, levels, start_ms=0):
    """Two readings in each block of 5 s: both at its level, or from least to most. The unrest after the first reading
    of the next, which is what ends a block."""
    unrest = []
    for n, level in enumerate(levels):
        least_pa, most_pa = level if isinstance(level, tuple) else (level, level)
        failed = sense.failed((start_ms + BLOCK_MS * n) & CLOCK_MASK, least_pa, 0)
        assert failed == (sense.unrest >= 20)
        unrest.append(sense.unrest)
        sense.failed((start_ms + BLOCK_MS * n + 2_000) & CLOCK_MASK, most_pa, 0)
    return unrest


LOW_HIGH = [0, 0, 1_201, 1_201, 0, 0, 1_201, 1_201, 0, 0, 1_201, 1_201, 0, 0]


@pytest.mark.parametrize("start_ms", [0, 77, CLOCK_MASK - 30_000, CLOCK_MASK + 1 - 4 * BLOCK_MS])
def test_moves_up_and_down_add_six_each_and_a_block_takes_one(start_ms):
    """Each level is compared with the one two blocks before. Two blocks the same way are one move."""
    unrest = blocks(pressure_of(), LOW_HIGH, start_ms)
    assert unrest == [0, 0, 0, 6, 5, 10, 9, 14, 13, 18, 17, 20, 19, 20]


@pytest.mark.parametrize(("move_pa", "moves"), [(1_200, False), (1_201, True)])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_move_is_more_than_1200_pa(move_pa, moves, sign):
    sense = pressure_of()
    unrest = blocks(sense, [0, 0, sign * move_pa, 0])
    assert unrest == [0, 0, 0, 6 * moves]
    assert sense.way == sign * moves


@pytest.mark.parametrize(
    ("level", "moves"),
    [
        ((0, 9_000), False),  # a cough, or a slip
        ((-9_000, 1_000), False),  # a roller passes
        ((2_201, 9_000), False),
        ((2_202, 2_301), True),
        ((2_201, 2_301), False),
        ((2_202, 2_300), False),
        ((-200, -101), True),
        ((-199, -101), False),
        ((-200, -100), False),
        ((-9_000, 9_000), False),
    ],
)
def test_a_block_moves_only_if_its_least_and_its_most_both_do(level, moves):
    """Against one from 1001 to 1100 Pa."""
    sense = pressure_of()
    before = (1_001, 1_100)
    blocks(sense, [before, before, before])
    unrest = blocks(sense, [level, before], 3 * BLOCK_MS)
    assert unrest == [0, 6 * moves]


def test_the_least_and_the_most_are_of_all_readings_of_5_s():
    """The reading that ends a block is the next one's first; a late one makes the next begin late."""
    sense = pressure_of()
    for now_ms, pressure_pa in ((100, 500), (2_000, 700), (3_000, 300), (5_099, 600)):
        sense.failed(now_ms, pressure_pa, 0)
    assert (sense.least_pa, sense.most_pa) == (300, 700)
    sense.failed(5_100, 9_000, 0)
    assert (sense.last_least_pa, sense.last_most_pa) == (300, 700)
    assert (sense.least_pa, sense.most_pa) == (9_000, 9_000)
    sense.failed(10_400, 100, 0)
    assert (sense.last_least_pa, sense.last_most_pa) == (9_000, 9_000)
    assert (sense.old_least_pa, sense.old_most_pa) == (300, 700)
    sense.failed(15_399, 50, 0)
    assert (sense.least_pa, sense.most_pa) == (50, 100)


def test_moves_the_same_way_are_a_climb_and_count_once():
    sense = pressure_of()
    assert blocks(sense, [2_000 * n for n in range(8)]) == [0, 0, 6, 5, 4, 3, 2, 1]
    assert blocks(sense, [14_000 - 2_000 * n for n in range(8)], 8 * BLOCK_MS) == [0, 0, 6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    ("every", "found"),
    [(2, 11), (3, 19), (4, 33), (5, 76), (6, None), (7, None)],
)
def test_who_rises_and_sinks_every_half_minute_is_a_patient(every, found):
    """A move is seen when its first block ends, and adds 6 less what the blocks since the last have taken. Every two
    blocks that is 6, 10, 14, 18, 22: the fifth, as block 10 ends; every three the sixth, 6 + 5 * 3, every four the
    eighth, 6 + 7 * 2, every five the fifteenth, 6 + 14 * 1."""
    sense = pressure_of()
    unrest = blocks(sense, [5_000 * (n // every % 2) for n in range(200)])
    assert next((n for n, level in enumerate(unrest) if level >= 20), None) == found


def test_noise_that_ends_is_forgiven_and_found_again():
    sense = pressure_of()
    assert blocks(sense, LOW_HIGH)[-1] == 20
    assert blocks(sense, [1_201] * 24, 14 * BLOCK_MS)[-1] == 0
    assert 20 in blocks(sense, LOW_HIGH, 38 * BLOCK_MS)


def test_a_start_keeps_one_move_and_compares_with_nothing_of_before():
    """So a pump is not locked up by what is past, and a loose plug is found in the end for all that it is restarted."""
    sense = pressure_of()
    assert blocks(sense, LOW_HIGH)[-1] == 20
    sense.begin(100_000)
    assert sense.unrest == 6
    assert blocks(sense, [9_000] * 4, 100_000) == [6, 5, 4, 3]
    sense.begin(200_000)
    assert sense.unrest == 3
    assert 20 in blocks(sense, [0, *LOW_HIGH], 200_000)


def test_restless_is_one_way_and_back_and_for_four_blocks_more():
    """6 after the first move, 10 after the second; less one a block 9, 8, 7, and at 6 no more."""
    sense = pressure_of()
    blocks(sense, [0, 0, 5_000, 5_000])
    assert (sense.unrest, sense.restless()) == (6, False)
    blocks(sense, [0, 0], 4 * BLOCK_MS)
    told = []
    for n in range(6, 11):
        told.append((sense.unrest, sense.restless()))
        blocks(sense, [0], n * BLOCK_MS)
    assert told == [(10, True), (9, True), (8, True), (7, True), (6, False)]


def test_readings_out_of_range_belong_to_no_block():
    sense = pressure_of()
    sense.failed(0, 500, 0)
    assert sense.failed(1_000, -70_000, 0)
    assert (sense.least_pa, sense.last_pa) == (500, 500)
    assert not sense.failed(1_020, 510, 0)


# What a line and a patient can do

RISES_PA, COUGHS_PA = st.integers(-9_000, 9_000), st.integers(0, 10_000)


@settings(max_examples=150, deadline=None)
@given(
    levels=st.lists(RISES_PA, min_size=1, max_size=12),
    coughs=st.lists(st.tuples(st.integers(0, 359), COUGHS_PA), max_size=200),
    dips=st.lists(st.tuples(st.integers(0, 359), COUGHS_PA), max_size=60),
    start_ms=st.sampled_from([0, CLOCK_MASK - 100_000]),
)
def test_a_patient_who_moves_every_half_minute_and_coughs_is_no_fault(levels, coughs, dips, start_ms):
    """A reading a second, another level each 30 s, by up to 18 kPa (1.8 m), spikes of one reading up and dips down, as
    many as there may be while each 5 s hold a reading without."""
    sense = pressure_of()
    spikes = dict(coughs)
    holes = dict(dips)
    for second in range(30 * len(levels)):
        pressure_pa = levels[second // 30] + second % 2
        if second % 5 not in (1, 2):
            pressure_pa += spikes.get(second, 0) if second % 5 != 3 else -holes.get(second, 0)
        assert not sense.failed((start_ms + 1_000 * second) & CLOCK_MASK, max(pressure_pa, -14_999), 5)


@settings(max_examples=100, deadline=None)
@given(
    compliance=st.sampled_from([1_400, 4_900, 21_700]),
    looks=st.lists(st.tuples(st.integers(20, 1_000), st.integers(0, 1_000)), max_size=300),
    softness=st.integers(45, 140),
)
def test_a_blocked_line_is_no_fault_however_fast_it_fills(compliance, looks, softness):
    """Syringes of a kind are softer or stiffer; the controller is told the softest."""
    sense = pressure_of(compliance)
    now_ms, pl = 0, 0
    sense.failed(0, 1_000, 0)
    for wait_ms, steps in looks:
        now_ms, pl = now_ms + wait_ms, pl + steps * 200_000
        pressure_pa = 1_000 + pl * 140 // (compliance * softness)
        if pressure_pa > 150_000:
            return
        assert not sense.failed(now_ms, pressure_pa, steps)


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
