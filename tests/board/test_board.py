"""The shipped board as main.py sees it, against the stand-ins of assemble.py; and the files beside it."""

import json
from pathlib import Path

import pytest

from assemble import load, order, part, read
from pumpcore.events import BOOT, LINK, WATCHDOG
from pumpcore.states import IDLE, INFUSING, READY, STATE_NAMES
from pumpcore.units import CLOCK_MASK
from pumpcore.wire import FROM_HOST, Writer

FIRMWARE = Path(__file__).parents[2] / "firmware"
LEAST = 625
GATE, BUZZER, STEP, DIR, ENABLE, DRIVER_FAULT, START_KEY = 2, 3, 10, 11, 12, 13, 14
CYAN, YELLOW, RED, SEATED, SELECT_KEY = 16, 17, 18, 21, 20


def test_a_system_clock_that_makes_no_whole_tick_is_refused(rig, port):
    rig.system_hz = 133_000_000
    with pytest.raises(ValueError, match="133000000"):
        port.Board()


# The motor and the lights


@pytest.mark.parametrize("state", range(len(STATE_NAMES)))
def test_the_motor_is_on_only_while_it_has_orders(rig, board, state):
    assert rig.levels[ENABLE] == 1
    board.obey(order(state=state))
    assert rig.levels[ENABLE] == (0 if STATE_NAMES[state] in ("INFUSING", "KVO", "RELIEF") else 1)


def test_stop_drops_the_queue_and_lets_go_of_the_motor(rig, board):
    board.obey(order((LEAST, 9)))
    board.stop()
    rig.run(10_000)
    assert rig.pulses == []
    assert (rig.levels[ENABLE], rig.levels[RED]) == (1, 1)


def test_the_motor_turns_back_after_a_flush_that_says_so(rig, board):
    assert rig.levels[DIR] == 1
    board.obey(order(flush=True, backward=True))
    assert rig.levels[DIR] == 0
    board.obey(order((LEAST, 1), backward=True))
    assert rig.levels[DIR] == 0
    board.obey(order(flush=True))
    assert rig.levels[DIR] == 1


def test_lights_and_buzzer_do_as_they_are_told(rig, board):
    board.obey(order(red=1, cyan=1, buzzer_hz=523))
    assert [rig.levels[pin] for pin in (CYAN, YELLOW, RED)] == [1, 0, 1]
    assert (rig.pwms[BUZZER].hz, rig.pwms[BUZZER].duty) == (523, 32_768)
    board.obey(order(yellow=1))
    assert [rig.levels[pin] for pin in (CYAN, YELLOW, RED)] == [0, 1, 0]
    assert rig.pwms[BUZZER].duty == 0


def test_the_buzzer_is_touched_only_when_the_note_changes(rig, board):
    for hz in (0, 0, 262, 262, 262, 294, 294, 0, 0):
        board.obey(order(buzzer_hz=hz))
    calls = rig.pwms[BUZZER].calls[1:]
    assert calls == [("freq", 262), ("duty", 32_768), ("freq", 294), ("duty", 32_768), ("duty", 0)]


def test_the_drivers_fault_line_and_the_syringes_switch_are_told(rig, board):
    inputs = read(board)
    assert (inputs.winding_ok, inputs.seated) == (1, 1)
    rig.levels[DRIVER_FAULT], rig.levels[SEATED] = 0, 1
    inputs = read(board)
    assert (inputs.winding_ok, inputs.seated) == (0, 0)


# Time and the host


@pytest.mark.parametrize("now_ms", [0, 12345, CLOCK_MASK - 30])
def test_wait_until_returns_on_time_also_across_the_wrap(rig, board, now_ms):
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


# The files beside it


def test_boot_makes_the_motor_safe_and_imports_nothing_else_of_the_pump(rig):
    load(rig, "boot")
    assert rig.levels == {ENABLE: 1, STEP: 0, GATE: 0, SEATED: 0}
    assert (rig.machines, rig.timers) == ({}, [])
    import sys  # noqa: PLC0415

    assert [name for name in sys.modules if name.startswith("board.")] == ["board.pins"]


class Motor:
    """Gives the pulses of a board's ring as the loop's time goes by: the PIO emulator would take minutes for it."""

    def __init__(self, segments):
        self.segments = segments
        self.steps = 0
        self.since = 0  # ticks
        self.of_first = 0  # pulses of the first segment that are given
        segments.given = lambda: self.steps
        segments.feed = lambda: None
        segments.flush = self.flush

    def flush(self):
        self.segments.waiting = self.of_first = self.since = 0
        self.segments.ordered = self.steps

    def run(self, ticks):
        segments = self.segments
        self.since = self.since + ticks if segments.waiting else 0
        while segments.waiting and self.since >= segments.intervals_ticks[segments.first]:
            self.since -= segments.intervals_ticks[segments.first]
            self.steps += 1
            self.of_first += 1
            if self.of_first == segments.counts[segments.first]:
                self.of_first = 0
                segments.take()


class Bench:
    """main.main on a Pico whose motor turns as told, until `ends_ms`. `at` does something at a time."""

    def __init__(self, rig, ends_ms, at):
        self.rig = rig
        self.ends_ms = ends_ms
        self.at = at
        rig.asleep = self.asleep
        main = load(rig, "main")
        self.board = rig.wire(part("rp2").Board())
        self.motor = Motor(self.board.stepper)
        self.rig.levels[START_KEY] = 1
        main.Board = lambda: self.board
        self.main = main.main

    def asleep(self):
        rig = self.rig
        self.motor.run(12_500)
        rig.chips[0x36].angle = self.motor.steps * 4096 // 3200 % 4096
        rig.counts[27] = 6_554 if rig.levels[22] else 58_982
        rig.counts[26] = 6_620 + rig.clock_ms % 7
        if rig.clock_ms in self.at:
            self.at[rig.clock_ms](rig)
        if rig.clock_ms >= self.ends_ms:
            raise KeyboardInterrupt


def key(gpio, level):
    return lambda rig: rig.levels.__setitem__(gpio, level)


def test_a_host_programs_a_key_starts_and_the_motor_is_stopped_whatever_happens(rig):
    enabled = []
    at = {
        500: lambda rig: rig.usb_in.extend(frame(1, b"program", 50_000, 10_000, 100)),
        600: lambda rig: rig.usb_in.extend(frame(2, b"confirm", bytes(rig.usb_out).split()[-2])),
        700: key(START_KEY, 0),  # the signals were seen and heard
        800: key(START_KEY, 1),
        900: key(START_KEY, 0),
        1_000: key(START_KEY, 1),
        1_800: lambda rig: enabled.append(rig.levels[ENABLE]),
    }
    bench = Bench(rig, 2_000, at)
    with pytest.raises(KeyboardInterrupt):
        bench.main()
    program, confirm = bytes(rig.usb_out).decode().splitlines()
    assert program.startswith("<1 ok 50000 10000 100 72 ")
    assert confirm.startswith(f"<2 ok {READY} ")
    assert bench.board.outputs.state == INFUSING
    assert enabled == [0]
    assert bench.motor.steps == pytest.approx(1.080 * 800, abs=2)  # from 920 to 2000 ms; 500 mL/h are 800 steps/s
    assert (rig.levels[ENABLE], rig.levels[RED], rig.pwms[BUZZER].duty) == (1, 1, 0)
    assert bench.board.stepper.waiting == 0
    assert rig.mem32  # the watchdog is off, for whoever has pressed Ctrl-C


def test_four_keys_are_enough_for_an_infusion(rig):
    presses = [START_KEY, SELECT_KEY, *[SELECT_KEY] * 3, *[START_KEY] * 5, *[SELECT_KEY] * 3]
    presses += [SELECT_KEY, SELECT_KEY, START_KEY, *[SELECT_KEY] * 3, START_KEY, START_KEY]
    at = {}
    for i, gpio in enumerate(presses):
        at[300 + 80 * i], at[340 + 80 * i] = key(gpio, 0), key(gpio, 1)
    bench = Bench(rig, 300 + 80 * len(presses) + 1_000, at)
    with pytest.raises(KeyboardInterrupt):
        bench.main()
    outputs = bench.board.outputs
    assert (outputs.state, outputs.rate_cml_h, outputs.left_ul) == (INFUSING, 500, 10_000 - outputs.pumped_ul)
    assert bench.board.screen.text[:8] == b"INFUSING"
    assert len(rig.chips[0x3C].sent) > 40


def test_after_a_watchdogs_reset_it_stands_still_and_says_why(rig):
    rig.cause = 3
    bench = Bench(rig, 600, {})
    with pytest.raises(KeyboardInterrupt):
        bench.main()
    assert bench.board.outputs.state == IDLE
    assert bench.board.screen.text[-16:] == b"RESET: WATCHDOG "
    at = {300: lambda rig: rig.usb_in.extend(frame(1, b"event", 0))}
    bench = Bench(rig, bench.rig.clock_ms + 600, {ms + rig.clock_ms: do for ms, do in at.items()})
    with pytest.raises(KeyboardInterrupt):
        bench.main()
    assert bytes(rig.usb_out).decode().split()[4:7] == [str(LINK), str(BOOT), str(WATCHDOG)]


def test_an_error_in_the_loop_stops_the_motor_and_leaves_the_reset_to_the_watchdog(rig):
    def breaks(rig):
        raise RuntimeError("a driver")

    bench = Bench(rig, 5_000, {400: breaks})
    with pytest.raises(RuntimeError):
        bench.main()
    assert rig.levels[ENABLE] == 1
    assert rig.mem32 == {}
    fed_ms = rig.clock_ms
    for _ in range(15_000):
        rig.pass_ms()
    assert rig.fed_ms[-1] <= fed_ms + 2_210


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
    assert part("hashing").Sha256().hmac(key, message).hex() == digest


def test_the_package_lists_every_file_that_runs_on_the_board():
    package = json.loads((FIRMWARE / "package.json").read_text())
    files = [path.relative_to(FIRMWARE).as_posix() for path in FIRMWARE.glob("*/*.py")] + ["boot.py", "main.py"]
    files.remove("board/unix.py")
    assert sorted(target for target, _ in package["urls"]) == sorted(files)
    assert all(target == source for target, source in package["urls"])
    assert package["version"] == "0.1.0"
