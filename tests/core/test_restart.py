"""Going on by itself: when a line is free, within 15 s, and how often in any ten minutes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pumpcore.alarms import NO_ALARM, OCCLUSION_DOWNSTREAM, OVERHEAT, RESTART_LIMIT
from pumpcore.records import ACCEPTED
from pumpcore.restart import Restart
from pumpcore.setup import Setup
from pumpcore.states import ACKNOWLEDGE, ALARM, INFUSING, PAUSED, RELIEF
from pumpcore.units import CLOCK_MASK
from relieved import Line, relief_of

TEN_MIN_MS = 600_000
STARTS = [0, CLOCK_MASK - 7_000, CLOCK_MASK - 300_000]


def restart_of(restarts=2):
    return Restart(Setup(200_000, 50_000, restarts=restarts))


# When


@pytest.mark.parametrize("start_ms", STARTS)
def test_it_waits_for_15_s(start_ms):
    restart = restart_of()
    restart.blocked(start_ms, 5_000, 4_000)
    assert restart.waiting
    assert restart.due((start_ms + 14_999) & CLOCK_MASK, 0)
    assert not restart.due((start_ms + 15_000) & CLOCK_MASK, 0)
    assert not restart.waiting
    assert not restart.due((start_ms + 15_001) & CLOCK_MASK, 0)


@pytest.mark.parametrize("start_ms", STARTS)
def test_the_15_s_count_from_where_the_motor_stands(start_ms):
    restart = restart_of()
    restart.blocked(start_ms, 5_000, 4_000)
    restart.standing((start_ms + 9_000) & CLOCK_MASK)
    assert restart.due((start_ms + 23_999) & CLOCK_MASK, 0)
    assert not restart.due((start_ms + 24_000) & CLOCK_MASK, 0)


@pytest.mark.parametrize(
    ("pressure_pa", "climb_pa", "open_pa"),
    [
        (5_000, 3_000, 2_900),
        (5_000, 3_330, 2_669),
        (5_000, 4_000, 2_000),
        (25_000, 24_000, 2_000),
        (3_000, 10, 2_993),
        (3_000, 0, 3_000),
        (1_000, 3_001, -1_100),
    ],
)
def test_a_line_is_free_within_three_tenths_of_the_climb_or_1_kpa_if_that_is_less(pressure_pa, climb_pa, open_pa):
    """Never as high as backing off leaves it, so a line that is still blocked stays in ALARM."""
    restart = restart_of()
    restart.blocked(0, pressure_pa, climb_pa)
    assert not restart.due(20, open_pa + 1)
    assert restart.due(40, open_pa)
    assert restart.due(60, open_pa)  # until it is taken


def test_with_no_restarts_nothing_is_waited_for():
    restart = restart_of(0)
    restart.blocked(0, 5_000, 4_000)
    assert not restart.waiting
    assert not restart.due(20, -5_000)
    assert not restart.allowed(20)


def test_standing_alone_is_no_reason_to_start():
    restart = restart_of()
    restart.standing(0)
    assert not restart.due(20, -5_000)


# How often


@pytest.mark.parametrize("start_ms", STARTS)
@pytest.mark.parametrize("restarts", [1, 2, 9])
def test_so_many_in_ten_minutes_and_the_first_is_forgotten_after_that(restarts, start_ms):
    """At exactly ten minutes it still counts, a millisecond later it does not."""
    restart = restart_of(restarts)
    for n in range(restarts):
        restart.waiting = True
        assert restart.allowed((start_ms + 1_000 * n) & CLOCK_MASK)
        assert not restart.waiting
    restart.waiting = True
    assert not restart.allowed((start_ms + TEN_MIN_MS) & CLOCK_MASK)
    assert not restart.waiting
    assert restart.allowed((start_ms + TEN_MIN_MS + 1) & CLOCK_MASK)
    assert restart.kept == restarts
    if restarts > 1:
        assert not restart.allowed((start_ms + TEN_MIN_MS + 1_000) & CLOCK_MASK)
        assert restart.allowed((start_ms + TEN_MIN_MS + 1_001) & CLOCK_MASK)


@settings(max_examples=200, deadline=None)
@given(
    restarts=st.integers(0, 9),
    waits=st.lists(st.one_of(st.integers(0, 200_000), st.sampled_from([TEN_MIN_MS, TEN_MIN_MS + 1])), max_size=60),
    start_ms=st.sampled_from(STARTS),
)
def test_in_any_ten_minutes_as_many_as_are_allowed_and_no_fewer(restarts, waits, start_ms):
    restart = restart_of(restarts)
    now_ms, taken = start_ms, []
    for wait_ms in waits:
        now_ms += wait_ms
        recent = sum(now_ms - at <= TEN_MIN_MS for at in taken)
        allowed = restart.allowed(now_ms & CLOCK_MASK)
        assert allowed == (recent < restarts)
        if allowed:
            taken.append(now_ms)


# Through the controller


def test_a_patient_who_turns_over_finds_the_pump_going_on():
    """The alarm goes with it, for a warning is not needed any more; a new occlusion is told anew."""
    line = Line(restarts=1)
    line.block()
    line.run_to(ALARM)
    line.run(10_000)
    assert (line.state, line.rig.outputs.alarm_reason) == (ALARM, OCCLUSION_DOWNSTREAM)
    line.blocked = False
    line.run(1_000)  # a pump that stands looks once a second
    outputs = line.rig.outputs
    assert (line.state, outputs.alarms, outputs.alarm_reason, outputs.alarm_shown) == (INFUSING, 0, NO_ALARM, 0)
    assert outputs.motor_cml_h == 12_000  # the way back first
    line.run(60_000)
    assert (line.state, outputs.motor_cml_h, outputs.backward) == (INFUSING, 1_000, False)
    line.block()
    assert outputs.alarm_reason == OCCLUSION_DOWNSTREAM


@pytest.mark.parametrize(("after_ms", "state"), [(13_900, INFUSING), (15_500, ALARM)])
def test_a_line_that_is_freed_too_late_stays_in_alarm(after_ms, state):
    line = Line(restarts=9)
    line.block()
    line.run_to(ALARM)
    line.run(after_ms)
    line.blocked = False
    line.run(5_000)
    assert line.state == state


def test_a_line_that_stays_blocked_stays_in_alarm():
    """Backing off leaves 1.9 of 3.2 kPa, and only below one it would be free."""
    line = Line(restarts=9)
    line.block()
    line.run_to(ALARM)
    given = line.rig.stepper.given
    line.run(120_000)
    assert (line.state, line.rig.stepper.given) == (ALARM, given)
    assert not line.rig.outputs.alarms & 1 << RESTART_LIMIT


def test_with_no_restarts_a_freed_line_waits_for_the_user():
    line = Line(restarts=0)
    line.block()
    line.run_to(ALARM)
    line.blocked = False
    line.run(60_000)
    assert line.state == ALARM
    assert line.rig.outputs.alarms == 1 << OCCLUSION_DOWNSTREAM


@pytest.mark.parametrize("restarts", [1, 2])
def test_blocked_again_and_again_is_an_alarm_of_its_own(restarts):
    """Each time it is freed at once. After the last of its restarts it stands, and says why."""
    line = Line(restarts=restarts)
    for _ in range(restarts):
        line.block()
        line.run_to(ALARM)
        line.blocked = False
        line.run_to(INFUSING)
        line.run(30_000)
    line.block()
    line.run_to(ALARM)
    assert not line.rig.outputs.alarms & 1 << RESTART_LIMIT
    line.blocked = False
    line.run(100)
    assert line.rig.now_ms < TEN_MIN_MS
    assert line.rig.outputs.alarms == 1 << OCCLUSION_DOWNSTREAM | 1 << RESTART_LIMIT
    given = line.rig.stepper.given
    line.run(60_000)
    assert (line.state, line.rig.stepper.given, line.rig.stepper.queued()) == (ALARM, given, 0)
    assert line.rig.ask(ACKNOWLEDGE) == ACCEPTED
    assert line.state == PAUSED


def test_an_acknowledged_occlusion_is_the_users():
    """From PAUSED the pump never starts by itself."""
    line = Line(restarts=9)
    line.block()
    line.run_to(ALARM)
    line.rig.ask(ACKNOWLEDGE)
    line.blocked = False
    line.run(20_000)
    assert line.state == PAUSED


def test_whatever_else_is_wrong_ends_the_waiting():
    """Too hot for a moment while it waits: a free line does not start the pump any more."""
    line = Line(restarts=9)
    line.block()
    line.run_to(ALARM)
    line.rig.inputs.housing_dc = 600
    line.step()
    line.rig.inputs.housing_dc = 230
    line.blocked = False
    line.run(20_000)
    assert line.state == ALARM
    assert line.rig.outputs.alarms == 1 << OCCLUSION_DOWNSTREAM | 1 << OVERHEAT


def test_from_the_way_back_the_motor_stands_before_it_goes_on():
    """The line is freed while it turns back: that ends backing off, and only the step after that starts."""
    line = Line(restarts=9)
    line.block()
    line.run(2_000)
    assert (line.state, line.rig.stepper.way) == (RELIEF, -1)
    line.blocked = False
    line.step()
    assert (line.state, line.rig.outputs.motor_cml_h, line.rig.stepper.queued()) == (ALARM, 0, 0)
    line.step()
    assert (line.state, line.rig.outputs.backward) == (INFUSING, False)
    line.step()
    assert line.rig.stepper.way == 1


@pytest.mark.parametrize("climb_pa", [100, 1_999, 3_333, 5_000, 20_000, 60_000])
def test_a_line_still_blocked_is_not_free_at_what_backing_off_leaves(climb_pa):
    relief, restart = relief_of(), restart_of()
    relief.begin(70_000, climb_pa)
    restart.blocked(0, 70_000, climb_pa)
    assert not restart.due(20, relief.end_pa)


def test_an_alarm_in_the_step_of_a_restart_keeps_the_pump_from_it():
    """Too hot for one step, just when the line is found free: it stands, and says why."""
    line = Line(5_000, restarts=2, vtbi_ul=50_000)
    line.block()
    line.run_to(ALARM)
    line.blocked = False
    line.rig.inputs.housing_dc = 600
    line.step()
    line.rig.inputs.housing_dc = 230
    assert line.state == ALARM
    assert line.rig.outputs.alarms & 1 << OVERHEAT
