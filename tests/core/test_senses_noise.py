"""A pressure sensor that is noisy, and that no patient and no line are taken for one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pumpcore.units import CLOCK_MASK
from sensed import pressure_of

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
