"""The guard on the chip: it looks every 10 ms whatever the loop does, takes the motor its driver, feeds the watchdog.

What a loop that hangs does is told by what time does meanwhile: `rig.pass_ms` is a millisecond in which nothing of the
loop runs, and the timer does.
"""

from itertools import pairwise

import pytest

from assemble import order, part, read
from parts import As5600
from pumpcore.guard import DOSE, NO_ORDER, REASON_NAMES
from pumpcore.records import ACCEPTED, Inputs
from pumpcore.states import IDLE, INFUSING, PROGRAM, READY, START

GATE, ENABLE = 2, 12
LEAST = 625
COUNTS_PER_STEP = 4096 / 3200


@pytest.fixture
def edges(rig):
    """Of GATE, in ms."""
    seen = []
    levels = rig.levels

    class Levels(dict):
        def __setitem__(self, gpio, level):
            if gpio == GATE and level != self.get(gpio):
                seen.append(rig.clock_ms)
            super().__setitem__(gpio, level)

    rig.levels = Levels(levels)
    return seen


def tell(rig, board, request=0, rate=0, **outputs):
    """A step of the controller that has accepted this, and its orders."""
    inputs = Inputs()
    inputs.request = request
    inputs.rate_cml_h, inputs.vtbi_ul = 500, 10_000
    out = order(answer=ACCEPTED if request else 0, motor_cml_h=rate, **outputs)
    board.tell(rig.clock_ms, inputs, out)
    board.obey(out)


def infuse(rig, board):
    """5 mL/h, prescribed and ordered."""
    tell(rig, board, PROGRAM, state=READY)
    tell(rig, board, START, 500, state=INFUSING)


def hang(rig, ms):
    for _ in range(ms):
        rig.pass_ms()


def test_while_it_is_content_the_gate_has_an_edge_every_look(rig, edges, board):
    assert board.protector.content
    edges.clear()
    hang(rig, 100)
    assert len(edges) == 10
    assert max(b - a for a, b in pairwise(edges)) == 10


def test_a_loop_that_hangs_loses_the_motor_the_gate_and_the_watchdog(rig, edges, board):
    infuse(rig, board)
    assert rig.levels[ENABLE] == 0
    began = rig.clock_ms
    hang(rig, 12_000)
    assert REASON_NAMES[board.protector.reason] == "LATE_LOOP"
    assert rig.levels[ENABLE] == 1
    assert edges[-1] - began == pytest.approx(2_200, abs=20)
    assert rig.clock_ms - rig.fed_ms[-1] > 8_000  # which resets the chip


def test_the_wait_renews_the_order_so_that_no_step_has_to(rig, board, monkeypatch):
    infuse(rig, board)
    guard, heard, told_in_steps = board.protector.guard, [], []
    hear = guard.tell
    monkeypatch.setattr(guard, "tell", lambda now_ms, frame: heard.append(now_ms) or hear(now_ms, frame))
    for _ in range(100):
        board.wait_until(rig.clock_ms + 20)
        before = len(heard)
        tell(rig, board, 0, 500, state=INFUSING)
        told_in_steps += heard[before:]
    assert not told_in_steps
    assert len(heard) == pytest.approx(10, abs=1)
    assert board.protector.reason == 0


def test_the_pulses_of_a_loop_that_hangs_end_by_themselves(rig, board):
    infuse(rig, board)
    board.obey(order((LEAST, 7), (LEAST, 3)))
    rig.run(50 * LEAST)
    assert len(rig.pulses) == 10


def test_a_loop_that_hangs_with_the_motor_at_rest_starves_the_watchdog_too(rig, board):
    tell(rig, board, state=IDLE)
    hang(rig, 12_000)
    assert board.protector.reason == 0
    assert rig.clock_ms - rig.fed_ms[-1] > 8_000


def test_the_guard_alone_feeds_the_watchdog(rig, board):
    """Nothing that the loop does feeds it while the timer stands still."""
    rig.timers.clear()
    rig.fed_ms.clear()
    for _ in range(20):
        tell(rig, board, state=IDLE)
        read(board)
        board.wait_until(rig.clock_ms + 100)
    assert rig.fed_ms == []


def test_a_loop_that_goes_on_keeps_it_fed(rig, board):
    for _ in range(100):
        tell(rig, board, state=IDLE)
        hang(rig, 200)
    assert rig.clock_ms - rig.fed_ms[-1] <= 10
    assert board.protector.content


def turn(rig, steps):
    rig.chips[0x36].angle = (rig.chips[0x36].angle + round(steps * COUNTS_PER_STEP)) % 4096


def test_a_motor_that_turns_unasked_is_stopped_and_said(rig, edges, board):
    tell(rig, board, state=IDLE)
    hang(rig, 200)
    turn(rig, 100)
    hang(rig, 10)
    assert REASON_NAMES[board.protector.reason] == "NO_ORDER"
    edges.clear()
    tell(rig, board, state=INFUSING)  # whatever the loop wants
    hang(rig, 100)
    assert (rig.levels[ENABLE], edges) == (1, [])
    assert read(board).guard == NO_ORDER


def test_more_than_was_prescribed_is_stopped(rig, board):
    infuse(rig, board)
    for _ in range(40):
        turn(rig, 30)  # 5.2 uL every 100 ms is 187 mL/h
        hang(rig, 100)
        tell(rig, board, 0, 18_700, state=INFUSING)
    assert board.protector.reason == DOSE
    assert rig.levels[ENABLE] == 1


def test_what_was_prescribed_goes_on(rig, board):
    infuse(rig, board)
    for _ in range(200):
        turn(rig, 4)  # 0.69 uL in 500 ms is 5 mL/h
        hang(rig, 500)
        tell(rig, board, 0, 500, state=INFUSING)
    assert (board.protector.reason, rig.levels[ENABLE]) == (0, 0)


def test_a_blind_guard_is_not_content_and_sees_again(rig, edges, board):
    infuse(rig, board)
    rig.chips.pop(0x36)
    hang(rig, 20)
    assert board.protector.content  # two answers may be missing
    hang(rig, 20)
    assert (rig.levels[ENABLE], board.protector.content) == (1, False)
    edges.clear()
    hang(rig, 100)
    assert edges == []
    assert read(board).encoder_counts == -1
    rig.chips[0x36] = As5600()
    hang(rig, 20)
    tell(rig, board, 0, 500, state=INFUSING)
    assert (rig.levels[ENABLE], board.protector.reason) == (0, 0)


def test_without_a_guard_the_motor_is_never_on(rig, port):
    board = port.Board()
    board.obey(order())
    assert rig.levels[ENABLE] == 1


def test_a_timer_that_fires_while_the_loop_tells_it_waits_and_is_made_up_for(rig, board, monkeypatch):
    protector = board.protector
    looks = []
    monkeypatch.setattr(protector, "look", lambda: looks.append(protector.busy))

    def tell_slowly(now_ms, frame):
        hang(rig, 10)
        assert looks == []

    monkeypatch.setattr(protector.guard, "tell", tell_slowly)
    board.tell(rig.clock_ms, Inputs(), order(motor_cml_h=500))
    assert looks == [True]  # a further one would still wait
    hang(rig, 10)
    assert looks == [True, False]


def test_stop_ends_it_for_good(rig, edges, board):
    infuse(rig, board)
    board.stop()
    edges.clear()
    hang(rig, 100)
    assert (edges, rig.levels[ENABLE], rig.levels[18]) == ([], 1, 1)


def test_who_interrupts_the_loop_has_the_board_and_no_watchdog(rig, board):
    infuse(rig, board)
    board.release()
    assert rig.mem32 == {0x4005_8000 + 0x3000: 1 << 30}
    assert (rig.timers, rig.levels[GATE], rig.levels[ENABLE]) == ([], 0, 1)


def test_the_guard_has_a_setting_of_its_own_a_little_less_than_a_count_moves(port):
    settings = part("settings").Settings()
    settings.step_pl = 17_353  # a digit lost, past whatever checks what is entered
    settings.save()
    board = port.Board()
    board.guard(board.setup())
    assert board.setup().step_pl == 17_353
    assert board.protector.guard.pl_per_count == 173_530 * 3_200 // 4_096 * 999 // 1_000
    assert part("protector").LOOK_MS == 10
