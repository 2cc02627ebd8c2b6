"""The climb of a blocked line, block by block, against hand arithmetic and the sum written down once more.

Levels are in Pa, sums in sixteenths of a Pa. A 50 mL syringe: 21,700 nL/kPa, so at 1 mL/h a blocked line
gains 5 s * 1000 / 3600 uL/s / 21.7 uL/kPa = 64 Pa in a block, 1024 sixteenths, of which 307 are taken off.
"""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pumpcore.occlusion import BLOCK_MS, Downstream
from pumpcore.setup import MOST_RATE_CML_H, Setup
from pumpcore.units import CLOCK_MASK

STEP_PL = 173_530
SYRINGE_NL_KPA = 21_700


def line_of(rate_cml_h=100, compliance_nl_kpa=SYRINGE_NL_KPA, now_ms=0, **limits):
    line = Downstream(Setup(STEP_PL, 50_000, compliance_nl_kpa=compliance_nl_kpa, **limits))
    line.begin(now_ms, rate_cml_h)
    return line


def feed(line, levels, now_ms=0):
    """One reading in each block, at its end. Whether the line was blocked by then, for each."""
    found = []
    for level_pa in levels:
        now_ms = (now_ms + BLOCK_MS) & CLOCK_MASK
        found.append(line.found(now_ms, level_pa))
    return found


# What begin() works out


@pytest.mark.parametrize(
    ("rate", "compliance", "climb"),
    [
        (100, 21_700, 1_024),  # 22,222,200 / 21,700 = 1024.06
        (3_999, 21_700, 40_952),  # 888,665,778 / 21,700 = 40,952.3
        (4_000, 21_700, 40_900),  # 8,888,000 / 21,700 = 409.6
        (120_000, 21_700, 1_228_700),  # 266,640,000 / 21,700 = 12,287.6
        (120_000, 100, 266_640_000),
        (1, 100, 2_222),
        (4, 1_000_000, 1),  # 0.9: never 0
        (9, 1_000_000, 1),
        (10, 1_000_000, 2),
        (4_000, 1_000_000, 800),
        (100, 0, 0),
        (0, 21_700, 0),
    ],
)
def test_what_a_blocked_line_gains_in_a_block(rate, compliance, climb):
    assert line_of(rate, compliance).climb == climb


@pytest.mark.parametrize("compliance", [100, 999, 2_170, 21_700])
@pytest.mark.parametrize("rate", [1, 10, 99, 1_000, 3_999, 4_000, 39_024, 120_000])
def test_it_is_flow_by_compliance(rate, compliance):
    """rate / 360 uL/s * 5 s / compliance, in kPa; rounded down to a sixteenth of a Pa, from 40 mL/h on to a hundred."""
    exact = Fraction(rate * 5, 360) * 1_000 / compliance * 1_000 * 16
    grain = 1 if rate < 4_000 else 100
    assert 0 <= exact - line_of(rate, compliance).climb <= grain + exact / 9_000


@pytest.mark.parametrize(
    ("climb", "compliance", "h", "h2", "steps", "clip"),
    [
        (1_024, 21_700, 1_950 * 16, 2_700 * 16, 4, 800 * 16),
        (960, 23_148, 31_200, 43_200, 4, 12_800),
        (959, 23_149, 40_000, 52_000, 6, 12_800),
        (480, 46_296, 40_000, 52_000, 6, 12_800),
        (479, 46_392, 48_800, 60_800, 8, 12_800),
        (240, 92_592, 48_800, 60_800, 8, 12_800),
        (239, 92_979, 57_600, 69_600, 10, 12_800),
        (120, 185_185, 57_600, 69_600, 10, 12_800),
        (119, 186_000, 66_400, 78_400, 12, 12_800),
        (59, 375_000, 66_400, 78_400, 12, 12_800),  # four times at most
        (22, 1_000_000, 66_400, 78_400, 12, 12_800),
        (6_400, 3_472, 31_200, 43_200, 4, 12_800),
        (6_402, 3_471, 31_200, 43_200, 4, 12_804),
        (10_403, 2_136, 31_209, 43_200, 4, 20_806),
        (10_803, 2_057, 32_409, 43_212, 4, 21_606),
    ],
)
def test_thresholds_by_hand(climb, compliance, h, h2, steps, clip):
    """At 1 mL/h: 1.95 and 2.7 kPa, 0.55 and 2 steps more for each halving below 960; three blocks, four, and two."""
    line = line_of(100, compliance)
    assert (line.climb, line.h, line.h2, line.steps_needed, line.clip) == (climb, h, h2, steps, clip)


@pytest.mark.parametrize(
    ("rate", "h", "h2", "clip"), [(3_999, 122_856, 163_808, 81_904), (120_000, 3_686_100, 4_914_800, 2_457_400)]
)
def test_a_fast_climb_has_to_last_three_blocks_or_four(rate, h, h2, clip):
    line = line_of(rate)
    assert (line.h, line.h2, line.steps_needed, line.clip) == (h, h2, 4, clip)


def test_all_that_is_worked_out_stays_below_2_to_the_30():
    """For every rate, at 100 nL/kPa; a larger compliance makes all of it smaller."""
    for rate in range(1, MOST_RATE_CML_H + 1):
        product = rate * (222_222 if rate < 4_000 else 2_222)
        climb = product // 100 * (1 if rate < 4_000 else 100)
        assert max(product, 4 * climb + 4 * 550 * 16, 3 * climb, 2 * climb) < 2**30
    for rate in (1, 3_999, 4_000, MOST_RATE_CML_H):
        line = line_of(rate, 100)
        assert max(line.climb * 3, line.h, line.h2, line.clip) < 2**30


# The sum


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


@settings(max_examples=80, deadline=None)
@given(at_pa=st.integers(-1_000, 9_000), step_pa=st.integers(-30_000, 30_000), before=st.integers(0, 50))
def test_a_patient_who_sits_up_is_no_occlusion(at_pa, step_pa, before):
    """One step of up to 30 kPa, and whatever follows stays there, at 1 mL/h."""
    line = line_of()
    found = feed(line, [at_pa] * before + [at_pa + step_pa] * 60)
    assert not any(found)
    assert line.g == 0


@settings(max_examples=80, deadline=None)
@given(at_pa=st.integers(-1_000, 9_000), steps=st.lists(st.integers(0, 4_300), max_size=7))
def test_nor_one_who_sits_up_behind_a_narrow_line(at_pa, steps):
    """Seven blocks in a row, up to the limit: 12,800 and six times 3200 of credit, less seven times 307, are 29,851."""
    line = line_of()
    levels = [at_pa + sum(steps[:n]) for n in range(len(steps) + 1)]
    assert not any(feed(line, levels + levels[-1:] * 100))
    assert line.g == 0


@pytest.mark.parametrize(("gain_pa", "g"), [(799, 12_784), (800, 12_800), (801, 12_800), (30_000, 12_800)])
def test_a_gain_is_clipped_either_way(gain_pa, g):
    """Up to what credit is left, which is 3200 a block after the first; down to 800 Pa."""
    line = line_of()
    feed(line, [0, gain_pa])
    assert line.g == g - 307
    line = line_of()
    feed(line, [0, 800, 1_600, 1_600 - gain_pa])
    assert line.g == 12_493 + 2_893 - g - 307


@pytest.mark.parametrize(
    ("rate", "clip", "grows"),
    [(1, 12_800, 3_200), (100, 12_800, 3_200), (156, 12_800, 3_200), (157, 12_800, 3_214), (1_000, 20_480, 20_480)],
)
def test_credit_grows_back_by_a_quarter_or_by_twice_the_climb(rate, clip, grows):
    """What a leap of 30 kPa took is there again after four blocks at a slow climb, after one at a fast one."""
    line = line_of(rate)
    assert (line.clip, line.credit) == (clip, clip)
    feed(line, [0, 30_000])
    assert line.credit == 0
    for n in range(1, 6):
        feed(line, [30_000], 5_000 + n * BLOCK_MS)
        assert line.credit == min(n * grows, clip)


def test_only_what_was_taken_uses_credit_up():
    """A gain of 300 Pa takes 4800, a fall nothing, and a fall gives nothing back but its block."""
    line = line_of()
    feed(line, [0, 300])
    assert line.credit == 8_000
    feed(line, [-300], 10_000)
    assert line.credit == 11_200
    feed(line, [-400], 15_000)
    assert line.credit == 12_800


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


def test_a_start_or_another_rate_begins_anew():
    """All but how restless the patient is."""
    line = line_of()
    assert feed(line, [640 * n for n in range(9)])[-1]
    line.found(46_000, -4_000)
    line.restless = 400
    line.begin(47_000, 50)
    assert not line.climbing()
    assert (line.g, line.steps, line.blocks, line.climb, line.h, line.h2) == (0, 0, 0, 512, 40_000, 52_000)
    assert (line.credit, line.restless) == (12_800, 400)
    line.found(51_999, 9_000)
    assert line.blocks == 0
    line.found(52_000, 9_100)
    assert (line.level_pa, line.g) == (9_000, 0)  # neither the reading before nor the gain since counts
    assert (line.base_pa, line.credit, line.restless) == (9_000, 12_800, 400)
    line.begin(52_000, 0)
    assert (line.climb, line.h, line.h2, line.steps_needed) == (0, 31_200, 43_200, 4)


@pytest.mark.parametrize(("rate", "compliance"), [(0, SYRINGE_NL_KPA), (100, 0)])
def test_at_rest_or_without_a_compliance_there_is_the_limit_alone(rate, compliance):
    line = line_of(rate, compliance)
    assert not any(feed(line, [799 * n for n in range(51)]))
    assert line.found(256_000, 40_000)
    assert not line.found(256_001, 39_999)


def test_before_the_first_begin_there_is_the_limit_alone():
    line = Downstream(Setup(STEP_PL, 50_000, compliance_nl_kpa=SYRINGE_NL_KPA))
    assert not line.found(0, 0)
    assert not line.found(5_000, 39_999)
    assert line.found(5_001, 40_000)
    line = Downstream(Setup(STEP_PL, 50_000))
    line.found(0, 30_000)
    assert not line.partly()
    line.found(5_000, 30_000)
    assert line.blocks == 2


@pytest.mark.parametrize("compliance", [SYRINGE_NL_KPA, 1_000_000])
@pytest.mark.parametrize(
    ("above_h", "above_h2", "steps_more", "climbing"),
    [
        (None, 0, -9, True),
        (None, -1, -1, False),
        (0, None, 0, True),
        (0, None, -1, False),
        (-1, None, 0, False),
        (-1, None, 5, False),
    ],
)
def test_blocked_at_h_with_steps_and_at_h2_without(compliance, above_h, above_h2, steps_more, climbing):
    line = line_of(1, compliance)
    line.g = line.h2 + above_h2 if above_h is None else line.h + above_h
    line.steps = line.steps_needed + steps_more
    assert line.climbing() == climbing
    assert line.found(1, 0) == climbing


@pytest.mark.parametrize(("rate", "compliance"), [(0, SYRINGE_NL_KPA), (100, 0)])
def test_without_a_sum_a_line_has_filled_by_all_it_has_climbed(rate, compliance):
    line = line_of(rate, compliance)
    feed(line, [2_000, 1_000])
    assert line.base_pa == 1_000
    assert [line.climb_pa(pressure_pa) for pressure_pa in (-5, 1_000, 1_001, 31_000)] == [0, 0, 1, 30_000]


@pytest.mark.parametrize(("falls", "fall_pa", "restless"), [(4, 451, 473), (5, 451, 587), (5, 450, 0)])
def test_the_fifth_fall_in_ten_blocks_is_of_a_restless_patient(falls, fall_pa, restless):
    """Each adds 120, and each block takes a 120th: 120, 119, 239, 238, 357, 355, 473, 470, 587 and so on."""
    line = line_of()
    levels = [0]
    for _ in range(falls):
        levels += [levels[-1] - fall_pa] * 2
    feed(line, levels[:-1])
    assert line.restless == restless
    h, h2, needed = (54_600, 75_600, 6) if restless > 480 else (31_200, 43_200, 4)
    for g, steps, climbing in [
        (h2, 0, True),
        (h2 - 1, 0, False),
        (h, needed, True),
        (h, needed - 1, False),
        (h - 1, needed, False),
    ]:
        line.g, line.steps = g, steps
        assert line.climbing() == climbing


@pytest.mark.parametrize("rate", [1, 100, 3_999])
@pytest.mark.parametrize(("restless", "more"), [(480, False), (481, True)])
def test_restless_is_more_than_a_fall_in_30_blocks(restless, more, rate):
    """Three quarters more of both thresholds, to the sixteenth of a Pa, and two steps more."""
    line = line_of(rate)
    line.restless, line.g = restless, line.h2
    assert line.climbing() == (not more)
    line.g = -(-line.h2 * 7 // 4)
    assert line.climbing()
    line.g -= 1
    assert line.climbing() == (not more)
    line.g, line.steps = -(-line.h * 7 // 4), line.steps_needed + 1
    assert line.climbing() == (not more)
    line.steps += 1
    assert line.climbing()
    line.g -= 1
    assert line.climbing() == (not more)


def test_restlessness_is_forgotten_over_10_minutes():
    """Ten falls in a row make 1163; 120 quiet blocks leave less than 480, and nothing is left below a 120th."""
    line = line_of()
    feed(line, [-500 * n for n in range(11)])
    assert line.restless == 1_163
    now_ms, quiet = 11 * BLOCK_MS, 0
    while line.restless > 480:
        feed(line, [-5_000], now_ms)
        now_ms += BLOCK_MS
        quiet += 1
    assert 60 < quiet <= 120
    feed(line, [-5_000] * 600, now_ms)
    assert line.restless == 119


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


def test_a_step_of_the_patients_has_not_filled_the_line():
    """5 kPa at once are clipped: 12,493 * 10 / 7 / 16 = 1115.4 Pa."""
    line = line_of()
    feed(line, [0, 5_000])
    assert line.climb_pa(5_000) == 1_115
    assert line.climb_pa(1_116) == 1_115
    assert line.climb_pa(1_114) == 1_114


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


# The limit, and half of it


@pytest.mark.parametrize(("pressure_pa", "blocked"), [(39_999, False), (40_000, True), (40_001, True)])
def test_the_limit_counts_at_once(pressure_pa, blocked):
    line = line_of()
    assert line.found(1, pressure_pa) == blocked
    assert not line.found(2, 0)


@pytest.mark.parametrize(
    ("limit_pa", "level_pa", "partly"),
    [(40_000, 19_999, False), (40_000, 20_000, True), (39_999, 19_999, False), (39_999, 20_000, True)],
)
def test_partly_blocked_from_half_of_the_limit_on(limit_pa, level_pa, partly):
    line = line_of(occlusion_pa=limit_pa)
    assert not line.partly()
    feed(line, [level_pa])
    assert not line.partly()  # a start's own push is not told
    feed(line, [level_pa], 5_000)
    assert line.partly() == partly
    feed(line, [0], 10_000)
    assert not line.partly()
    feed(line, [level_pa], 15_000)
    assert line.partly() == partly
    line.begin(20_000, 200)
    assert not line.partly()
