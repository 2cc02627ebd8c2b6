"""Air as the whole pump takes it: measured in steps, and let to its limit slowly where a syringe would push on."""

import pytest

from pumpcore.alarms import AIR_BUBBLE
from pumpcore.states import ALARM, INFUSING, RELIEF
from stepper import Rig

STEP_PL = 173_530
SOFT = {"compliance_nl_kpa": 20_000, "bubble_ul": 100}  # of which 83 uL may follow at 240 mL/h
FAST, CREEP = 24_000, 4 * 360


def pumped_ul(rig):
    return rig.stepper.given * STEP_PL / 1e6


def alarms(rig):
    return {code for code in range(1, 7) if rig.outputs.alarms & 1 << code}


@pytest.mark.parametrize("rate_cml_h", [100, 5_000, 120_000])
@pytest.mark.parametrize("limit_ul", [20, 100, 300])
def test_a_bubble_is_measured_in_steps(rate_cml_h, limit_ul):
    """The alarm comes when the limit has passed the detector, to what is pumped between two readings."""
    rig = Rig(STEP_PL, bubble_ul=limit_ul)
    rig.start(rate_cml_h)
    rig.run(10_000)
    before = pumped_ul(rig)
    rig.inputs.air_permille = 1_000
    rig.run_out_of(INFUSING)
    assert alarms(rig) == {AIR_BUBBLE}
    window_ul = max(5, rate_cml_h * 10 * 20 / 3_600_000)
    assert limit_ul - window_ul - 1 <= pumped_ul(rig) - before <= limit_ul + window_ul + 1


def test_small_bubbles_with_fluid_between_them_do_not_add_up():
    rig = Rig(STEP_PL, bubble_ul=100, air_sum_ul=100_000)
    rig.start(5_000)
    for second in range(1, 200):
        rig.inputs.air_permille = 1_000 if second % 5 else 0  # 4 s of air at 13.9 uL/s: 56 uL
        rig.run(second * 1_000)
    assert rig.outputs.state == INFUSING


def soft(**setup):
    """A syringe that gives way, at its rate."""
    rig = Rig(STEP_PL, **SOFT, **setup)
    rig.inputs.pressure_pa = 4_000
    rig.start(FAST)
    rig.run(5_000)
    assert rig.outputs.motor_cml_h == FAST
    rig.inputs.air_permille = 1_000
    return rig


def test_the_motor_creeps_to_the_limit_and_stops_there():
    """Past 17 uL it creeps, and the pressure does not fall: 98 uL are pumped, 2 will follow. The set rate stands."""
    rig = soft()
    before_ul = pumped_ul(rig)
    while rig.outputs.motor_cml_h == FAST:
        rig.step(rig.next_ms)
    assert (rig.outputs.state, rig.outputs.motor_cml_h, rig.outputs.rate_cml_h) == (INFUSING, CREEP, FAST)
    assert 17 <= pumped_ul(rig) - before_ul <= 19
    rig.run_out_of(INFUSING)
    assert (rig.outputs.state, alarms(rig)) == (ALARM, {AIR_BUBBLE})
    assert 97 <= pumped_ul(rig) - before_ul <= 100


def test_what_the_syringe_gives_meanwhile_brings_it_there_sooner():
    """As the pressure falls by 3 kPa, 30 uL come by themselves."""
    rig = soft()
    before_ul = pumped_ul(rig)
    while rig.outputs.motor_cml_h == FAST:
        rig.step(rig.next_ms)
    rig.inputs.pressure_pa = 1_000
    rig.run_out_of(INFUSING)
    assert alarms(rig) == {AIR_BUBBLE}
    assert 67 <= pumped_ul(rig) - before_ul <= 70


def test_backing_off_does_not_creep():
    """The line is blocked as a bubble nears its limit."""
    rig = soft(back_off=1)
    rig.run(8_000)
    assert rig.outputs.motor_cml_h == CREEP
    while rig.outputs.state == INFUSING:
        rig.inputs.pressure_pa += 10_000
        rig.step(rig.next_ms)
    assert (rig.outputs.state, rig.outputs.backward) == (RELIEF, True)
    assert rig.outputs.motor_cml_h == rig.controller.relief.rate_cml_h > CREEP


def test_a_smaller_bubble_is_let_past_slowly_and_the_motor_goes_on_at_its_rate():
    rig = soft()
    rig.run(8_000)
    assert (rig.outputs.state, rig.outputs.motor_cml_h) == (INFUSING, CREEP)
    rig.inputs.air_permille = 0
    rig.run(9_000)
    assert rig.outputs.motor_cml_h == FAST
    rig.run(40_000)
    assert (rig.outputs.state, alarms(rig)) == (INFUSING, set())
