"""The AS5600: an angle of 12 bits becomes counts modulo 2**30, either way, and -1 once it does not answer."""

import pytest

from assemble import load, read
from parts import As5600
from pumpcore.travel import AHEAD, WELL, Travel
from pumpcore.units import CLOCK_MASK
from pumpsim.sensors import COUNTS_PER_TURN


@pytest.fixture
def encoder(rig):
    rig.chips = {0x36: As5600()}
    return load(rig).Board().encoder


def turn(rig, encoder, *angles):
    for angle in angles:
        rig.chips[0x36].angle = angle % 4096
        encoder.read()
    return encoder.counts


def test_it_begins_at_0_wherever_the_shaft_stands(rig, encoder):
    assert encoder.counts == -1
    assert turn(rig, encoder, 3000) == 0
    assert turn(rig, encoder, 3010) == 10


def test_turns_add_up_forward_and_back(rig, encoder):
    assert turn(rig, encoder, *range(0, 3 * COUNTS_PER_TURN + 1, 1000)) == 12_000
    assert turn(rig, encoder, *range(12_000, -1, -1500)) == 0


def test_below_0_it_wraps_as_the_virtual_pump_s_does(rig, encoder):
    assert turn(rig, encoder, 0, -5) == CLOCK_MASK - 4
    assert turn(rig, encoder, 3) == 3


@pytest.mark.parametrize(
    ("by", "counts"), [(2047, 2047), (-2047, CLOCK_MASK + 1 - 2047), (2049, CLOCK_MASK + 1 - 2047)]
)
def test_the_shorter_way_is_taken(rig, encoder, by, counts):
    assert turn(rig, encoder, 100, 100 + by) == counts


def test_counts_never_leave_31_bits_on_the_way(rig, encoder):
    turn(rig, encoder, 0)
    encoder.turned = CLOCK_MASK
    assert turn(rig, encoder, 2) == 1


def fails(chip):
    def read(register, count):
        raise OSError(5)

    chip.read = read


def sees_no_magnet(chip):
    chip.status = 0x10


@pytest.mark.parametrize("fault", [fails, sees_no_magnet])
def test_one_missing_answer_is_forgiven_and_three_are_not(rig, encoder, fault):
    turn(rig, encoder, 0, 700)
    fault(rig.chips[0x36])
    assert [encoder.read() for _ in range(4)] == [700, 700, -1, -1]
    rig.chips[0x36] = As5600()
    assert turn(rig, encoder, 710) == 710  # goes on from where it was
    fault(rig.chips[0x36])
    assert [encoder.read() for _ in range(2)] == [710, 710]


def test_one_that_never_answered_is_dead(rig, encoder):
    rig.chips = {}
    assert [encoder.read() for _ in range(3)] == [-1, -1, -1]


def test_the_board_reads_it_as_travel_wants_it(rig, port):
    board = port.Board()
    setup = board.setup()
    board.guard(setup)
    travel = Travel(setup)
    for steps in range(0, 3_200 * 2, 160):
        rig.chips[0x36].angle = steps * COUNTS_PER_TURN // setup.steps_per_turn % 4096
        assert travel.look(160 if steps else 0, read(board).encoder_counts) == WELL
    rig.chips[0x36].angle += 1_000
    assert travel.look(0, read(board).encoder_counts) == AHEAD
