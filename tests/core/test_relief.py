"""Backing off and taking up: where it ends, to the pascal and the picolitre.

A step is 0.2 uL where nothing else is said: five are a microlitre.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relieved import STEP_PL, UL, relief_of

# How far


@pytest.mark.parametrize(
    ("pressure_pa", "climb_pa", "end_pa"),
    [
        (10_000, 0, 10_000),
        (10_000, 1, 10_000),
        (10_000, 3, 9_999),
        (10_000, 3_000, 8_800),  # four tenths are 1200, and all but 2 kPa 1000
        (10_000, 3_333, 8_667),  # either is 1333
        (10_000, 3_334, 8_666),
        (10_000, 10_000, 2_000),
        (40_000, 40_000, 2_000),
        (40_000, 38_000, 4_000),
        (1_200, 3_000, 0),
        (1_201, 3_000, 1),
        (1_199, 3_000, 0),
        (500, 9_000, 0),
        (-299, 0, 0),
    ],
)
def test_a_fall_of_four_tenths_or_to_2_kpa_above_and_not_below_zero(pressure_pa, climb_pa, end_pa):
    relief = relief_of()
    relief.begin(pressure_pa, climb_pa)
    assert relief.end_pa == end_pa
    assert not relief.done(end_pa + 1, 0)
    assert relief.done(end_pa, 0)


@settings(max_examples=200, deadline=None)
@given(base_pa=st.integers(0, 30_000), climb_pa=st.integers(0, 60_000))
def test_what_was_not_stored_is_never_drawn_back(base_pa, climb_pa):
    """However far it falls, the pressure stays above where it began, by six tenths or 2 kPa, whichever is less."""
    relief = relief_of()
    relief.begin(base_pa + climb_pa, climb_pa)
    left_pa = relief.end_pa - base_pa
    assert left_pa == min(climb_pa - climb_pa * 4 // 10, 2_000)


@pytest.mark.parametrize(
    ("readings", "end_pa"),
    [
        ((9_000, 9_300), 7_000),
        ((9_000, 9_301), 7_301),
        ((9_000, 9_200, 9_400), 7_400),  # little by little is a rise as well
        ((9_000, 9_301, 9_601), 7_301),
        ((9_000, 9_301, 9_602), 7_602),
        ((9_000, 12_000, 10_001), 10_000),
        ((9_000, 12_000, 10_000), 10_000),  # a fall may be the motor's
        ((10_301,), 7_301),
        ((10_300,), 7_000),
    ],
)
def test_where_it_ends_rises_with_the_patient(readings, end_pa):
    """From 10 kPa by 3 to 7: turning back raises no pressure, and 300 Pa are noise."""
    relief = relief_of()
    relief.begin(10_000, 5_000)
    ends = [relief.done(pressure_pa, -1) for pressure_pa in readings]
    assert relief.end_pa == end_pa
    assert ends == [False] * (len(readings) - 1) + [readings[-1] <= end_pa]
    assert relief.begun_pa == 10_000 + end_pa - 7_000


def test_a_patient_who_sits_up_does_not_move_the_end_of_the_dead_band():
    """It ends 600 Pa below where it began; lifted by 5 kPa that is 14,400 Pa."""
    relief = relief_of()
    relief.begin(10_000, 5_000)
    marks = []
    for pressure_pa in (10_000, 15_000, 14_401, 14_400, 14_000):
        relief.done(pressure_pa, -10 * UL)
        marks.append(relief.falls_at_ul)
    assert marks == [10, 20, 30, 30, 30]


def test_a_rise_of_the_last_time_is_forgotten():
    relief = relief_of()
    relief.begin(3_000, 2_000)
    assert not relief.done(9_000, -1)
    relief.begin(10_000, 5_000)
    assert not relief.done(10_000, -1)
    assert relief.end_pa == 7_000


@settings(max_examples=200, deadline=None)
@given(
    base_pa=st.integers(0, 9_000),
    climb_pa=st.integers(1, 40_000),
    band=st.integers(0, 40),
    lifts=st.dictionaries(st.integers(0, 80), st.integers(-9_000, 9_000), max_size=5),
)
def test_whoever_is_lifted_nothing_is_drawn_out_of_him(base_pa, climb_pa, band, lifts):
    """230 Pa a look once the band is past, which may hide as much of each rise; 300 Pa may be noise. One who sinks ends
    it sooner."""
    relief = relief_of()
    relief.begin(base_pa + climb_pa, climb_pa)
    left_pa = relief.end_pa - base_pa
    line_pa, lifted_pa, look = base_pa + climb_pa, 0, 0
    done = False
    while not done and look < 400:
        lifted_pa += lifts.get(look, 0)
        line_pa -= 230 * (look >= band)
        done = relief.done(line_pa + lifted_pa, -UL)
        look += 1
    assert line_pa - base_pa >= left_pa - 230 - 530 * sum(lift > 0 for lift in lifts.values())


def test_below_zero_it_ends_at_once():
    relief = relief_of()
    relief.begin(1_500, 4_000)
    assert relief.done(-1, -1)
    assert not relief.done(1, -1)
    assert relief.done(0, -1)


def test_a_millilitre_is_the_most_whatever_the_pressure():
    relief = relief_of()
    relief.begin(30_000, 30_000)
    assert not relief.done(30_000, -1_000 * UL + 1)
    assert relief.done(30_000, -1)
    relief.begin(30_000, 30_000)
    assert (relief.back_ul, relief.back_pl) == (0, 0)
    assert not relief.done(30_000, -1)


@settings(max_examples=100, deadline=None)
@given(step_pl=st.integers(1, 235_000), looks=st.lists(st.integers(0, 600), max_size=30))
def test_the_way_back_is_its_steps_to_the_picolitre(step_pl, looks):
    relief = relief_of(step_pl)
    relief.begin(30_000, 30_000)
    for steps in looks:
        done = relief.done(30_000, -steps)
        assert done == (relief.back_ul >= 1_000)
    assert relief.back_ul * 1_000_000 + relief.back_pl == sum(looks) * step_pl


@pytest.mark.parametrize(("step_pl", "back_off", "rate"), [(200_000, 1, 12_000), (200_000, 0, 0), (1_000, 1, 7_200)])
def test_it_turns_back_at_120_mL_h_if_the_drive_can(step_pl, back_off, rate):
    assert relief_of(step_pl, back_off).rate_cml_h == rate


# Where the fluid begins to move, and taking up


def test_the_dead_band_ends_where_the_pressure_has_fallen_by_600_pa():
    """Up to 9401 Pa of 10,000 it may still be noise; a reading that rises again moves the mark on."""
    relief = relief_of()
    relief.begin(10_000, 10_000)
    marks = []
    for pressure_pa in (10_000, 9_401, 9_400, 9_101, 9_401, 9_400, 5_000):
        relief.done(pressure_pa, -10 * UL)
        marks.append(relief.falls_at_ul)
    assert marks == [10, 20, 20, 20, 50, 50, 50]
    relief.begin(10_000, 10_000)
    assert relief.falls_at_ul == 0


def backed_off(band_ul=200, fluid_ul=100, step_pl=STEP_PL):
    """Turned back so far, `fluid_ul` of it with the pressure falling; starts at 800 Pa."""
    relief = relief_of(step_pl)
    relief.begin(10_000, 10_000)
    relief.done(10_000, -band_ul * 1_000_000 // step_pl)
    relief.done(9_000, -fluid_ul * 1_000_000 // step_pl)
    relief.take_up(800)
    return relief


def test_the_way_back_is_taken_up_until_the_fluid_and_20_uL_are_owed():
    relief = backed_off()
    assert (relief.taking_up, relief.falls_at_ul) == (True, 200)
    assert not relief.taken_up(800, 300 * UL)
    assert not relief.taken_up(800, 120 * UL + 1)
    assert relief.taken_up(800, 120 * UL)
    assert (relief.taking_up, relief.falls_at_ul) == (False, 0)


@pytest.mark.parametrize(("pressure_pa", "pressed"), [(200, False), (800, False), (1_399, False), (1_400, True)])
def test_a_stopper_is_pressed_600_pa_above_the_start(pressure_pa, pressed):
    relief = backed_off()
    assert relief.taken_up(pressure_pa, 300 * UL) == pressed
    assert relief.taking_up == (not pressed)


def test_a_way_back_is_taken_up_once():
    relief = backed_off()
    assert relief.taken_up(800, 0)
    relief.take_up(800)
    assert not relief.taking_up


def test_a_taking_up_that_was_broken_off_goes_on_at_the_next_start():
    """A pause in the middle: the pressure it is held against is the new start's."""
    relief = backed_off()
    assert not relief.taken_up(800, 200 * UL)
    relief.take_up(1_300)
    assert relief.taking_up
    assert not relief.taken_up(1_899, 200 * UL)
    assert relief.taken_up(1_900, 200 * UL)


def test_without_a_way_back_nothing_is_taken_up():
    relief = relief_of()
    relief.take_up(0)
    assert not relief.taking_up
    relief.begin(10_000, 0)
    assert relief.done(10_000, 0)
    relief.take_up(0)
    assert not relief.taking_up
