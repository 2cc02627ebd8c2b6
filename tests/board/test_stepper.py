"""The PIO programs that ship, run cycle by cycle: one tick is one cycle, 80 ns.

The encodings of a few instructions are held against the RP2040 datasheet, section 3.4, written out bit by
bit here; the assembler in assemble.py is then trusted with the rest.
"""

from dataclasses import replace
from itertools import pairwise

import pytest

from assemble import Program, load

FIRST_SOONER = 27  # from a standstill the first pulse comes this much less than an interval after the words
HIGH_TICKS = 25
LEAST = 625


@pytest.fixture
def stepper(rig):
    return load(rig, "board.stepper").Stepper()


def give(stepper, *segments):
    for interval, count in segments:
        stepper.order(interval, count)
    stepper.feed()


def gaps(times):
    return [b - a for a, b in pairwise(times)]


@pytest.mark.parametrize(
    ("emit", "opcode"),
    [
        (lambda p: p.jmp(p.names["y_dec"], "here"), 0b000_00000_100_00000),
        (lambda p: p.jmp(p.names["not_x"], "here"), 0b000_00000_001_00000),
        (lambda p: p.jmp(p.names["x_dec"], "here")[3], 0b000_00011_010_00000),
        (lambda p: p.wait(1, p.names["pin"], 0), 0b001_00000_1_01_00000),
        (lambda p: p.in_(p.names["y"], 30), 0b010_00000_010_11110),
        (lambda p: p.push(p.names["noblock"]), 0b100_00000_0_0_0_00000),
        (lambda p: p.pull(p.names["block"]), 0b100_00000_1_0_1_00000),
        (lambda p: p.pull(p.names["noblock"]), 0b100_00000_1_0_0_00000),
        (lambda p: p.mov(p.names["y"], p.names["isr"]), 0b101_00000_010_00_110),
        (lambda p: p.mov(p.names["x"], p.names["invert"](p.names["null"])), 0b101_00000_001_01_011),
        (lambda p: p.set(p.names["pins"], 1)[24], 0b111_11000_000_00001),
    ],
)
def test_an_instruction_is_encoded_as_in_the_datasheet(emit, opcode):
    program = Program()
    program.label("here")
    emit(program)
    for index, label in program.jumps:
        program.opcodes[index] |= program.labels[label]
    assert program.opcodes == [opcode]


def test_the_programs_fit_one_pio_block(rig):
    stepper = load(rig, "board.stepper")
    assert len(stepper.give_pulses.opcodes) + len(stepper.count_pulses.opcodes) <= 32


@pytest.mark.parametrize("interval", [LEAST, 626, 1000])
def test_pulses_of_a_segment_are_one_interval_apart(rig, stepper, interval):
    give(stepper, (interval, 6))
    rig.run(8 * interval)
    assert gaps(rig.pulses) == [interval] * 5


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_first_pulse_of_a_segment_in_the_queue_is_exact_too(rig, stepper, count):
    give(stepper, (LEAST, count), (700, count), (701, count), (LEAST, count))
    rig.run(4 * (count + 1) * 701)
    assert gaps(rig.pulses) == [LEAST] * (count - 1) + [700] * count + [701] * count + [LEAST] * count


def test_a_segment_put_behind_the_one_under_way_is_exact_too(rig, stepper):
    give(stepper, (LEAST, 3))
    rig.run(2 * LEAST)
    give(stepper, (800, 2))
    rig.run(4 * 800)
    assert gaps(rig.pulses) == [LEAST, LEAST, 800, 800]


def test_a_pulse_is_high_for_2_us(rig, stepper):
    give(stepper, (LEAST, 4), (640, 4))
    rig.run(10 * 640)
    edges = rig.machines[0].edges
    assert [level for _, level in edges] == [1, 0] * 8
    assert [down - up for (up, _), (down, _) in zip(edges[::2], edges[1::2], strict=True)] == [HIGH_TICKS] * 8


@pytest.mark.parametrize("interval", [LEAST, 1234])
def test_run_dry_it_stops_low_and_goes_on_when_it_gets_more(rig, stepper, interval):
    put_at = rig.ticks
    give(stepper, (interval, 3))
    rig.run(20 * interval)
    assert len(rig.pulses) == 3
    assert rig.machines[0].edges[-1][1] == 0
    assert rig.pulses[0] - put_at == interval - FIRST_SOONER
    put_at = rig.ticks
    give(stepper, (interval, 2))
    rig.run(4 * interval)
    assert rig.pulses[3] - put_at == interval - FIRST_SOONER
    assert gaps(rig.pulses[3:]) == [interval]


def test_words_that_come_just_after_it_ran_dry_never_crowd_two_pulses(rig, stepper):
    for late in range(0, 60, 7):  # ticks after a pulse, which takes 27 to end
        give(stepper, (LEAST, 1))
        rig.run(LEAST + late)
    rig.run(2 * LEAST)
    assert len(rig.pulses) == 9
    assert min(gaps(rig.pulses)) >= LEAST


def test_what_is_given_is_counted_on_the_pin(rig, stepper):
    assert stepper.given() == 0
    give(stepper, (LEAST, 5), (700, 3))
    for _ in range(12):
        rig.run(701)
        assert stepper.given() == len(rig.pulses)
    assert stepper.given() == 8


def test_the_count_wraps_at_30_bits(rig, stepper):
    counter = rig.machines[1]
    counter.state = replace(counter.state, x_register=0xFFFFFFFF - (2**30 - 2))
    assert stepper.given() == 2**30 - 2
    give(stepper, (LEAST, 3))
    rig.run(5 * LEAST)
    assert stepper.given() == 1


def test_the_longest_interval_reaches_the_waiting_loop_whole(rig, stepper):
    longest = 2**30 - 1
    give(stepper, (longest, 1))
    rig.run(5 + 15)  # 5 to fetch, 15 turns of the loop, which is left one turn after 0
    to_go = rig.machines[0].state.y_register + 1
    assert 5 + 15 + to_go == longest - FIRST_SOONER
