"""What a rate and a compliance make of the thresholds, by hand; and where there is the plain limit alone."""

from fractions import Fraction

import pytest

from blocked import STEP_PL, SYRINGE_NL_KPA, feed, line_of
from pumpcore.occlusion import Downstream
from pumpcore.setup import MOST_RATE_CML_H, Setup


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


@pytest.mark.parametrize("rate", [1, 4, 9])
def test_the_slowest_climb_there_is_has_the_highest_thresholds(rate):
    """0.01 to 0.09 mL/h at 1000 uL/kPa: a sixteenth of a Pa in a block."""
    line = line_of(rate, 1_000_000)
    assert (line.climb, line.h, line.h2, line.steps_needed) == (1, 66_400, 78_400, 12)


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


def test_at_power_on_nothing_is_known_of_the_line():
    setup = Setup(STEP_PL, 50_000)
    known = vars(Downstream(setup))
    assert {value for name, value in known.items() if name not in ("limit_pa", "opening_pa", "compliance_nl_kpa")} == {
        0
    }
    line = Downstream(setup)
    assert not line.found(0, 5)
    assert (line.level_pa, line.base_pa, line.climb_pa(7)) == (0, 0, 7)


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
    assert not line.partly()  # it may go on climbing
    feed(line, [level_pa], 20_000)
    assert line.partly() == partly
    line.begin(25_000, 200)
    assert not line.partly()


@pytest.mark.parametrize(("g", "partly"), [(15_599, True), (15_600, False), (15_601, False)])
def test_a_line_half_way_to_being_blocked_is_not_partly_blocked(g, partly):
    """At 1 mL/h h is 31,200. Whether it is blocked is waited for; without a climb there is nothing to wait for."""
    line = line_of()
    feed(line, [25_000, 25_000])
    line.g = g
    assert line.partly() == partly
    line.climb = 0
    assert line.partly()


@pytest.mark.parametrize(
    ("compliance", "gain_pa", "partly"),
    [(SYRINGE_NL_KPA, 19, True), (SYRINGE_NL_KPA, 20, False), (20_826, 20, True), (20_826, 21, False)],
)
def test_nor_is_one_that_has_just_climbed_by_more_than_three_tenths(compliance, gain_pa, partly):
    """Of what a blocked line would at 1 mL/h: of 1024 sixteenths 307, 19.2 Pa; of 1067 320, 20 Pa."""
    line = line_of(100, compliance)
    feed(line, [25_000, 25_000, 25_000 + gain_pa])
    assert line.partly() == partly
