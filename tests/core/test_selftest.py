"""The pump's test of itself: what refuses a START, what stops a run, and that no step is ordered before."""

import pytest

from pumpcore.alarms import (
    BATTERY_EMPTY,
    CLOCK_FAULT,
    DOOR_OPEN,
    MEMORY_FAULT,
    ON_BATTERY,
    SELF_TEST_FAILED,
    SENSOR_FAULT,
    SYRINGE_UNSEATED,
    SYRINGE_WRONG,
)
from pumpcore.records import ACCEPTED, REFUSED_HERE, REFUSED_SELF_TEST
from pumpcore.selftest import CELLS, ROUNDS, SLICE_CELLS, SLICE_EVERY_MS, Memory, pattern
from pumpcore.setup import Setup, SetupError
from pumpcore.signals import C_HZ
from pumpcore.states import (
    ACKNOWLEDGE,
    ALARM,
    IDLE,
    INFUSING,
    PAUSED,
    PROGRAM,
    READY,
    RELIEF,
    RESUME,
    SILENCE,
    START,
    STOP,
)
from pumpcore.units import CLOCK_MASK
from stepper import Rig

STEP_PL = 173_530
CODE = 0x1234567
PLAYED_MS = 3_000


def rig_ready(**limits):
    rig = Rig(STEP_PL, **limits)
    assert rig.ask(PROGRAM, rate_cml_h=5_000, vtbi_ul=90_000, kvo_cml_h=100) == ACCEPTED
    return rig


def raised(rig):
    return {code for code in range(30) if rig.outputs.alarms & 1 << code}


def remembered(thing):
    """All that a controller remembers, down to its numbers."""
    if hasattr(thing, "__dict__"):
        return {name: remembered(value) for name, value in vars(thing).items()}
    return bytes(thing) if isinstance(thing, bytearray) else thing


# The memory


class Stuck(bytearray):
    """One bit of one cell is always this."""

    def stick(self, cell, bit, level):
        self.cell, self.bit, self.level = cell, bit, level
        self[cell] = self[cell]
        return self

    def __setitem__(self, cell, value):
        if cell == self.cell:
            value = value | 1 << self.bit if self.level else value & ~(1 << self.bit)
        super().__setitem__(cell, value)


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("bit", range(8))
def test_a_stuck_bit_of_any_cell_is_found_before_a_start(bit, level):
    for cell in range(CELLS):
        memory = Memory()
        memory.block = Stuck(memory.block).stick(cell, bit, level)
        memory.walk_all()
        assert not memory.sound


@pytest.mark.parametrize("other", [1, 3, 7])
@pytest.mark.parametrize("bit", range(8))
def test_two_bits_of_a_cell_that_are_joined_are_found(bit, other):
    """What is written to one is read of both: 0x55 and 0xAA miss those two apart, the walking one does not."""

    class Joined(bytearray):
        def __setitem__(self, cell, value):
            if value & 1 << bit:
                value |= 1 << (bit + other) % 8
            super().__setitem__(cell, value)

    memory = Memory()
    memory.block = Joined(memory.block)
    memory.walk_all()
    assert not memory.sound


def test_a_sound_memory_is_sound_for_ever_and_every_bit_takes_both_values():
    memory = Memory()
    seen = [set() for _ in range(CELLS)]
    for _ in range(3 * ROUNDS * CELLS // SLICE_CELLS):
        memory.walk_a_slice()
        for cell in range(CELLS):
            seen[cell].add(memory.block[cell])
    assert memory.sound
    assert all(values == {0x55, 0xAA, *(1 << bit for bit in range(8))} for values in seen)


def test_the_patterns_by_heart():
    assert [[pattern(cell, turn) for cell in (0, 1, 7, 8)] for turn in (0, 1, 2, 9)] == [
        [0x55] * 4,
        [0xAA] * 4,
        [4, 8, 2, 4],
        [2, 4, 1, 2],
    ]


@pytest.mark.parametrize("cell", [0, 7, 8, CELLS - 1])
def test_a_bit_that_turns_over_while_running_is_found_in_a_round_of_its_slices(cell):
    """8 slices of 5 s, and a look of 1 s."""
    rig = rig_ready()
    assert rig.ask(START) == ACCEPTED
    rig.run(60_000)
    rig.controller.selftest.memory.block[cell] ^= 0x10
    rig.run_out_of(INFUSING)
    assert rig.now_ms <= 60_000 + CELLS // SLICE_CELLS * SLICE_EVERY_MS + 1_000
    assert (rig.outputs.state, raised(rig)) == (ALARM, {MEMORY_FAULT})
    assert rig.ask(ACKNOWLEDGE) == ACCEPTED
    given = rig.stepper.given
    assert rig.ask(RESUME) == ACCEPTED  # and it says so again, at once
    assert (rig.outputs.state, raised(rig)) == (ALARM, {MEMORY_FAULT})
    rig.run(rig.now_ms + 10_000)
    assert rig.stepper.given == given


def test_all_patterns_are_through_in_ten_minutes_and_no_step_walks_more_than_a_slice():
    rig = rig_ready()
    rig.ask(START)
    memory = rig.controller.selftest.memory
    rig.step(rig.next_ms)
    at, walked = memory.next_cell, 0
    while rig.now_ms < 600_000:
        rig.step(rig.next_ms)
        cells = (memory.next_cell - at) % CELLS
        assert cells in (0, SLICE_CELLS)
        walked, at = walked + cells, memory.next_cell
    assert walked >= ROUNDS * CELLS


def test_a_memory_that_failed_once_starts_nothing_until_power_off():
    rig = rig_ready()
    rig.controller.selftest.memory.block[5] ^= 1
    assert rig.ask(START) == REFUSED_SELF_TEST
    assert (rig.outputs.state, raised(rig)) == (READY, {MEMORY_FAULT})
    assert rig.ask(ACKNOWLEDGE) == ACCEPTED
    assert rig.ask(START) == REFUSED_SELF_TEST  # though the patterns have been written anew
    assert raised(rig) == {MEMORY_FAULT}


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


# Buzzer and LEDs


def shown(rig):
    outputs = rig.outputs
    return outputs.buzzer_hz, outputs.red, outputs.yellow, outputs.cyan


ALL, NONE = (C_HZ, 1, 1, 1), (0, 0, 0, 0)


def test_at_power_on_all_signals_are_on_for_3_s_to_the_millisecond():
    rig = Rig(STEP_PL, signal_test=1)
    rig.step(0)
    assert (shown(rig), rig.outputs.signal_test) == (ALL, 1)
    rig.run(PLAYED_MS - 1)
    assert shown(rig) == ALL
    assert rig.next_ms == PLAYED_MS
    rig.run(PLAYED_MS)
    assert (shown(rig), rig.outputs.signal_test) == (NONE, 1)


def test_a_pump_that_does_not_ask_shows_nothing_and_starts():
    rig = Rig(STEP_PL)
    rig.step(0)
    assert (shown(rig), rig.outputs.signal_test) == (NONE, 0)


def test_all_of_it_can_be_done_at_one_instant():
    """Power-on, a word of the user, PROGRAM and START without the clock moving."""
    rig = Rig(STEP_PL, signal_test=1, code_sum=CODE, second_clock=1, air_test=1)
    rig.inputs.code_sum, rig.inputs.second_ms = CODE, 0
    rig.step(0)
    assert shown(rig) == ALL
    assert rig.ask(ACKNOWLEDGE) == ACCEPTED
    assert (shown(rig), rig.outputs.signal_test) == (NONE, 0)
    rig.start(5_000)
    assert (rig.outputs.state, rig.now_ms) == (INFUSING, 0)


def test_signals_that_nobody_has_confirmed_start_nothing_and_are_played_again():
    rig = rig_ready(signal_test=1)
    rig.run(10_000)
    assert shown(rig) == NONE
    assert rig.ask(START) == REFUSED_SELF_TEST
    assert (rig.outputs.state, raised(rig), shown(rig)) == (READY, set(), ALL)
    rig.run(13_000)
    assert shown(rig) == NONE
    rig.run(60_000)
    assert rig.stepper.given == 0
    assert rig.ask(ACKNOWLEDGE) == ACCEPTED
    assert rig.ask(START) == ACCEPTED


def test_a_word_before_the_signals_were_on_confirms_nothing():
    """ACKNOWLEDGE in the very first step; nor does any other request."""
    rig = Rig(STEP_PL, signal_test=1)
    assert rig.ask(ACKNOWLEDGE) == ACCEPTED
    assert rig.outputs.signal_test == 1
    assert rig.ask(SILENCE) == ACCEPTED
    assert rig.ask(PROGRAM, rate_cml_h=5_000, vtbi_ul=1_000) == ACCEPTED
    assert rig.outputs.signal_test == 1
    assert rig.ask(START) == REFUSED_SELF_TEST


def test_unconfirmed_signals_are_reminded_of_after_30_s_and_then_every_10():
    """And no more once they are confirmed; IDLE itself has no reminder."""
    rig = Rig(STEP_PL, signal_test=1)
    began = []
    while rig.now_ms < 55_000:
        before = rig.outputs.buzzer_hz
        rig.step(rig.next_ms)
        if rig.outputs.buzzer_hz and not before and rig.now_ms > PLAYED_MS:
            began.append(rig.now_ms)
    assert began == [30_000, 30_400, 40_000, 40_400, 50_000, 50_400]
    rig.ask(ACKNOWLEDGE)
    while rig.now_ms < 200_000:
        rig.step(rig.next_ms)
        assert shown(rig) == NONE


def test_the_test_is_played_above_an_alarm_of_power_on_which_goes_on_after_it():
    rig = Rig(STEP_PL, signal_test=1)
    rig.inputs.on_mains = 0
    rig.step(0)
    assert (shown(rig), raised(rig)) == (ALL, {ON_BATTERY})
    rig.run(PLAYED_MS)
    assert (shown(rig), raised(rig)) == ((0, 0, 0, 1), {ON_BATTERY})


@pytest.mark.parametrize("jump_ms", [-60_000, -3_000, 2_500])
def test_a_clock_that_jumps_does_not_keep_all_signals_on(jump_ms):
    """The clock's fault is told instead: its LED, and its tones when their time has come."""
    rig = Rig(STEP_PL, clock_ms=100_000, signal_test=1, second_clock=1)
    rig.inputs.second_ms = 0
    rig.step(0)
    rig.inputs.second_ms = 1_000
    rig.step(1_000)
    assert (raised(rig), shown(rig)) == (set(), ALL)
    rig.clock_ms += jump_ms
    rig.step(1_000)
    assert raised(rig) == {CLOCK_FAULT}
    assert shown(rig)[1:] == (0, 0, 1)


def test_confirmed_once_it_is_confirmed_until_power_off():
    rig = Rig(STEP_PL, signal_test=1)
    rig.step(0)
    rig.ask(ACKNOWLEDGE)
    for _ in range(3):
        rig.start(5_000)
        rig.run(rig.now_ms + 5_000)
        assert rig.ask(STOP) == ACCEPTED
    assert rig.outputs.signal_test == 0


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
