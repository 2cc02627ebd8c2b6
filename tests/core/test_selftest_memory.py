"""The memory's patterns: every fault of a bit is found, at START and in slices."""

import pytest

from pumpcore.alarms import MEMORY_FAULT
from pumpcore.records import ACCEPTED, REFUSED_SELF_TEST
from pumpcore.selftest import CELLS, ROUNDS, SLICE_CELLS, SLICE_EVERY_MS, Memory, pattern
from pumpcore.states import ACKNOWLEDGE, ALARM, INFUSING, READY, RESUME, START
from selftested import raised, rig_ready


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
