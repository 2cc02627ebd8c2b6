"""The climb of a blocked line, block by block, against hand arithmetic and the sum written down once more."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blocked import SYRINGE_NL_KPA, feed, line_of
from pumpcore.occlusion import BLOCK_MS
from pumpcore.units import CLOCK_MASK


class Written:
    """The sum as the head of occlusion.py has it, over a list of levels."""

    def __init__(self, climb, h, h2, steps, opening_pa=0):
        self.climb, self.h, self.h2, self.needed, self.opening_pa = climb, h, h2, steps, opening_pa
        self.clip = max(12_800, 2 * climb)

    def follow(self, levels):
        """(g, steps, base, credit, blocked) after each."""
        g = steps = base = restless = 0
        credit = self.clip
        for before, level in zip([None, *levels], levels, strict=False):
            if self.opening_pa and level < self.opening_pa:
                g = 0
            elif before is not None:
                gain = 16 * (level - before)
                if gain > 7_200:
                    steps += 1
                restless += (120 if gain < -7_200 else 0) - restless // 120
                credit = min(self.clip, credit + max(self.clip // 4, 2 * self.climb))
                if gain > credit:
                    g, credit = g + credit, 0
                elif gain > 0:
                    g, credit = g + gain, credit - gain
                else:
                    g -= min(-gain, self.clip)
                g -= self.climb * 3 // 10
            if g <= 0:
                g, steps, base = 0, 0, level
            times, needed = (Fraction(7, 4), self.needed + 2) if restless > 480 else (1, self.needed)
            yield g, steps, base, credit, g >= times * self.h2 or (g >= times * self.h and steps >= needed)


KNOWN = {  # rate: climb, h, h2, steps
    1: (10, 66_400, 78_400, 12),
    50: (512, 40_000, 52_000, 6),
    100: (1_024, 31_200, 43_200, 4),
    2_000: (20_481, 61_443, 81_924, 4),
}

LEVELS = st.lists(
    st.one_of(st.integers(-3_000, 19_999), st.sampled_from([0, 450, 451, 800, 801, 1_600, 2_400, 3_200, 4_000])),
    min_size=1,
    max_size=40,
)
CLIMBS = st.lists(st.integers(-900, 900), min_size=1, max_size=60)


@settings(max_examples=200, deadline=None)
@given(
    rate=st.sampled_from(sorted(KNOWN)),
    levels=st.one_of(
        LEVELS, CLIMBS.map(lambda gains: [max(-5_000, min(sum(gains[:i]), 19_999)) for i in range(1, len(gains) + 1)])
    ),
    opening_pa=st.sampled_from([0, 2_000]),
    start_ms=st.sampled_from([0, CLOCK_MASK - 12_000]),
    more_pa=st.lists(st.integers(0, 15_000), max_size=3),
)
def test_the_sum_is_the_one_written_down(rate, levels, opening_pa, start_ms, more_pa):
    """On random pressures, with higher readings within each block, as across the wrap of the clock."""
    line = line_of(rate, now_ms=start_ms, opening_pa=opening_pa)
    now_ms = start_ms
    written = Written(*KNOWN[rate], opening_pa).follow(levels)
    for level, (g, steps, base, credit, blocked) in zip(levels, written, strict=True):
        for i, more in enumerate(more_pa):
            line.found((now_ms + 1_000 * (i + 1)) & CLOCK_MASK, level + more)
        now_ms = (now_ms + BLOCK_MS) & CLOCK_MASK
        assert line.found(now_ms, level) == blocked
        assert (line.g, line.steps, line.base_pa, line.credit, line.level_pa) == (g, steps, base, credit, level)


def test_a_block_is_as_high_as_its_least_reading_and_lasts_5_s():
    line = line_of()
    for now_ms, pressure_pa in [(1, 700), (2_000, 300), (4_999, 900)]:
        line.found(now_ms, pressure_pa)
    assert line.blocks == 0
    line.found(5_000, 800)
    assert (line.blocks, line.level_pa) == (1, 300)
    line.found(5_001, 650)
    line.found(9_999, 610)
    assert (line.blocks, line.level_pa) == (1, 300)
    line.found(10_700, 640)  # late: the next ends 5 s after this
    assert (line.blocks, line.level_pa, line.g) == (2, 610, 310 * 16 - 307)
    line.found(15_699, 640)
    assert line.blocks == 2
    line.found(15_700, 640)
    assert line.blocks == 3


def test_blocks_close_across_the_wrap_of_the_clock():
    line = line_of(now_ms=CLOCK_MASK - 1_999)
    line.found(2_999, 100)
    assert line.blocks == 0
    line.found(3_000, 100)
    assert line.blocks == 1


@pytest.mark.parametrize("at_pa", [0, 5_000])
def test_a_smooth_climb(at_pa):
    """717 a block are summed: 43,200 after 61 blocks, and one before them that only sets the level."""
    line = line_of()
    assert feed(line, [at_pa + 64 * n for n in range(62)]) == [False] * 61 + [True]
    assert line.steps == 0


def test_a_smooth_climb_of_a_fast_pump_is_one_of_steps():
    """20 mL/h: 1280 Pa a block, 20,480 - 6144 are summed, each a step; h is 61,443: five times."""
    line = line_of(2_000)
    assert feed(line, [1_280 * n for n in range(7)]) == [False] * 5 + [True] * 2
    assert (line.g, line.steps) == (6 * 14_336, 6)


def test_with_two_steps_a_fast_pump_needs_h2():
    """20 mL/h, clipped at 40,962: 34,818 for each step, then 45 * 272 + 128 make 82,004, the first above 81,924."""
    line = line_of(2_000)
    smooth = [392 + n % 2 for n in range(95)]  # 128 sixteenths above 6144, and 144
    levels = [-5_000, -2_400, 200]
    for gain in smooth:
        levels.append(levels[-1] + gain)
    found = feed(line, levels)
    assert line.steps == 2
    assert found.index(True) == 2 + 91


def test_a_fast_climb_with_steps_needs_h():
    """10 mL/h: 10,240 a block, less 3072, are steps of 640 Pa: the fifth is at 35,840, over 31,200."""
    line = line_of(1_000)
    assert feed(line, [640 * n for n in range(6)]) == [False] * 5 + [True]


def test_a_staircase():
    """640 Pa every ten blocks, 10,240 - 10 * 307: the fourth step stands at 3 * 7,170 + 9,933 = 31,443."""
    line = line_of()
    levels = [640 * (n // 10) for n in range(45)]
    assert feed(line, levels) == [False] * 40 + [True] + [False] * 4
    assert line.g == 31_443 - 4 * 307


def test_three_steps_do_not_do():
    """To h by the rest of the climb, and only h2 is enough. A step every four blocks finds its credit grown back:
    12,493 - 3 * 307 twice and 12,493 are 35,637; with 717 a block it takes 11 blocks more to 43,200."""
    line = line_of()
    assert not any(feed(line, [0, *[800] * 4, *[1_600] * 4, 2_400]))
    assert (line.g, line.steps) == (35_637, 3)
    assert feed(line, [2_400 + 64 * n for n in range(1, 12)], 50_000) == [False] * 10 + [True]
    assert line.g == 35_637 + 11 * 717


@pytest.mark.parametrize(("gain_pa", "counts"), [(450, 0), (451, 1)])
def test_a_step_is_more_than_450_pa(gain_pa, counts):
    line = line_of()
    feed(line, [0, gain_pa])
    assert line.steps == counts


def test_steps_are_forgotten_with_the_sum():
    """500 Pa are 8,000 - 307; 25 blocks of -307 leave 18 of the 7693, the 26th nothing."""
    line = line_of()
    feed(line, [1_000] * 2 + [1_500] * 26)
    assert (line.g, line.steps, line.base_pa) == (18, 1, 1_000)
    feed(line, [1_500], 28 * BLOCK_MS)
    assert (line.g, line.steps, line.base_pa) == (0, 0, 1_500)


def test_a_line_that_gives_all_the_credit_there_is():
    """640 Pa a block at 1 mL/h: 10,240, then 5760, then 3200 each, 307 less: 32,744 with the eighth."""
    line = line_of()
    assert feed(line, [640 * n for n in range(9)]) == [False] * 8 + [True]
    assert (line.g, line.steps, line.credit) == (32_744, 8, 0)


@pytest.mark.parametrize("end_pa", [0, 64])
def test_a_line_that_is_cleared_and_blocked_again(end_pa):
    """It is cleared in five falls, which a patient would have made restless; 40 blocks later that is forgotten."""
    line = line_of()
    assert feed(line, [640 * n for n in range(9)]) == [False] * 8 + [True]
    now_ms = 9 * BLOCK_MS
    assert feed(line, [5_120 - 1_000 * n for n in range(1, 6)], now_ms)[-1] is False
    assert line.restless > 480
    assert feed(line, [end_pa] * 40, now_ms + 25_000)[-1] is False
    assert (line.g, line.steps) == (0, 0)
    assert line.restless <= 480
    assert feed(line, [end_pa + 640 * n for n in range(1, 9)], now_ms + 225_000) == [False] * 7 + [True]


@pytest.mark.parametrize(("rate", "compliance"), [(0, SYRINGE_NL_KPA), (100, 0)])
def test_without_a_sum_a_line_has_filled_by_all_it_has_climbed(rate, compliance):
    line = line_of(rate, compliance)
    feed(line, [2_000, 1_000])
    assert line.base_pa == 1_000
    assert [line.climb_pa(pressure_pa) for pressure_pa in (-5, 1_000, 1_001, 31_000)] == [0, 0, 1, 30_000]


def test_how_far_a_line_has_filled():
    """A smooth climb from 500 Pa, 20 blocks of 64: all of it, for 717 of 1024 sixteenths are summed."""
    line = line_of()
    assert line.climb_pa(700) == 0
    feed(line, [500 + 64 * n for n in range(21)])
    assert (line.base_pa, line.g) == (500, 20 * 717)
    assert line.climb_pa(500 + 64 * 20) == 1_280
    assert line.climb_pa(501) == 1
    assert line.climb_pa(500) == 0
    assert line.climb_pa(499) == 0


# Below what a valve opens at


def test_below_the_opening_nothing_is_summed():
    line = line_of(opening_pa=7_000)
    assert not any(feed(line, [640 * n for n in range(11)]))
    assert (line.g, line.steps, line.base_pa) == (0, 0, 6_400)
    feed(line, [6_999], 55_000)
    assert line.g == 0
    feed(line, [7_000], 60_000)
    assert line.g == 0  # 16 - 307
    feed(line, [7_500], 65_000)
    assert (line.g, line.steps) == (8_000 - 307, 1)
    feed(line, [6_999], 70_000)
    assert (line.g, line.steps, line.base_pa) == (0, 0, 6_999)


def test_at_the_opening_a_gain_is_summed():
    line = line_of(opening_pa=7_000)
    feed(line, [7_000, 6_500, 7_000])
    assert (line.g, line.steps) == (8_000 - 307, 1)


def test_above_the_opening_a_climb_is_found():
    line = line_of(opening_pa=7_000)
    assert feed(line, [7_000 + 640 * n for n in range(9)]) == [False] * 8 + [True]


def test_without_a_valve_a_line_below_the_air_around_is_watched_too():
    line = line_of()
    assert feed(line, [-9_000 + 640 * n for n in range(9)]) == [False] * 8 + [True]
