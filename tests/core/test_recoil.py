"""What a syringe pushes on by itself when its motor slows: a bubble is let to its limit slowly.

10 uL/kPa over the least way out, 0.021 kPa s/uL, make 0.21 s of flow. At 100 mL/h that are 5.67 uL, which may be 17;
at 34.3 mL/h 2 uL.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumpcore.recoil import Recoil
from pumpcore.setup import Setup

STEP_PL = 200_000
FAST, CREEP = 10_000, 3_240


def recoil_of(rate_cml_h=FAST, **changes):
    recoil = Recoil(Setup(STEP_PL, 50_000, **{"compliance_nl_kpa": 10_000} | changes))
    recoil.pump(rate_cml_h)
    return recoil


def creeping(pressure_pa=3_000, **changes):
    recoil = recoil_of(**changes)
    assert recoil.look(0, 0, pressure_pa) == 0
    assert recoil.creeps
    recoil.pump(recoil.slowed(FAST))
    return recoil


@pytest.mark.parametrize(
    ("rate_cml_h", "least_nl"), [(0, 0), (359, 0), (3_600, 2_100), (10_000, 5_670), (120_000, 69_930)]
)
def test_the_least_that_follows_is_by_whole_microlitres_a_second(rate_cml_h, least_nl):
    assert recoil_of(rate_cml_h).least_nl == least_nl


@pytest.mark.parametrize(("nl_kpa", "least_nl"), [(10_009, 2_100), (1_019, 212), (1_010, 212)])
def test_it_is_rather_less_than_more(nl_kpa, least_nl):
    """At 36 mL/h, by whole 10 nL/kPa: of 10,009 nL/kPa 10,000 count, of 1019 as of 1010 they make 212.1 nL."""
    assert recoil_of(3_600, compliance_nl_kpa=nl_kpa).least_nl == least_nl


def test_before_the_motor_has_had_a_rate_nothing_follows():
    recoil = Recoil(Setup(STEP_PL, 50_000, compliance_nl_kpa=10_000))
    assert recoil.least_nl == 0 and recoil.creeps is False
    recoil.look(0, 0, 0)
    assert not recoil.creeps


@pytest.mark.parametrize(("to_limit_nl", "creeps"), [(17_011, False), (17_010, True), (0, True), (-5, True)])
def test_the_motor_creeps_once_three_times_the_least_could_reach_the_limit(to_limit_nl, creeps):
    recoil = recoil_of()
    recoil.look(to_limit_nl, 0, 3_000)
    assert recoil.creeps == creeps
    assert recoil.slowed(FAST) == (CREEP if creeps else FAST)


@pytest.mark.parametrize(
    ("nl_kpa", "creep_cml_h"), [(10_000, 9 * 360), (21_715, 4 * 360), (1_000, 95 * 360), (47_640, 360)]
)
def test_the_creeping_rate_is_that_at_which_2_ul_follow_at_least(nl_kpa, creep_cml_h):
    """2 uL / (10 uL/kPa * 0.021 kPa s/uL) are 9.5 uL/s, and 1 uL/s is 3.6 mL/h."""
    recoil = creeping(compliance_nl_kpa=nl_kpa, rate_cml_h=60_000)
    assert recoil.slowed(60_000) == creep_cml_h
    assert recoil.slowed(100) == 100
    assert recoil.least_nl <= 2_000


@pytest.mark.parametrize(("rate_cml_h", "creeps"), [(3_240, False), (3_599, False), (3_600, True)])
def test_a_motor_as_slow_as_that_goes_on(rate_cml_h, creeps):
    recoil = recoil_of(rate_cml_h)
    recoil.look(0, 0, 0)
    assert recoil.creeps == creeps


@pytest.mark.parametrize(("nl_kpa", "creeps"), [(95_240, False), (95_290, True)])
def test_nor_one_of_which_just_2_ul_follow(nl_kpa, creeps):
    """At 3.6 mL/h; of the next softer one 2001 nL."""
    recoil = recoil_of(360, compliance_nl_kpa=nl_kpa)
    recoil.look(0, 0, 0)
    assert recoil.creeps == creeps


@pytest.mark.parametrize("changes", [{"compliance_nl_kpa": 0}, {"upstream_pa": 16_000}])
def test_where_nothing_is_known_to_be_elastic_or_behind_rollers_nothing_creeps(changes):
    recoil = recoil_of(**changes)
    assert recoil.look(0, 1_000, 3_000) == recoil.look(0, 1_000, 0) == 0
    assert not recoil.creeps and recoil.least_nl == 0
    assert recoil.slowed(FAST) == FAST


def test_half_of_the_compliance_times_the_fall_has_come_by_itself():
    """1 kPa of 10 uL/kPa: 5 uL; none of it twice, also when the pressure has gone up between."""
    recoil = creeping(3_000)
    assert recoil.look(0, 10_000, 2_000) == 5_000
    assert recoil.look(0, 10_000, 2_000) == 0
    assert recoil.look(0, 10_000, 2_500) == 0
    assert recoil.look(0, 10_000, 3_500) == 0
    assert recoil.look(0, 10_000, 1_800) == 1_000


@pytest.mark.parametrize(("nl_kpa", "fall_pa", "came_nl"), [(10_000, 9, 0), (10_000, 19, 50), (10_010, 10, 50)])
def test_it_is_told_by_10_pa_and_whole_nanolitres(nl_kpa, fall_pa, came_nl):
    recoil = creeping(3_000, compliance_nl_kpa=nl_kpa)
    assert recoil.look(0, 10_000, 3_000 - fall_pa) == came_nl


def test_nothing_comes_before_it_creeps_and_as_the_pressure_rises():
    recoil = recoil_of()
    assert recoil.look(100_000, 10_000, 3_000) == 0
    assert recoil.look(100_000, 10_000, 2_000) == 0
    assert recoil.look(0, 10_000, 2_000) == 0
    assert recoil.look(0, 10_000, 2_100) == 0
    assert recoil.look(0, 10_000, 1_900) == 500


def test_no_faster_than_the_motor_ran_before():
    """At 100 mL/h it was three times as fast as 32.4: while it moves 0.2 uL at most 0.6 come. The rest comes after."""
    recoil = creeping(3_000)
    assert [recoil.look(0, moved_nl, 2_000) for moved_nl in (200, 0, 1_000, 1_000)] == [600, 0, 3_000, 1_400]


def test_a_fall_beyond_what_a_line_relaxes_counts_as_20_kpa():
    recoil = creeping(25_000)
    assert recoil.look(0, 1_000_000, 4_999) == 100_000
    assert recoil.look(0, 1_000_000, 0) == 0


def test_once_there_is_no_air_the_motor_has_its_rate_and_the_next_bubble_begins_anew():
    recoil = creeping(3_000)
    assert recoil.look(0, 10_000, 2_000) == 5_000
    recoil.end()
    assert recoil.slowed(FAST) == FAST
    recoil.pump(FAST)
    assert recoil.look(0, 10_000, 4_000) == 0
    assert recoil.creeps
    assert recoil.look(0, 10_000, 3_800) == 1_000


def test_the_softest_that_may_be_told_creeps_and_stays_within_31_bits():
    """1 mL/kPa: the least rate is 1 uL/s. 20 kPa would be 10 mL, told a millilitre at a time."""
    recoil = creeping(20_000, compliance_nl_kpa=1_000_000, rate_cml_h=120_000)
    assert recoil.slowed(120_000) == 360
    assert recoil.look(0, 3_000, -1) == 999_000
    assert [recoil.look(0, 1_000_000, -1) for _ in range(11)] == [1_000_000] * 9 + [1_000, 0]


@given(st.lists(st.tuples(st.integers(0, 50_000), st.integers(-25_000, 150_000)), max_size=40))
def test_what_came_is_what_the_lowest_pressure_gives_at_most(looks):
    recoil = creeping(5_000)
    came_nl, least_pa, moved_nl = 0, 5_000, 0
    for nl, pressure_pa in looks:
        came_nl += recoil.look(0, nl, pressure_pa)
        least_pa, moved_nl = min(least_pa, pressure_pa), moved_nl + nl
        assert 0 <= came_nl <= min((5_000 - least_pa) * 5, 3 * moved_nl, 100_000)
