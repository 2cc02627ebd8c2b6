"""The shipped board/rp2.py against the stand-ins of assemble.py: its queue, its keys, what it switches."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from assemble import Rig, load
from pumpcore.records import Inputs, Outputs
from pumpcore.states import ACKNOWLEDGE, ALARM, IDLE, INFUSING, PAUSE, READY, REFUSED, START, STATE_NAMES, next_state
from pumpcore.units import CLOCK_MASK
from pumpcore.wire import FROM_HOST, Writer

FIRMWARE = Path(__file__).parents[2] / "firmware"
LEAST = 625
FIFO_WORDS = 8
HIGH_TICKS = 25


@pytest.fixture
def rig():
    return Rig()


@pytest.fixture
def port(rig):
    return load(rig)


@pytest.fixture
def board(port):
    return port.Board()


def order(*segments, state=INFUSING, flush=False):
    outputs = Outputs()
    outputs.state = state
    outputs.flush = flush
    outputs.segments = len(segments)
    for i, (interval, count) in enumerate(segments):
        outputs.intervals_ticks[i] = interval
        outputs.counts[i] = count
    return outputs


def read(board):
    inputs = Inputs()
    board.read(inputs)
    return inputs


def done_and_queued(board):
    inputs = read(board)
    return inputs.steps_done, inputs.steps_queued


# The queue


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
    for _ in range(port.RING_SEGMENTS + 10):
        board.obey(order((LEAST, 1)))
        rig.run(LEAST)
    rig.run(2 * LEAST)
    assert done_and_queued(board) == (port.RING_SEGMENTS + 10, 0)


def test_a_full_ring_takes_nothing_and_counts_nothing(port, board):
    room = FIFO_WORDS // 2 + port.RING_SEGMENTS
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


# Sensors


@pytest.mark.parametrize(("volts", "kpa"), [(0.5, 0), (2.5, 50), (4.5, 100)])
def test_pressure_follows_the_assumed_sensor(port, volts, kpa):
    counts = round(volts * 2 / 3 / 3.3 * 65536)
    assert port.pressure_pa(counts) == pytest.approx(1000 * kpa, abs=5)


def test_sensors_stay_in_their_range_and_in_31_bits(port):
    assert (port.pressure_pa(0), port.pressure_pa(65535)) == (-12501, 111249)
    assert (port.air_permille(0), port.air_permille(32768), port.air_permille(65535)) == (0, 500, 1000)
    assert (65535 - port.PRESSURE_ZERO) * port.PA_IN_8192 < 2**30


def test_read_takes_both_sensors_from_their_pins(rig, port, board):
    rig.counts = {port.PRESSURE_ADC: 6620 + 8192, port.AIR_ADC: 65535}
    inputs = read(board)
    assert (inputs.pressure_pa, inputs.air_permille) == (15469, 1000)


# The motor and the lights


@pytest.mark.parametrize("state", range(len(STATE_NAMES)))
def test_the_motor_is_on_only_while_it_has_orders(rig, port, board, state):
    assert rig.levels[port.ENABLE] == 1
    board.obey(order(state=state))
    assert rig.levels[port.ENABLE] == (0 if STATE_NAMES[state] in ("INFUSING", "KVO", "RELIEF") else 1)


def test_stop_drops_the_queue_and_lets_go_of_the_motor(rig, port, board):
    board.obey(order((LEAST, 9)))
    board.stop()
    rig.run(10_000)
    assert rig.pulses == []
    assert (rig.levels[port.ENABLE], rig.levels[port.GREEN_LED]) == (1, 0)


@pytest.mark.parametrize(
    ("alarm", "lights"),
    [(0, (1, 0, 0)), (4, (1, 1, 0)), (1, (1, 0, 1))],  # none, RESERVOIR_LOW, OCCLUSION_DOWNSTREAM
)
def test_the_lights_show_the_priority(rig, port, board, alarm, lights):
    outputs = order()
    outputs.alarm_shown = alarm
    board.obey(outputs)
    assert tuple(rig.levels[pin] for pin in (port.GREEN_LED, port.YELLOW_LED, port.RED_LED)) == lights


# Keys and time


def press(rig, pin, down_at, up_at):
    """From now on: hold the key between the two, in ms slept."""
    levels = iter([*[1] * down_at, *[0] * (up_at - down_at)])
    rig.asleep = lambda: rig.levels.__setitem__(pin, next(levels, 1))


def settle(board, state):
    board.obey(order(state=state))
    board.wait_until((board.now_ms() + 50) & CLOCK_MASK)


def test_a_press_asks_once_and_wakes_the_loop(rig, port, board):
    settle(board, READY)
    press(rig, port.START_KEY, 10, 500)
    began = rig.clock_ms
    board.wait_until(began + 1000)
    assert rig.clock_ms - began == 10 + port.DEBOUNCE_MS
    assert read(board).request == START
    board.wait_until(rig.clock_ms + 1000)
    assert read(board).request == 0


def test_bounce_asks_once_and_a_spike_not_at_all(rig, port, board):
    settle(board, INFUSING)
    levels = iter([0, 1, 1, 0, 1, 0, 0, 1, *[0] * 60, 1, 0, 1, 0, 0, *[1] * 60, *[0] * 15])
    rig.asleep = lambda: rig.levels.__setitem__(port.STOP_KEY, next(levels, 1))
    asked = []
    for _ in range(20):
        board.wait_until(rig.clock_ms + 20)
        asked.append(read(board).request)
    assert [request for request in asked if request] == [PAUSE]


def test_a_key_held_at_power_on_asks_for_nothing_until_it_was_let_go(rig, port):
    rig.levels[port.START_KEY] = 0
    board = port.Board()
    settle(board, READY)
    assert read(board).request == 0
    press(rig, port.START_KEY, 100, 200)
    board.wait_until(rig.clock_ms + 300)
    assert read(board).request == START


def test_stop_outdoes_start(rig, port, board):
    settle(board, INFUSING)
    rig.levels[port.START_KEY] = 0
    rig.levels[port.STOP_KEY] = 0
    board.wait_until(rig.clock_ms + 100)
    assert read(board).request == PAUSE


def test_stop_that_waits_to_be_read_outdoes_a_later_start(rig, port, board):
    settle(board, INFUSING)
    rig.levels[port.STOP_KEY] = 0
    press(rig, port.START_KEY, 5, 500)
    board.wait_until(rig.clock_ms + 100)
    rig.clock_ms += port.DEBOUNCE_MS
    assert read(board).request == PAUSE


def test_a_key_asks_only_for_what_its_state_takes(port, board):
    """In every state, though this board's pump does not turn back and is never in RELIEF."""
    setup = board.setup()
    assert (setup.back_off, setup.signal_test) == (0, 1)
    states = range(len(STATE_NAMES))
    assert len(port.START_KEY_ASKS) == len(port.STOP_KEY_ASKS) == len(states)
    for state in states:
        assert next_state(state, port.START_KEY_ASKS[state]) != REFUSED
        if port.STOP_KEY_ASKS[state]:
            assert next_state(state, port.STOP_KEY_ASKS[state]) not in (REFUSED, INFUSING)
    assert port.STOP_KEY_ASKS[IDLE] == 0
    assert next_state(ALARM, port.START_KEY_ASKS[ALARM]) != INFUSING


@pytest.mark.parametrize("now_ms", [0, 12345, CLOCK_MASK - 30])
def test_wait_until_returns_on_time_also_across_the_wrap(rig, port, board, now_ms):
    rig.clock_ms = now_ms
    then_ms = (now_ms + 70) & CLOCK_MASK
    board.wait_until(then_ms)
    assert rig.clock_ms == then_ms
    board.wait_until((then_ms - 5) & CLOCK_MASK)
    assert rig.clock_ms == then_ms


def test_waiting_keeps_the_fifo_full(rig, board):
    for _ in range(6):
        board.obey(order((LEAST, 1)))
    rig.asleep = lambda: rig.run(LEAST)
    board.wait_until(8)
    assert len(rig.pulses) == 6


# The code's checksum, the driver's fault line, keys that stay down


def flash(folder, **more):
    """Files as they are copied; returns the port's checksum of them by another way."""
    files = {"boot.py": b"1", "main.py": b"22", "pumpcore/a.py": bytes(range(100)), "board/rp2.py": b"", **more}
    files["notes.txt"] = files["lib.py"] = b"not of the firmware"
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    low, high = 1, 0
    for name in ("boot.py", "main.py", "pumpcore/a.py", *sorted(more), "board/rp2.py"):
        for byte in files[name]:
            low += byte
            high += low
    return high % 32_749 << 15 | low % 32_749


def test_the_code_is_summed_whole_at_power_on_and_in_slices_while_waiting(rig, port, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code_sum = flash(tmp_path, **{"pumpcore/b.py": b"\x00\xff" * 500})
    board = port.Board()
    assert read(board).code_sum == code_sum
    with (tmp_path / "pumpcore/b.py").open("r+b") as file:
        file.seek(700)
        file.write(b"\x04")  # one bit of it
    assert read(board).code_sum == code_sum
    # 32 slices of 1000 bytes, 4 of 100, and one each of 1 and 2; each file's end takes one more
    board.wait_until(rig.clock_ms + 32 + 4 + 1 + 1 + 5 - 1)
    assert read(board).code_sum == code_sum
    board.wait_until(rig.clock_ms + 1)
    changed = read(board).code_sum
    assert changed != code_sum and 0 < changed < 2**30
    board.wait_until(rig.clock_ms + 500)
    assert read(board).code_sum == changed


@pytest.mark.parametrize("bit", range(8))
def test_any_flipped_bit_of_any_byte_changes_the_sum(port, tmp_path, monkeypatch, bit):
    monkeypatch.chdir(tmp_path)
    content = bytes(range(0, 250, 7))
    code_sum = flash(tmp_path, **{"pumpcore/b.py": content})
    for i in range(len(content)):
        flipped = bytearray(content)
        flipped[i] ^= 1 << bit
        (tmp_path / "pumpcore/b.py").write_bytes(flipped)
        assert port.Code().sum != code_sum


def test_a_seal_is_the_sum_of_when_it_was_made_and_none_is_0(port, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code_sum = flash(tmp_path)
    assert port.Board().sealed_sum() == 0
    port.seal()
    assert port.Board().sealed_sum() == code_sum == port.Board().code.sum
    (tmp_path / "main.py").write_bytes(b"23")
    assert port.Board().sealed_sum() == code_sum != port.Board().code.sum
    (tmp_path / port.SEAL).write_text("")
    assert port.Board().sealed_sum() == 1


def test_without_files_nothing_is_summed(rig, port, tmp_path, monkeypatch):
    """Frozen into the image they cannot be read; with nothing sealed nothing is held against it."""
    monkeypatch.chdir(tmp_path)
    board = port.Board()
    board.wait_until(rig.clock_ms + 100)
    assert (read(board).code_sum, board.sealed_sum()) == (0, 0)


def test_the_drivers_fault_line_and_keys_that_are_held_are_told(rig, port, board):
    inputs = read(board)
    assert (inputs.winding_ok, inputs.key_down) == (1, 0)
    rig.levels[port.DRIVER_FAULT] = 0
    assert read(board).winding_ok == 0
    for key in (port.START_KEY, port.STOP_KEY):
        rig.levels[key] = 0
        assert read(board).key_down == 1
        rig.levels[key] = 1
    assert read(board).key_down == 0


def test_while_the_leds_are_not_confirmed_start_says_that_they_were_seen(rig, port, board):
    outputs = order(state=READY)
    outputs.signal_test = 1
    board.obey(outputs)
    board.wait_until(rig.clock_ms + 50)
    press(rig, port.START_KEY, 10, 500)
    board.wait_until(rig.clock_ms + 100)
    assert read(board).request == ACKNOWLEDGE


# The files beside it


def test_boot_makes_the_motor_safe_and_starts_nothing(rig, port):
    load(rig, "boot")
    assert rig.levels == {port.ENABLE: 1, port.STEP: 0}
    assert rig.machines == {}


def test_a_host_programs_a_key_starts_and_the_motor_is_stopped_whatever_happens(rig, monkeypatch):
    main = load(rig, "main")
    port = load(rig)
    monkeypatch.setattr(main, "Board", lambda: rig.wire(port.Board()))
    enabled, lit = [], []

    def asleep():
        enabled.append(rig.levels[port.ENABLE] == 0)
        rig.levels[port.START_KEY] = 0 if 200 <= rig.clock_ms < 300 or 500 <= rig.clock_ms < 600 else 1
        if rig.clock_ms in (190, 300):
            lit.append([rig.levels[pin] for pin in (port.GREEN_LED, port.YELLOW_LED, port.RED_LED)])
        if rig.clock_ms == 350:
            rig.usb_in += frame(1, b"program", 500, 10_000, 100)
        if rig.clock_ms == 400:
            digest = bytes(rig.usb_out).split()[-2]
            rig.usb_in += frame(2, b"confirm", digest)
        if rig.clock_ms == 2500:
            assert rig.machines[0].tx_fifo()
            raise KeyboardInterrupt

    rig.asleep = asleep
    with pytest.raises(KeyboardInterrupt):
        main.main()
    program, confirm = bytes(rig.usb_out).decode().splitlines()
    assert program.startswith("<1 ok 500 10000 100 7200 ")
    assert confirm.startswith(f"<2 ok {READY} ")
    assert lit == [[1, 1, 1], [0, 0, 0]]
    assert enabled.index(True) == pytest.approx(500 + port.DEBOUNCE_MS, abs=2)
    assert rig.levels[port.ENABLE] == 1
    assert rig.machines[0].tx_fifo() == 0


def frame(number, word, *fields):
    writer = Writer(FROM_HOST)
    writer.begin(number, word)
    for field in fields:
        writer.integer(field) if isinstance(field, int) else writer.text(field)
    assert writer.end()
    return bytes(writer.view[: writer.length])


def test_a_byte_from_the_host_wakes_the_loop(rig, port):
    board = rig.wire(port.Board())
    began_ms = rig.clock_ms
    rig.asleep = lambda: rig.usb_in.extend(b">" if rig.clock_ms == began_ms + 7 else b"")
    board.wait_until(began_ms + 1_000)
    assert rig.clock_ms == began_ms + 7
    buffer = bytearray(4)
    assert (board.receive(buffer), bytes(buffer)) == (1, b">\0\0\0")


@pytest.mark.parametrize("room", [0, 1, 5, 6])
def test_a_host_that_reads_nothing_does_not_hold_up_the_loop(rig, port, room):
    board = rig.wire(port.Board())
    rig.usb_room = room
    board.send(bytearray(b"<1 ok\n and more"), 6)
    assert rig.usb_out == b"<1 ok\n"[:room]


@pytest.mark.parametrize(("text", "key"), [(None, b""), ("00ff\n", b"\x00\xff"), ("not hexadecimal", None), ("", None)])
def test_the_key_is_read_and_one_that_cannot_be_fits_nobody(port, tmp_path, monkeypatch, text, key):
    monkeypatch.chdir(tmp_path)
    if text is not None:
        (tmp_path / port.KEY).write_text(text)
    session = port.Board().session()
    assert session.key == key if key is not None else len(session.key) == port.RANDOM_BYTES


# RFC 4231, test cases 1, 2 and 6: a short key, a text, and a key that is longer than a block
@pytest.mark.parametrize(
    ("key", "message", "digest"),
    [
        (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (
            b"\xaa" * 131,
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
    ],
    ids=["short", "text", "long"],
)
def test_hmac_is_that_of_rfc_4231(port, key, message, digest):
    assert port.Sha256().hmac(key, message).hex() == digest


def test_the_package_lists_every_file_that_runs_on_the_board():
    package = json.loads((FIRMWARE / "package.json").read_text())
    files = [path.relative_to(FIRMWARE).as_posix() for path in FIRMWARE.glob("*/*.py")] + ["boot.py", "main.py"]
    files.remove("board/unix.py")
    assert sorted(target for target, _ in package["urls"]) == sorted(files)
    assert all(target == source for target, source in package["urls"])
    assert package["version"] == "0.1.0"
