"""What the pump lives from, each alarm at its threshold."""

import pytest

from pumpcore.alarms import (
    BATTERY_EMPTY,
    BATTERY_LOW,
    CLOCK_FAULT,
    GUARD_STOPPED,
    LINK_LOST,
    MEMORY_FAULT,
    ON_BATTERY,
    OVERHEAT,
    Alarms,
)
from pumpcore.dose import Dose
from pumpcore.records import ACCEPTED, Inputs
from pumpcore.setup import Setup
from pumpcore.states import ACKNOWLEDGE, ALARM, IDLE, INFUSING, PAUSED, RESUME, SET_RATE, STOP
from pumpcore.units import CLOCK_MASK
from pumpcore.vitals import Vitals
from stepper import Rig


class Bed:
    """Vitals with alarms that may be raised anew at each look."""

    def __init__(self, **limits):
        self.alarms = Alarms()
        setup = Setup(173_530, 50_000, **limits)
        self.dose = Dose(setup)
        self.vitals = Vitals(setup, self.alarms, self.dose)

    def look(self, now_ms=0, state_sound=True, **fields):
        """The codes that are raised by such inputs."""
        inputs = Inputs()
        for name, value in fields.items():
            assert hasattr(inputs, name)
            setattr(inputs, name, value)
        self.alarms.rearm()
        self.alarms.raised = 0
        self.vitals.look(now_ms, inputs, state_sound)
        return {code for code in range(30) if self.alarms.raised & 1 << code}


def test_all_is_well_at_power_on():
    assert Bed().look() == set()


@pytest.mark.parametrize(
    ("battery_mv", "found"),
    [
        (8_400, {ON_BATTERY}),
        (6_800, {ON_BATTERY}),
        (6_799, {ON_BATTERY, BATTERY_LOW}),
        (6_300, {ON_BATTERY, BATTERY_LOW}),
        (6_299, {ON_BATTERY, BATTERY_LOW, BATTERY_EMPTY}),
        (0, {ON_BATTERY, BATTERY_LOW, BATTERY_EMPTY}),
    ],
)
def test_the_battery_is_looked_at_without_mains(battery_mv, found):
    bed = Bed()
    assert bed.look(on_mains=0, battery_mv=battery_mv) == found
    assert bed.look(on_mains=1, battery_mv=battery_mv) == set()
    assert bed.look(on_mains=0, battery_mv=battery_mv) == found


@pytest.mark.parametrize(("housing_dc", "found"), [(-400, set()), (550, set()), (551, {OVERHEAT}), (900, {OVERHEAT})])
def test_over_55_degrees(housing_dc, found):
    bed = Bed()
    assert bed.look(housing_dc=housing_dc) == found
    assert bed.look(housing_dc=230) == set()


def test_the_link():
    bed = Bed()
    assert bed.look(link_up=0) == {LINK_LOST}
    assert bed.look() == set()
    assert bed.look(link_up=0) == {LINK_LOST}


@pytest.mark.parametrize("why", [1, 2, 255])
def test_a_guard_that_has_stopped_the_motor(why):
    bed = Bed()
    assert bed.look(guard=why) == {GUARD_STOPPED}
    assert bed.look(guard=0) == set()


def test_without_a_second_clock_none_is_compared():
    bed = Bed()
    assert bed.look(0, second_ms=-1) == set()
    assert bed.look(100_000, second_ms=-1) == set()
    assert bed.look(100_000, second_ms=0) == set()  # the first reading
    assert bed.look(100_301, second_ms=100) == {CLOCK_FAULT}


def test_a_second_clock_that_does_not_answer():
    bed = Bed(second_clock=1)
    assert bed.look(0, second_ms=0) == set()
    assert bed.look(100, second_ms=-1) == {CLOCK_FAULT}
    assert bed.look(200, second_ms=200) == set()


@pytest.mark.parametrize("start_ms", [0, CLOCK_MASK - 500])
def test_a_clock_that_jumps(start_ms):
    bed = Bed()
    assert bed.look(start_ms, second_ms=0) == set()
    assert bed.look((start_ms + 1_200) & CLOCK_MASK, second_ms=1_000) == set()
    assert bed.look((start_ms + 2_201) & CLOCK_MASK, second_ms=2_000) == {CLOCK_FAULT}
    assert bed.look((start_ms + 2_221) & CLOCK_MASK, second_ms=2_020) == set()


@pytest.mark.parametrize("name", ["rate_cml_h", "kvo_cml_h", "end_ul", "not_rate", "not_kvo", "not_end_ul"])
@pytest.mark.parametrize("bit", range(17))
def test_any_flipped_bit_of_the_prescription_is_found(name, bit):
    bed = Bed()
    bed.dose.program(12_345, 67_890, 100)
    assert bed.look() == set()
    setattr(bed.dose, name, getattr(bed.dose, name) ^ 1 << bit)
    assert bed.look() == {MEMORY_FAULT}
    assert bed.look() == {MEMORY_FAULT}
    setattr(bed.dose, name, getattr(bed.dose, name) ^ 1 << bit)
    assert bed.look() == set()


@pytest.mark.parametrize(
    "order", [lambda dose: dose.program(99, 1_000, 7), lambda dose: dose.set_rate(4_321), lambda dose: dose.drop()]
)
def test_what_a_user_changes_is_no_fault(order):
    bed = Bed()
    bed.dose.program(12_345, 67_890, 100)
    bed.dose.book(9_999)
    order(bed.dose)
    assert bed.look() == set()


def test_all_at_once():
    bed = Bed()
    bed.look(second_ms=0)
    bed.dose.rate_cml_h ^= 1
    found = bed.look(1_000, second_ms=0, on_mains=0, battery_mv=6_000, housing_dc=600, link_up=0)
    assert found == {ON_BATTERY, BATTERY_LOW, BATTERY_EMPTY, OVERHEAT, LINK_LOST, CLOCK_FAULT, MEMORY_FAULT}


def test_a_state_kept_in_two_ways_is_a_memory_fault():
    bed = Bed()
    assert bed.look(state_sound=False) == {MEMORY_FAULT}
    assert bed.look(state_sound=True) == set()


@pytest.mark.parametrize("name", ["kvo_cml_h", "not_kvo", "end_ul", "not_end_ul"])
def test_a_new_rate_approves_nothing_else(name):
    """Each field's second copy is written with that field alone."""
    bed = Bed()
    bed.dose.program(12_345, 67_890, 100)
    setattr(bed.dose, name, getattr(bed.dose, name) ^ 1 << 14)
    bed.dose.set_rate(99)
    assert bed.look() == {MEMORY_FAULT}
    bed.dose.program(12_345, 67_890, 100)
    assert bed.look() == set()


@pytest.mark.parametrize(("name", "bit"), [("rate_cml_h", 3), ("not_rate", 16)])
def test_a_new_rate_replaces_a_corrupted_one(name, bit):
    bed = Bed()
    bed.dose.program(12_345, 67_890, 100)
    setattr(bed.dose, name, getattr(bed.dose, name) ^ 1 << bit)
    bed.dose.set_rate(99)
    assert bed.look() == set()


@pytest.mark.parametrize("name", ["kvo_cml_h", "not_kvo", "not_rate"])
def test_the_end_of_a_prescription_approves_no_rate(name):
    bed = Bed()
    bed.dose.program(12_345, 67_890, 100)
    setattr(bed.dose, name, getattr(bed.dose, name) ^ 1 << 6)
    bed.dose.drop()
    assert bed.look() == {MEMORY_FAULT}


# Through the controller


def test_a_corrupted_volume_is_not_pumped_whatever_the_user_does_but_program():
    """1 mL becomes 17: stopped, acknowledged, given another rate and resumed it stops again without a step."""
    rig = Rig(173_530)
    rig.start(5_000, vtbi_ul=1_000)
    rig.run(10_000)
    dose = rig.controller.dose
    dose.end_ul ^= 1 << 14
    rig.step(rig.next_ms)
    assert (rig.outputs.state, rig.outputs.alarm_reason) == (ALARM, MEMORY_FAULT)
    given = rig.stepper.given
    for _ in range(2):
        assert rig.ask(ACKNOWLEDGE) == ACCEPTED
        assert rig.outputs.state == PAUSED
        assert rig.ask(SET_RATE, rate_cml_h=2_000) == ACCEPTED
        assert rig.ask(RESUME) == ACCEPTED
        assert (rig.outputs.state, rig.outputs.alarm_reason) == (ALARM, MEMORY_FAULT)
        rig.run(rig.now_ms + 10_000)
        assert (rig.stepper.given, rig.stepper.queued()) == (given, 0)
    assert rig.ask(STOP) == ACCEPTED
    rig.start(5_000, vtbi_ul=100)
    rig.run(rig.now_ms + 1_000)
    assert rig.outputs.state == INFUSING
    assert rig.stepper.given > given


@pytest.mark.parametrize("bit", range(8))
def test_a_flipped_copy_of_the_state_stops_the_pump(bit):
    rig = Rig(173_530)
    rig.start(5_000)
    rig.run(10_000)
    rig.controller.not_state ^= 1 << bit
    rig.step(rig.next_ms)
    assert (rig.outputs.state, rig.outputs.alarm_reason) == (ALARM, MEMORY_FAULT)
    assert rig.stepper.queued() == 0
    assert rig.ask(STOP) == ACCEPTED
    assert rig.outputs.state == IDLE
    rig.start(5_000)
    assert rig.outputs.state == INFUSING
