"""The pump's test of its code, its windings and its keys: what refuses a START, and what stops a run."""

import pytest

from pumpcore.alarms import SELF_TEST_FAILED
from pumpcore.records import ACCEPTED, REFUSED_SELF_TEST
from pumpcore.selftest import SLICE_EVERY_MS
from pumpcore.setup import Setup, SetupError
from pumpcore.states import ACKNOWLEDGE, ALARM, INFUSING, PROGRAM, READY, RELIEF, START
from pumpcore.units import CLOCK_MASK
from selftested import CODE, STEP_PL, raised, rig_ready
from stepper import Rig

# The code


@pytest.mark.parametrize("bit", range(0, 29, 7))
def test_code_that_is_not_what_it_was_starts_nothing(bit):
    rig = rig_ready(code_sum=CODE)
    rig.inputs.code_sum = CODE ^ 1 << bit
    for _ in range(2):
        assert rig.ask(START) == REFUSED_SELF_TEST
        assert rig.outputs.alarms_raised & 1 << SELF_TEST_FAILED  # each time, and shown again
        assert (rig.outputs.state, raised(rig)) == (READY, {SELF_TEST_FAILED})
        assert rig.ask(ACKNOWLEDGE) == ACCEPTED
        assert raised(rig) == set()
    rig.run(60_000)
    assert rig.stepper.given == 0
    rig.inputs.code_sum = CODE
    assert rig.ask(START) == ACCEPTED


def test_code_that_changes_while_running_stops_the_pump_within_5_s():
    rig = rig_ready(code_sum=CODE)
    rig.inputs.code_sum = CODE
    assert rig.ask(START) == ACCEPTED
    rig.run(100_000)
    assert rig.outputs.state == INFUSING
    rig.inputs.code_sum = CODE + 1
    rig.run_out_of(INFUSING)
    assert rig.now_ms <= 100_000 + SLICE_EVERY_MS + 1_000
    assert (rig.outputs.state, raised(rig)) == (ALARM, {SELF_TEST_FAILED})


def test_without_a_sum_to_hold_it_against_none_is_looked_at():
    rig = rig_ready()
    rig.inputs.code_sum = 99
    assert rig.ask(START) == ACCEPTED
    rig.run(60_000)
    assert rig.outputs.state == INFUSING


@pytest.mark.parametrize(
    ("limits", "says"),
    [({"code_sum": 2**30}, "code_sum is 1073741824"), ({"code_sum": -1}, "code_sum is -1"),
     ({"signal_test": 2}, "signal_test is 2, must be 0 to 1"), ({"second_clock": 2}, "second_clock is 2")],
)  # fmt: skip
def test_a_pump_that_cannot_be_is_refused_by_name(limits, says):
    with pytest.raises(SetupError, match=says):
        Setup(STEP_PL, 50_000, **limits)


# The windings


def test_a_winding_without_current_is_seen_before_the_first_order():
    """The driver is switched on by the step of START, which orders nothing; it speaks in the next, at once."""
    rig = rig_ready()
    assert rig.ask(START) == ACCEPTED
    assert (rig.outputs.state, rig.outputs.segments, rig.next_ms) == (INFUSING, 0, rig.now_ms)
    rig.inputs.winding_ok = 0
    rig.step(rig.next_ms)
    assert (rig.outputs.state, raised(rig), rig.outputs.segments) == (ALARM, {SELF_TEST_FAILED}, 0)
    rig.inputs.winding_ok = 1  # the driver is off
    rig.run(60_000)
    assert rig.stepper.given == 0
    assert rig.outputs.alarms_raised == 0


def test_a_driver_that_complains_though_it_is_off_starts_nothing():
    rig = rig_ready()
    rig.inputs.winding_ok = 0
    assert rig.ask(START) == REFUSED_SELF_TEST
    assert raised(rig) == {SELF_TEST_FAILED}


@pytest.mark.parametrize("state", [INFUSING, RELIEF])
def test_a_winding_that_breaks_while_turning_stops_the_pump_at_the_next_look(state):
    rig = rig_ready(back_off=1)
    assert rig.ask(START) == ACCEPTED
    rig.run(5_000)
    if state == RELIEF:
        rig.inputs.pressure_pa = 50_000
        rig.run(5_200)
    assert rig.outputs.state == state
    rig.inputs.winding_ok = 0
    rig.step(rig.next_ms)
    given = rig.stepper.given
    rig.step(rig.next_ms)
    assert rig.outputs.state == ALARM
    assert rig.outputs.alarms & 1 << SELF_TEST_FAILED
    rig.run(rig.now_ms + 5_000)
    assert rig.stepper.given == given


# The keys


@pytest.mark.parametrize(("held_ms", "stuck"), [(9_999, False), (10_000, True)])
def test_a_key_that_stays_down_for_10_s_is_stuck(held_ms, stuck):
    rig = rig_ready()
    assert rig.ask(START) == ACCEPTED
    rig.run(20_000)
    rig.inputs.key_down = 1
    rig.step(20_000)
    rig.run(20_000 + held_ms)
    assert rig.outputs.state == (ALARM if stuck else INFUSING)
    assert raised(rig) == ({SELF_TEST_FAILED} if stuck else set())


def test_keys_that_are_pressed_again_and_again_are_not_stuck():
    rig = rig_ready()
    assert rig.ask(START) == ACCEPTED
    for at_ms in range(20_000, 80_000, 1_000):
        rig.inputs.key_down = at_ms // 1_000 % 9 > 0  # 8 s each
        rig.step(at_ms)
    assert rig.outputs.state == INFUSING


def test_a_stuck_key_starts_nothing_until_it_is_let_go():
    rig = rig_ready()
    rig.inputs.key_down = 1
    rig.run(11_000)
    assert raised(rig) == {SELF_TEST_FAILED}
    assert rig.ask(START) == REFUSED_SELF_TEST
    rig.inputs.key_down = 0
    rig.step(12_000)
    assert rig.ask(START) == ACCEPTED
    rig.run(60_000)
    assert (rig.outputs.state, raised(rig)) == (INFUSING, set())


def test_a_key_that_is_down_at_power_on_is_stuck_from_the_first_look():
    rig = Rig(STEP_PL)
    rig.inputs.key_down = 1
    rig.step(0)
    assert raised(rig) == {SELF_TEST_FAILED}
    rig.ask(PROGRAM, rate_cml_h=5_000, vtbi_ul=1_000)
    assert rig.ask(START) == REFUSED_SELF_TEST
    rig.inputs.key_down = 0
    rig.step(100)
    assert rig.ask(START) == ACCEPTED


@pytest.mark.parametrize("clock_ms", [0, CLOCK_MASK - 25_000])
def test_the_times_are_right_across_the_wrap_of_the_clock(clock_ms):
    rig = rig_ready(clock_ms=clock_ms, code_sum=CODE)
    rig.inputs.code_sum = CODE
    assert rig.ask(START) == ACCEPTED
    rig.run(20_000)
    rig.inputs.key_down = 1
    rig.step(20_000)
    rig.run(29_999)
    assert rig.outputs.state == INFUSING
    rig.inputs.code_sum = 0
    rig.inputs.key_down = 0
    rig.run_out_of(INFUSING)
    assert rig.now_ms <= 30_000 + SLICE_EVERY_MS + 1_000
