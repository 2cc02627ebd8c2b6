"""The queue of pulses in front of the PIO: what is ordered, what is still to come, and what a flush leaves."""

from itertools import pairwise

import pytest

from assemble import order, read
from pumpcore.units import CLOCK_MASK

LEAST = 625
FIFO_WORDS = 8
HIGH_TICKS = 25
RING_SEGMENTS = 64


def done_and_queued(board):
    inputs = read(board)
    return inputs.steps_done, inputs.steps_queued


def test_queued_is_what_was_put_less_what_was_given(rig, board):
    board.obey(order((LEAST, 4), (700, 2)))
    for _ in range(8):
        assert done_and_queued(board) == (len(rig.pulses), 6 - len(rig.pulses))
        rig.run(640)
    assert done_and_queued(board) == (6, 0)


def test_what_does_not_fit_the_fifo_waits_and_follows_in_order(rig, board):
    intervals = [LEAST + i for i in range(10)]
    for i in range(0, 10, 5):
        board.obey(order(*[(interval, 1) for interval in intervals[i : i + 5]]))
    assert rig.machines[0].tx_fifo() == FIFO_WORDS
    assert done_and_queued(board) == (0, 10)
    rig.run(1)  # one word of two is gone
    board.stepper.feed()
    assert rig.machines[0].tx_fifo() == FIFO_WORDS - 1
    for _ in range(12):
        rig.run(LEAST)
        read(board)
    assert done_and_queued(board) == (10, 0)
    assert [b - a for a, b in pairwise(rig.pulses)] == intervals[1:]


def test_the_ring_goes_round(rig, port, board):
    for _ in range(RING_SEGMENTS + 10):
        board.obey(order((LEAST, 1)))
        rig.run(LEAST)
    rig.run(2 * LEAST)
    assert done_and_queued(board) == (RING_SEGMENTS + 10, 0)


def test_a_full_ring_takes_nothing_and_counts_nothing(port, board):
    room = FIFO_WORDS // 2 + RING_SEGMENTS
    for _ in range(room + 3):
        board.obey(order((2**29, 2)))
    assert done_and_queued(board) == (0, 2 * room)


@pytest.mark.parametrize("segment", [(LEAST - 1, 1), (LEAST, 0), (LEAST, -1), (0, 1)])
def test_a_segment_that_cannot_be_is_refused_and_changes_nothing(board, segment):
    with pytest.raises(ValueError, match="no segment"):
        board.stepper.order(*segment)
    assert done_and_queued(board) == (0, 0)
    assert board.stepper.waiting == 0


# In the wait, at the rise of a pulse, in it, behind it, in the second segment, and when all has been given.
@pytest.mark.parametrize("ticks", [3, 300, 597, 598, 600, 622, 623, 630, 1300, 1900, 9000])
@pytest.mark.parametrize("exec_ticks", [0, 100])
def test_a_flush_leaves_nothing_queued_and_the_pin_low(rig, board, ticks, exec_ticks):
    board.obey(order((LEAST, 2), (650, 2), (LEAST, 1), (LEAST, 1), (LEAST, 1)))
    board.obey(order((LEAST, 1)))
    rig.run(ticks)
    rig.exec_ticks = exec_ticks
    given = len(rig.pulses)
    board.obey(order(flush=True))
    assert rig.machines[0].state.pin_values & 1 == 0
    assert rig.machines[0].tx_fifo() == 0
    rig.run(10_000)
    assert len(rig.pulses) == given
    assert done_and_queued(board) == (given, 0)


@pytest.mark.parametrize("ticks", [599, 610, 622])
def test_a_flush_cuts_no_pulse_short(rig, board, ticks):
    board.obey(order((LEAST, 2)))
    rig.run(ticks)
    rig.exec_ticks = HIGH_TICKS  # the least that passes between stopping and taking the pin down
    board.obey(order(flush=True))
    (up, _), (down, _) = rig.machines[0].edges
    assert down - up >= HIGH_TICKS


def test_after_a_flush_new_segments_begin_as_from_a_standstill(rig, board):
    board.obey(order((LEAST, 9), (LEAST, 9)))
    rig.run(2000)
    given = len(rig.pulses)
    at = rig.ticks
    board.obey(order((900, 1), (800, 2), flush=True))
    assert done_and_queued(board) == (given, 3)
    rig.run(4000)
    assert [tick - at for tick in rig.pulses[given:]] == [900 - 27, 1700 - 27, 2500 - 27]


def test_more_pulses_than_ordered_are_booked_and_leave_nothing_queued(rig, board):
    board.obey(order((LEAST, 3)))
    board.stepper.ordered -= 1  # as if noise on the wire had been counted
    rig.run(5 * LEAST)
    assert done_and_queued(board) == (3, 0)
    board.obey(order((LEAST, 2)))
    assert done_and_queued(board) == (3, 2)


def test_the_queue_is_right_across_the_wrap_of_the_count(rig, board):
    board.stepper.given = lambda: CLOCK_MASK - 1
    board.stepper.ordered = CLOCK_MASK - 1
    board.obey(order((LEAST, 5)))
    assert board.stepper.ordered == 3
    assert done_and_queued(board) == (CLOCK_MASK - 1, 5)


def test_a_system_clock_that_makes_no_whole_tick_is_refused(rig, port):
    rig.system_hz = 133_000_000
    with pytest.raises(ValueError, match="133000000"):
        port.Board()
