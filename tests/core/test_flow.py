"""The flow sensor against the steps: free flow, windows of five minutes, what is booked, a sensor that is dead.

A step is 0.2 uL, a look comes every second. Told is 21 uL/kPa; steps of 5 a second are 1 uL/s, 3.6 mL/h.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumpcore.dose import Dose
from pumpcore.flow import DEAD, DRY, FREE, OVER, UNDER, WELL, Flow
from pumpcore.setup import Setup
from pumpcore.units import CLOCK_MASK

STEP_PL, NL_KPA = 200_000, 21_000
STEPS_S, NL_S = 5, 1_000


class Line:
    """What flows is told in nL a second; `say` holds what the last look said, `booked` all that was given out."""

    def __init__(self, start_ms=0, start_nl=0, **setup):
        self.flow = Flow(Setup(STEP_PL, 50_000, compliance_nl_kpa=NL_KPA, **{"flow_sensor": 1, **setup}))
        self.now_ms, self.nl, self.pressure_pa, self.booked_nl = start_ms, start_nl, 1_000, 0
        self.loose, self.pumping, self.every_ms = False, True, 1_000
        self.look(0, 0)

    def look(self, steps, moved_nl):
        self.nl = (self.nl + moved_nl) & CLOCK_MASK
        said = self.flow.look(self.now_ms, steps, self.nl, self.pressure_pa, self.loose, self.pumping)
        self.booked_nl += self.flow.free_nl
        self.now_ms = (self.now_ms + self.every_ms) & CLOCK_MASK
        return said

    def run(self, looks, moved_nl, steps=STEPS_S):
        """All that was said in so many looks."""
        return [self.look(steps, moved_nl) for _ in range(looks)]


def first(said, what):
    """After how many looks."""
    return said.index(what) + 1 if what in said else None


STARTS = [(0, 0), (CLOCK_MASK - 3_500, CLOCK_MASK - 2_500)]


def test_without_a_sensor_all_is_well_and_nothing_is_booked():
    line = Line(flow_sensor=0)
    line.loose = True
    assert set(line.run(700, 9_000)) == {WELL} and line.booked_nl == 0


# Free flow


@pytest.mark.parametrize(("start_ms", "start_nl"), STARTS)
@pytest.mark.parametrize(
    ("steps", "moved_nl", "looks"),
    [
        (0, 10_000, 4),  # 30 uL at rest: each second less 8.3 nL of zero error
        (STEPS_S, NL_S + 10_000, 4),  # and 5 % of 1 uL: 3 * 9942
        (STEPS_S, NL_S + 200, 212),  # a fifth more than is pumped: 200 - 50 - 8.3 nL/s to 30 uL
        (STEPS_S, NL_S + 58, None),  # what an honest sensor may be off by
        (0, 8, None),
        (STEPS_S, 0, None),
        (0, -10_000, None),
    ],
)
def test_free_flow_from_30_ul_on(start_ms, start_nl, steps, moved_nl, looks):
    assert first(Line(start_ms, start_nl).run(230, moved_nl, steps), FREE) == looks


@pytest.mark.parametrize(("moved_nl", "looks"), [(10_000, 6), (NL_S * 13 // 100 + 8, None)])
def test_rollers_may_be_8_percent_off_and_suck_back_13_ul(moved_nl, looks):
    """50 uL, and 13 % of what is pumped."""
    line = Line(upstream_pa=16_000)
    assert first(line.run(290, NL_S + moved_nl), FREE) == looks


def test_a_slip_of_the_stopper_is_no_free_flow():
    """6.8 uL at once each 6.8 s, for an hour; the most of it that lies ahead of the steps is a slip."""
    line = Line()
    said = [line.look(34, 6_800 if n % 7 == 0 else 0) for n in range(3_600)]
    assert FREE not in said


@pytest.mark.parametrize(("fall_pa", "free"), [(2_000, False), (1_900, False), (500, True)])
def test_what_the_line_had_stored_is_no_free_flow(fall_pa, free):
    """A patient lies down: 42 uL come out as the pressure falls by 2 kPa. As it falls by 0.5, only 10.5 are its own."""
    line = Line()
    line.run(10, NL_S)
    line.pressure_pa -= fall_pa
    assert (FREE in line.run(3, NL_S + 21_000)) == free


def test_what_came_as_the_pressure_fell_is_none_later_either():
    """A patient is laid 3 kPa lower, 45 uL come within four seconds; minutes later the reading is 2 kPa higher, as he
    stirs: 45 uL less 5 % of what was pumped would be free flow then."""
    line = Line()
    line.run(10, NL_S)
    for _ in range(4):
        line.pressure_pa -= 750
        assert line.look(STEPS_S, NL_S + 11_250) == WELL
    line.run(60, NL_S)
    line.pressure_pa += 2_500
    assert set(line.run(60, NL_S)) == {WELL}


@pytest.mark.parametrize(("slows", "free"), [(True, False), (False, True)])
def test_as_the_motor_slows_the_fall_is_measured_from_there(slows, free):
    """The pressure has just risen, so it is no lower than ten seconds before as the line gives 40 uL of 3 kPa; and a
    minute later the reading is as high. Without a slower motor that would be free flow."""
    line = Line()
    line.run(15, NL_S)
    line.pressure_pa += 3_000
    line.run(2, NL_S)
    if slows:
        line.flow.change()
    for _ in range(4):
        line.pressure_pa -= 725
        assert line.look(STEPS_S, NL_S + 10_000) == WELL
    line.run(60, NL_S)
    line.pressure_pa += 3_000
    assert (FREE in line.run(60, NL_S)) == free


def test_but_what_flows_without_a_fall_is_free_flow_at_any_rate():
    line = Line()
    line.run(10, NL_S)
    line.flow.change()
    assert first(line.run(5, 20_000, 0), FREE) == 2


def test_found_once_it_is_free_flow_until_the_next_start():
    line = Line()
    assert first(line.run(5, 20_000, 0), FREE) == 2
    assert set(line.run(5, 0, 0)) == {FREE}
    line.flow.begin()
    assert set(line.run(5, 0, 0)) == {WELL}


def test_a_clock_that_jumps_back_makes_no_flow():
    line = Line()
    line.run(10, NL_S)
    line.now_ms = (line.now_ms - 7_200_000) & CLOCK_MASK
    assert set(line.run(10, NL_S)) == {WELL}


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(-40, 40)), min_size=1, max_size=60))
def test_a_line_that_stores_and_gives_back_what_was_pumped_is_never_free_flow(looks):
    """Whatever is pumped flows, or is stored at 15 uL/kPa, when the told 21 are the most of a kind; 20 uL at a time."""
    line = Line()
    for steps, wanted_ul in looks:
        change_ul = max(wanted_ul, -round((line.pressure_pa - 1_000) * 15 / 1_000))
        line.pressure_pa += change_ul * 1_000 // 15
        said = line.look(steps, steps * 200 - change_ul * 1_000)
        assert said not in (FREE, OVER, UNDER)


# Windows of five minutes


def settled(**setup):
    """Slack is taken up, and a window begins."""
    line = Line(**setup)
    line.flow.slack_nl = 0
    line.flow.change()
    line.look(0, 0)
    return line


@pytest.mark.parametrize(
    ("steps", "share", "found"),
    [
        (STEPS_S, 0.84, UNDER),  # 48 uL of 300 are missing, and 45 may
        (STEPS_S, 0.86, WELL),
        (STEPS_S, 1.04, WELL),
        (50, 0.84, UNDER),  # 36 mL/h
        (50, 0.86, WELL),
        (1, 0.75, WELL),  # 0.72 mL/h: 0.5 mL/h may be missing, 42 uL of 60
        (1, 0.31, WELL),
        (1, 0.29, UNDER),
    ],
)
def test_less_than_pumped_by_15_percent_or_half_a_ml_an_hour(steps, share, found):
    said = settled().run(300, round(steps * 200 * share), steps)
    assert said[-1] == found and set(said[:-1]) == {WELL}


def test_more_than_pumped_in_five_minutes_is_over_infusion():
    """20 % more for five minutes, which is found as free flow sooner unless it comes where rollers may be 13 % off."""
    line = settled(upstream_pa=16_000)
    said = line.run(300, 1_160)
    assert FREE not in said and said[-1] == OVER


def test_slack_of_a_start_is_no_under_infusion():
    """250 uL of the first are swallowed, at 3.6 mL/h in 250 s; once, and not again."""
    line = Line()
    assert set(line.run(250, 1)) == {WELL}
    assert set(line.run(51, NL_S)) == {WELL}
    assert UNDER in line.run(301, 800)


@pytest.mark.parametrize(("rise_pa", "found"), [(3_000, WELL), (100, UNDER)])
def test_what_the_line_stores_is_not_missing(rise_pa, found):
    """60 uL of 300 do not arrive; 3 kPa more hold 63 of them at most."""
    line = settled()
    line.run(299, 800)
    line.pressure_pa += rise_pa
    assert line.look(STEPS_S, 800) == found


def test_a_change_of_rate_begins_another_window_and_rest_none():
    line = settled()
    line.run(299, 700)
    line.flow.change()
    assert set(line.run(300, 700)) == {WELL}
    assert line.look(STEPS_S, 700) == UNDER
    line.pumping = False
    assert set(line.run(700, 0, 0)) == {WELL}


# Nothing comes


def test_while_next_to_nothing_comes_it_is_not_called_less():
    """A syringe empties in the middle of a window: 100 uL of 300 are missing at its end, and 45 may. After 300 it is
    dry."""
    line = settled()
    line.run(200, NL_S)
    assert set(line.run(290, 1)) == {WELL}
    assert first(line.run(20, 1), DRY) == 12


@pytest.mark.parametrize(("moved_nl", "dry"), [(1, True), (8, True), (240, False), (250, False), (300, False)])
def test_dry_once_300_ul_were_pumped_and_less_than_a_quarter_came(moved_nl, dry):
    """A look gives 1000 nL less four times what came: 8 nL, the sensor's zero error, leave 968 and 310 looks."""
    said = settled().run(311, moved_nl)
    assert (DRY in said) == dry
    if dry:
        assert first(said, DRY) == -(-300_000 // (1_000 - 4 * moved_nl))


def test_what_an_artery_pushes_back_at_first_is_no_dryness():
    """75 uL come back at once, and 210 of slack, friction and pressure are swallowed: 285."""
    line = settled()
    line.look(0, -75_000)
    assert DRY not in line.run(285, 1)


def test_a_line_that_fills_up_is_blocked_and_not_dry():
    """15 of the 21 uL/kPa that are told: 67 Pa a second."""
    line = settled()
    for _ in range(800):
        line.pressure_pa += 67
        assert line.look(STEPS_S, 1) != DRY


# A dead sensor


@pytest.mark.parametrize(("start_ms", "start_nl"), STARTS)
def test_dead_after_a_minute_and_50_ul_without_a_count(start_ms, start_nl):
    """1 uL/s: the minute is longer. At a tenth of it the 50 uL are."""
    assert first(Line(start_ms, start_nl).run(70, 0), DEAD) == 60
    slow = Line(start_ms, start_nl)
    assert first([slow.look(int(n % 2 == 0), 0) for n in range(550)], DEAD) == 499


def test_one_count_shows_that_it_lives():
    line = Line()
    for _ in range(5):
        assert DEAD not in line.run(59, 0)
        line.look(STEPS_S, 1)
    assert DEAD in line.run(60, 0)


def test_at_rest_no_count_is_asked_of_it():
    assert set(Line().run(1_000, 0, 0)) == {WELL}


def test_a_dead_sensor_is_not_taken_for_an_empty_reservoir():
    """At 10 uL/s 300 uL are pumped long before the minute is over."""
    said = Line().run(70, 0, 50)
    assert DRY not in said and first(said, DEAD) == 60


# Booking


def test_what_flows_while_the_door_is_open_is_booked():
    """130 uL/s for a minute; of the first look the zero error is taken off."""
    line = Line()
    line.run(10, NL_S)
    line.loose = True
    line.run(60, 130_000, 0)
    assert 60 * 130_000 - 10 <= line.booked_nl <= 60 * 130_000
    line.loose = False
    line.flow.begin()
    booked_nl = line.booked_nl
    line.run(60, NL_S)
    assert line.booked_nl == booked_nl


def test_free_flow_that_was_found_is_booked_from_its_beginning():
    """A fifth more than is pumped: all of it but 5 % and the zero error until it was found, all of it afterwards."""
    line = Line()
    assert first(line.run(212, NL_S + 200), FREE) == 212
    assert 30_000 <= line.booked_nl <= 30_200
    line.run(100, 13_000, 0)
    assert 1_330_000 <= line.booked_nl <= 1_330_200


def test_what_was_stored_had_been_pumped_and_is_not_booked_again():
    """30 uL come as the pressure falls by 2 kPa: 15 uL/kPa, five sevenths of what is told as the most of a kind."""
    line = Line()
    line.run(10, NL_S)
    line.loose = True
    line.pressure_pa -= 2_000
    line.run(30, 1_000, 0)
    assert line.booked_nl == 0
    line.run(10, 1_000, 0)
    assert 9_900 <= line.booked_nl <= 10_000


def test_what_flows_back_and_comes_again_is_booked_once():
    line = Line()
    line.loose = True
    line.run(10, 5_000, 0)
    booked_nl = line.booked_nl
    line.run(10, -3_000, 0)
    line.run(10, 3_000, 0)
    assert line.booked_nl == booked_nl
    line.run(10, 3_000, 0)
    assert line.booked_nl == booked_nl + 30_000


def test_a_door_that_is_closed_before_free_flow_was_found_has_nothing_booked_twice():
    """8 uL a second past the open door for two looks and past the closed one for two more: 32 uL, less the zero error
    of the first look and of those two."""
    line = Line()
    line.loose = True
    line.run(2, 8_000, 0)
    assert 15_990 <= line.booked_nl <= 16_000
    line.loose = False
    assert line.run(2, 8_000, 0) == [WELL, FREE]
    assert 31_970 <= line.booked_nl <= 32_000


def test_what_was_booked_by_the_door_is_forgotten_with_its_surplus():
    """24 uL, then the sensor's zero error has nearly an hour to take them off; 36 uL afterwards are all new."""
    line = Line()
    line.loose = True
    line.run(2, 12_000, 0)
    line.loose = False
    line.run(3_000, 0, 0)
    assert line.run(3, 12_000, 0) == [WELL, WELL, FREE]
    assert 59_950 <= line.booked_nl <= 60_000


def test_nor_is_what_the_line_had_stored_taken_off_twice():
    """30 uL of 40 come out of the line as the pressure falls by 2 kPa past the open door; past the closed one come 10
    more in each of ten looks."""
    line = Line()
    line.run(10, NL_S)
    line.loose = True
    line.pressure_pa -= 2_000
    line.run(40, 1_000, 0)
    assert 9_900 <= line.booked_nl <= 10_000
    line.loose = False
    assert line.run(10, 10_000, 0)[-1] == FREE
    assert 109_500 <= line.booked_nl <= 110_000


def test_booked_volume_is_given_and_out_of_the_reservoir():
    """1.2345 mL twice, of 3 mL in a reservoir of 50: 531 uL are left, rounded up to whole uL of what is not in."""
    dose = Dose(Setup(STEP_PL, 50_000))
    dose.program(1_000, 3_000, 0)
    dose.book_free(1_234_500)
    dose.book_free(1_234_500)
    assert (dose.pumped_ul, dose.pumped_pl, dose.free_ul, dose.left_ul()) == (2_469, 0, 2_469, 531)
    assert dose.steps_left() == 531_000_000 // STEP_PL


@given(st.lists(st.integers(0, 2**29), max_size=20))
def test_booking_adds_up_to_the_nanolitre(volumes):
    dose = Dose(Setup(STEP_PL, 50_000))
    for nl in volumes:
        dose.book_free(nl)
    assert dose.pumped_ul * 1_000_000 + dose.pumped_pl == sum(volumes) * 1_000
    assert dose.free_ul * 1_000 + dose.free_nl == sum(volumes)
