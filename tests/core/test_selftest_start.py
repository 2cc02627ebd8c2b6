"""A START that is refused changes nothing, and what cannot be is told before a step is ordered."""

import pytest

from pumpcore.alarms import (
    BATTERY_EMPTY,
    CLOCK_FAULT,
    DOOR_OPEN,
    SENSOR_FAULT,
    SYRINGE_UNSEATED,
    SYRINGE_WRONG,
)
from pumpcore.records import ACCEPTED, REFUSED_HERE, REFUSED_SELF_TEST
from pumpcore.states import ACKNOWLEDGE, ALARM, IDLE, INFUSING, PAUSED, RESUME, START
from selftested import CODE, STEP_PL, raised, rig_ready
from stepper import Rig


def remembered(thing):
    """All that a controller remembers, down to its numbers."""
    if hasattr(thing, "__dict__"):
        return {name: remembered(value) for name, value in vars(thing).items()}
    return bytes(thing) if isinstance(thing, bytearray) else thing


# What is refused changes nothing else


BROKEN = [
    pytest.param({"code_sum": CODE}, {"code_sum": 1}, id="code"),
    pytest.param({}, {"winding_ok": 0}, id="winding"),
    pytest.param({"signal_test": 1}, {}, id="signals"),
]


@pytest.mark.parametrize(("limits", "inputs"), BROKEN)
def test_a_start_that_is_refused_changes_nothing_but_what_tells_why(limits, inputs):
    rigs = [rig_ready(**limits) for _ in range(2)]
    for rig in rigs:
        rig.step(0)
        for name, value in inputs.items():
            setattr(rig.inputs, name, value)
        rig.step(10_000)
    asked, unasked = rigs
    assert asked.ask(START) == REFUSED_SELF_TEST
    unasked.step(unasked.now_ms)
    ours, theirs = remembered(asked.controller), remembered(unasked.controller)
    told = ("alarms", "signals", "selftest", "vitals", "watch")  # the last three hold the alarms as well
    assert {name: ours[name] for name in ours if name not in told} == {
        name: theirs[name] for name in theirs if name not in told
    }
    for name in ("vitals", "watch"):
        assert {k: v for k, v in ours[name].items() if k != "alarms"} == {
            k: v for k, v in theirs[name].items() if k != "alarms"
        }
    assert asked.stepper.queue == unasked.stepper.queue
    assert asked.stepper.given == 0


@pytest.mark.parametrize("state", [IDLE, INFUSING, PAUSED])
def test_where_start_does_not_belong_the_table_says_so_first(state):
    rig = Rig(STEP_PL, code_sum=CODE)
    rig.inputs.code_sum = CODE
    if state != IDLE:
        rig.start(5_000)
        rig.run(5_000)
    rig.inputs.code_sum = 0
    if state == PAUSED:
        rig.run(20_000)
        assert rig.ask(ACKNOWLEDGE) == ACCEPTED
    assert rig.controller.state == state
    assert rig.ask(START) == REFUSED_HERE


# Sensors, clock, battery, holder: at START by alarms of their own, before a step is ordered


IMPLAUSIBLE = [
    ({"compliance_nl_kpa": 20_000}, {"pressure_pa": -60_001}, SENSOR_FAULT),
    ({"compliance_nl_kpa": 20_000}, {"pressure_pa": 150_001}, SENSOR_FAULT),
    ({"air_test": 1}, {"air_permille": 0}, SENSOR_FAULT),  # also with its sender off
    ({"steps_per_turn": 3_200}, {"encoder_counts": -1}, SENSOR_FAULT),
    ({"second_clock": 1}, {"second_ms": -1}, CLOCK_FAULT),
    ({}, {"on_mains": 0, "battery_mv": 6_299}, BATTERY_EMPTY),
    ({}, {"door_closed": 0}, DOOR_OPEN),
    ({}, {"seated": 0}, SYRINGE_UNSEATED),
    ({"barrel_um": 28_590}, {"barrel_um": 0}, SYRINGE_WRONG),
]


@pytest.mark.parametrize(("limits", "inputs", "code"), IMPLAUSIBLE)
def test_what_cannot_be_is_told_at_start_and_no_step_is_ordered(limits, inputs, code):
    rig = rig_ready(**limits)
    for name, value in inputs.items():
        setattr(rig.inputs, name, value)
    rig.ask(START)
    for _ in range(5):
        assert rig.outputs.segments == 0
        rig.step(rig.next_ms)
    rig.run(60_000)
    assert rig.outputs.state == ALARM
    assert code in raised(rig)
    assert rig.stepper.given == 0


def test_an_encoder_that_answers_again_begins_where_it_says():
    """It said nothing for a while, and the pump stood still; what it counts from then on is not held against it."""
    rig = rig_ready(steps_per_turn=3_200)
    rig.inputs.encoder_counts = -1
    rig.ask(START)
    assert raised(rig) == {SENSOR_FAULT}
    rig.inputs.encoder_counts = 123_456
    rig.ask(ACKNOWLEDGE)
    assert rig.ask(RESUME) == ACCEPTED
    for _ in range(20):
        rig.inputs.encoder_counts = 123_456 + rig.stepper.given * 4_096 // 3_200
        rig.step(rig.next_ms)
    assert (rig.outputs.state, raised(rig)) == (INFUSING, set())


def test_with_all_in_order_it_starts():
    limits = {"air_test": 1, "steps_per_turn": 3_200, "second_clock": 1, "barrel_um": 28_590}
    rig = rig_ready(compliance_nl_kpa=20_000, **limits)
    rig.inputs.barrel_um = 28_590
    rig.inputs.second_ms = 0
    rig.ask(START)
    assert rig.outputs.air_test == 1
    rig.inputs.air_permille = 1_000
    rig.step(rig.next_ms)
    assert (rig.outputs.state, raised(rig)) == (INFUSING, set())
    assert rig.outputs.segments > 0
