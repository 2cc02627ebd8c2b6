"""The ESP32 against stand-ins: bursts of the RMT that are exact, booked when they are over, and never given twice."""

from itertools import pairwise

import pytest

from assemble import load, order, part, read
from parts import As5600, Ssd1306

TICKS_PER_US = 12.5


@pytest.fixture
def esp32(rig):
    rig.chips = {0x36: As5600((0, 21, 22)), 0x3C: Ssd1306((1, 18, 19))}
    rig.levels = {16: 0}
    return load(rig, "board.esp32", "esp32")


@pytest.fixture
def board(esp32):
    board = esp32.Board()
    board.guard(board.setup())
    return board


def run(rig, board, ms):
    for _ in range(ms):
        rig.pass_ms()
        board.stepper.feed()


@pytest.mark.parametrize("interval", [3_125, 5_000, 6_789, 12_500, 250_001, 2_500_000])
def test_pulses_are_an_interval_apart_and_lose_nothing_in_the_mean(rig, board, interval):
    count = min(200, 5_000_000 // interval + 2)
    board.obey(order((interval, count)))
    run(rig, board, count * interval // 12_500 + 40)
    rises = rig.rises_us
    assert len(rises) == count
    late_us = rises[-1] - rises[0] - (count - 1) * interval / TICKS_PER_US
    assert -1 <= late_us < 1_000  # a turn of the loop, which the last burst may have begun late; it does not add up
    gaps = [b - a for a, b in pairwise(rises)]
    assert min(gaps) >= interval / TICKS_PER_US * 3 / 4 - 1
    assert read(board).steps_done == count


def test_segments_follow_one_another(rig, board):
    board.obey(order((12_500, 3), (25_000, 2), (50_000, 1)))
    run(rig, board, 60)
    assert [b - a for a, b in pairwise(rig.rises_us)] == [1_000, 1_000, 2_000, 2_000, 4_000]


def test_a_loop_that_hangs_gives_no_more_than_the_burst_under_way(rig, board):
    board.obey(order((3_125, 1_000)))
    given = len(rig.rises_us)
    assert given <= 64
    for _ in range(1_000):
        rig.pass_ms()
    assert len(rig.rises_us) == given
    assert read(board).steps_done == given  # and now goes on


def test_an_order_that_is_not_renewed_ends(rig, board):
    board.obey(order((12_500, 30)))
    run(rig, board, 500)
    assert len(rig.rises_us) == 30


def test_what_is_late_is_caught_up_with_gently(rig, board):
    board.obey(order((12_500, 200)))
    run(rig, board, 20)
    rig.clock_us += 30_000  # the loop was held up
    run(rig, board, 200)
    gaps = [b - a for a, b in pairwise(rig.rises_us)]
    assert min(gaps) == 750
    assert max(gaps) > 10_000
    assert gaps[-20:] == pytest.approx([1_000] * 20, abs=1)  # in time again
    assert rig.rises_us[-1] - rig.rises_us[0] == pytest.approx(199_000, abs=1)


def test_a_pulse_is_booked_when_its_burst_is_over(rig, board):
    board.obey(order((12_500, 5)))
    assert (read(board).steps_done, read(board).steps_queued) == (0, 5)
    run(rig, board, 4)
    assert (read(board).steps_done, read(board).steps_queued) == (0, 5)
    run(rig, board, 2)
    assert (read(board).steps_done, read(board).steps_queued) == (5, 0)


def test_a_flush_lets_the_burst_end_and_leaves_nothing_queued(rig, board):
    board.obey(order((12_500, 100)))
    run(rig, board, 3)
    board.obey(order(flush=True))
    given = len(rig.rises_us)
    assert given <= 20
    inputs = read(board)
    assert (inputs.steps_done, inputs.steps_queued) == (given, 0)
    run(rig, board, 100)
    assert len(rig.rises_us) == given
    at_us = rig.clock_us
    board.obey(order((12_500, 2)))
    run(rig, board, 10)
    assert [rise - at_us for rise in rig.rises_us[given:]] == [1_000, 2_000]


def test_the_pump_is_no_faster_than_its_pulses(board):
    part("settings").change(step_pl=5_422, count_pl=4_231)  # a 1 mL syringe
    board = type(board)()
    setup = board.setup()
    assert setup.most_rate_cml_h == 5_422 * 4_500 // 3_125  # 78 mL/h, 4000 steps/s
    assert board.menu.setup is setup


def test_it_reads_its_pins_and_its_converter(rig, board):
    rig.counts = {36: 6_620 + 8_192, 39: 58_982, 34: 55_609}
    rig.levels[35] = 0
    inputs = read(board)
    assert inputs.pressure_pa == pytest.approx(15_469, abs=30)
    assert inputs.air_permille == pytest.approx(1_000, abs=2)
    assert inputs.battery_mv == pytest.approx(8_400, abs=5)
    assert (inputs.on_mains, inputs.seated, inputs.encoder_counts) == (0, 1, 0)


def test_its_watchdog_stays(rig, board):
    board.release()
    assert rig.mem32 == {}
    assert rig.levels[27] == 1
