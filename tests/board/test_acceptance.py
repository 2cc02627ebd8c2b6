"""`openinfuse selftest`: the code that it sends runs here on the shipped drivers and their stand-ins; the motor turns
the encoder's magnet. What each part must show, and what is said if it does not."""

import subprocess
import sys
import zlib
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from lacking import micropython_64

from assemble import load, part
from pumpcore.units import CLOCK_MASK
from pumphost.accepting import items, onboard, report
from pumphost.accepting.items import Outcome, Person
from pumphost.cli import main
from pumphost.errors import NotDone
from pumphost.line import PortError

PRESSURE_ADC, AIR_ADC, BATTERY_ADC, FAULT, ENABLE = 26, 27, 28, 13, 12
PINS = {"START": 14, "STOP": 15, "SILENCE": 19, "SELECT": 20}
ALL = 19  # items but the watchdog
GATE = 2
TIMER_MS = 100  # of the stand-in; a real one is shorter
MOTOR = {"motor forward", "motor backward", "GATE at rest, low", "GATE at rest, high"}


class Motor:
    """A stepper whose pulses turn the shaft at once, unless it is stuck, or the timer behind GATE has let go of it.
    `kept_by` are levels of GATE at which the timer fails to."""

    def __init__(self, pump, rig):
        self.pump, self.rig = pump, rig
        self.steps = 0
        self.lost = 0
        self.way = 1
        self.kept_by = ()
        self.gate, self.rose_ms = 0, -TIMER_MS
        pump.stepper = self
        rig.asleep = self.look_at_gate

    def look_at_gate(self):
        gate = self.rig.levels[GATE]
        if gate > self.gate:
            self.rose_ms = self.rig.clock_ms
        self.gate = gate

    def driven(self):
        return self.rig.clock_ms - self.rose_ms < TIMER_MS or self.gate in self.kept_by

    def flush(self):
        pass

    def feed(self):
        pass

    def given(self):
        return self.steps & CLOCK_MASK

    def order(self, interval_ticks, count):
        assert self.rig.levels[ENABLE] == 0
        self.steps += count
        if self.driven():
            ahead = self.way if self.rig.levels[11] else -self.way
            shaft = self.rig.chips[0x36]
            shaft.angle = (shaft.angle + ahead * (count - self.lost) * 4_096 // 3_200) & 0xFFF


class Bench:
    """OnBoard as far as the items go: code runs in this Python, with a Pico's modules in place."""

    frozen = False
    about = SimpleNamespace(port="rp2")
    after_watchdog = True

    def __init__(self, rig):
        self.rig = rig
        self.names = {}
        self.motor = None

    def refresh(self):
        pass

    def run(self, code):
        kept = {name: sys.modules.get(name) for name in self.rig.modules()}
        sys.modules.update(self.rig.modules())
        try:
            exec(code, self.names)
        finally:
            for name, module in kept.items():
                if module is None:
                    del sys.modules[name]
                else:
                    sys.modules[name] = module
        if code == onboard.PREPARE:
            self.motor = Motor(self.names["pump"], self.rig)
            self.rig.prepared()

    def ask(self, expression):
        self.run(f"answer = {expression}")
        return self.names["answer"]


@pytest.fixture
def bench(rig):
    rig.counts = {PRESSURE_ADC: 6_700, AIR_ADC: 8_000, BATTERY_ADC: 50_000}
    rig.prepared = lambda: None
    load(rig, "board.port")
    return Bench(rig)


def person(rig, sees=lambda question: True, presses=True):
    def does(what):
        rig.levels[PINS[what.split()[1]]] = 0 if presses else 1

    return Person(sees, does)


def accepted(bench, who=None):
    """By item. Keys are let go as soon as another is asked for."""
    outcomes = {}
    for outcome in items.look_at(bench, who or person(bench.rig)):
        outcomes[outcome.item] = outcome
        for gpio in PINS.values():
            bench.rig.levels[gpio] = 1
    return outcomes


def failed(bench, who=None):
    return {item: outcome.found for item, outcome in accepted(bench, who).items() if not outcome.passed}


def crc(rig):
    return zlib.crc32(rig.image) & 0x3FFF_FFFF


def seal(rig):
    with open("main.py", "w") as file:
        file.write("# the pump\n")
    part("code").seal()


def test_a_board_whose_parts_all_work_passes(bench):
    seal(bench.rig)
    outcomes = accepted(bench)
    assert len(outcomes) == ALL
    assert all(outcome.passed for outcome in outcomes.values()), outcomes
    assert outcomes["motor forward"].found == "800 steps, 1024 counts"
    assert outcomes["motor backward"].found == "800 steps, -1024 counts"
    assert outcomes["GATE at rest, low"].found == outcomes["GATE at rest, high"].found == "80 steps, 0 counts"
    assert (bench.rig.levels[ENABLE], bench.rig.levels[GATE]) == (1, 0)


def test_code_that_was_never_sealed_or_has_changed_fails(bench):
    assert failed(bench) == {"code": str(crc(bench.rig))}
    seal(bench.rig)
    with open("main.py", "a") as file:
        file.write("# changed\n")
    assert failed(bench).keys() == {"code"}


def test_an_image_with_the_firmware_in_it_is_sealed_on_a_pico(bench):
    bench.frozen = True
    assert failed(bench) == {"code": str(crc(bench.rig))}
    part("code").seal()
    assert failed(bench) == {}
    bench.rig.image[-1] ^= 1
    assert failed(bench) == {"code": str(crc(bench.rig))}


def test_an_image_on_another_chip_has_no_seal(bench):
    bench.frozen, bench.about = True, SimpleNamespace(port="esp32")
    part("code").FLASH_IS_MEMORY = False
    assert failed(bench) == {}


@pytest.mark.parametrize(
    ("lost", "way", "found"),
    [(800, 1, "800 steps, 0 counts"), (40, 1, "800 steps, 972 counts"), (0, -1, "800 steps, -1024 counts")],
)
def test_a_motor_that_is_stuck_slips_or_turns_the_wrong_way_fails(bench, lost, way, found):
    seal(bench.rig)
    bench.rig.prepared = lambda: (setattr(bench.motor, "lost", lost), setattr(bench.motor, "way", way))
    outcomes = failed(bench)
    assert outcomes.keys() == MOTOR
    assert outcomes["motor forward"] == found
    assert outcomes["GATE at rest, low"] == "the motor does not turn otherwise"


@pytest.mark.parametrize(("kept_by", "items"), [((0, 1), ("low", "high")), ((0,), ("low",)), ((1,), ("high",))])
def test_a_motor_that_turns_while_gate_is_at_rest_fails_and_it_is_said_why(bench, kept_by, items):
    """There is no timer, or one that a level keeps going."""
    seal(bench.rig)
    bench.rig.prepared = lambda: setattr(bench.motor, "kept_by", kept_by)
    outcomes = failed(bench)
    assert outcomes == {
        f"GATE at rest, {item}": "80 steps, 102 counts: the external timer does not hold it" for item in items
    }


def test_an_encoder_without_its_magnet_fails_and_so_does_the_motor(bench):
    seal(bench.rig)
    bench.rig.chips[0x36].status = 0
    assert failed(bench).keys() == {"encoder", *MOTOR}


@pytest.mark.parametrize(
    ("gpio", "counts", "item", "found"),
    [
        (PRESSURE_ADC, 0, "pressure", "its wire is off"),
        (PRESSURE_ADC, 12_000, "pressure", "10159 Pa"),
        (AIR_ADC, 65_535, "air detector", "its wire is off"),
        (BATTERY_ADC, 100, "battery", "15 mV"),
    ],
)
def test_a_sensor_out_of_its_range_fails(bench, gpio, counts, item, found):
    seal(bench.rig)
    bench.rig.counts[gpio] = counts
    assert failed(bench) == {item: found}


def test_a_drivers_fault_fails(bench):
    seal(bench.rig)
    bench.rig.levels[FAULT] = 0
    assert failed(bench) == {"motor driver": "fault"}


def test_each_light_is_on_alone_when_it_is_asked_for(bench):
    seal(bench.rig)
    pins = {"red": 18, "yellow": 17, "cyan": 16}

    def sees(question):
        on = {colour for colour, gpio in pins.items() if bench.rig.levels[gpio]}
        return "buzzer" in question or (len(on) == 1 and f"the {on.pop()} LED" in question)

    assert failed(bench, person(bench.rig, sees)) == {}


def test_what_the_person_does_not_see_or_hear_fails(bench):
    seal(bench.rig)
    assert failed(bench, person(bench.rig, lambda question: "red" in question)) == {
        "yellow LED": "not so",
        "cyan LED": "not so",
        "buzzer": "not heard",
    }


def test_a_key_that_is_not_pressed_fails(bench):
    seal(bench.rig)
    assert failed(bench, person(bench.rig, presses=False)).keys() == {f"key {key}" for key in PINS}


def test_a_key_that_comes_with_another_fails(bench):
    seal(bench.rig)

    def does(what):
        for key in ("STOP", what.split()[1]):
            bench.rig.levels[PINS[key]] = 0

    found = failed(bench, Person(lambda question: True, does))
    assert found.keys() == {"key START", "key SILENCE", "key SELECT"}


def test_settings_that_are_lost_are_not_written_over(bench):
    seal(bench.rig)
    for name in ("settings.0", "settings.1"):
        with open(name, "w") as file:
            file.write("damaged")
    assert failed(bench) == {"settings": "not as written"}
    with open("settings.0") as file:
        assert file.read() == "damaged"


def test_the_boards_interpreter_can_read_what_is_sent():
    code = [onboard.PREPARE, onboard.NOT_FED, *(f"answer = {asked}" for asked in (onboard.SUMS, onboard.SENSORS))]
    compiles = f"for code in {code!r}:\n    compile(code, '', 'exec')"
    subprocess.run([micropython_64(), "-c", compiles], check=True)


# The watchdog


class Hanging:
    """A board before or after it has hung; `ms` is its clock."""

    def __init__(self, ms, after_watchdog=True):
        self.ms = ms
        self.after_watchdog = after_watchdog
        self.running = None

    def ask(self, expression):
        assert expression == onboard.CLOCK_MS
        return self.ms

    def leave_running(self, code):
        self.running = code


@pytest.mark.parametrize(
    ("again", "found", "passed"),
    [
        (Hanging(2_500), "started anew by it", True),
        (Hanging(71_500), "hung on", False),  # the cause is that of a reset before
        (Hanging(2_500, after_watchdog=False), "started anew, and not by it", False),
    ],
)
def test_only_a_board_that_its_watchdog_started_anew_passes(monkeypatch, again, found, passed):
    slept = []
    monkeypatch.setattr(items.time, "sleep", slept.append)
    late = [PortError("no board")]
    board = Hanging(60_000)

    def open_again():
        if late:
            raise late.pop()
        return again

    outcome, now = items.watchdog(board, open_again)
    assert (outcome.found, outcome.passed, now) == (found, passed, again)
    assert board.running == onboard.NOT_FED
    assert slept[0] > 8


# The report, and the command


OUTCOMES = [Outcome("encoder", "answers", "moves by 1", True), Outcome("buzzer", "440 Hz", "not heard", False)]
WHEN = datetime(2026, 3, 1, 12, 30, 5, tzinfo=UTC)


def test_a_report_says_what_when_and_who(tmp_path):
    path = report.write(report.Accepted("A-17", "B. Tester", WHEN, "micropython 1.28.0 on rp2", OUTCOMES), tmp_path)
    assert path.name == "A-17-20260301-123005.md"
    text = path.read_text()
    assert text.startswith("# Board A-17: FAIL\n")
    assert "Signed off by B. Tester on 2026-03-01 12:30 UTC" in text
    assert "| encoder | answers | moves by 1 | PASS |\n| buzzer | 440 Hz | not heard | FAIL |" in text


def test_a_report_is_never_written_over(tmp_path):
    it = report.Accepted("A-17", "B. Tester", WHEN, "", OUTCOMES[:1])
    assert report.write(it, tmp_path).read_text().startswith("# Board A-17: PASS\n")
    with pytest.raises(FileExistsError):
        report.write(it, tmp_path)


@pytest.fixture
def at_the_port(monkeypatch):
    reset = []
    board = SimpleNamespace(
        about=SimpleNamespace(machine="Pico 2"), reset=lambda: reset.append(True), close=lambda: None, was_reset=reset
    )
    monkeypatch.setattr("pumphost.accepting.command.open_port", lambda port: SimpleNamespace(close=lambda: None))
    monkeypatch.setattr("pumphost.flashing.flash.refuse_while_moving", lambda port: None)
    monkeypatch.setattr("pumphost.flashing.board.OnBoard", lambda port: board)
    monkeypatch.setattr(items, "watchdog", lambda board, again: (Outcome("watchdog", "", "started anew", True), board))
    return board


def run(tmp_path, says, *more):
    words = ["selftest", "--port", "board", "--out", str(tmp_path), *more]
    return CliRunner().invoke(main, words, input=says)


@pytest.mark.parametrize(("outcomes", "code", "says"), [(OUTCOMES[:1], 0, "PASS"), (OUTCOMES, 1, "FAIL")])
def test_the_command_asks_who_and_exits_by_what_was_found(at_the_port, monkeypatch, tmp_path, outcomes, code, says):
    monkeypatch.setattr(items, "look_at", lambda board, person: iter(outcomes))
    done = run(tmp_path, "A-17\nB. Tester\ny\ny\n")
    assert done.exit_code == code, done.output
    (path,) = tmp_path.glob("A-17-*.md")
    assert f"{says}: {path}" in done.stdout
    assert at_the_port.was_reset


def test_a_watchdog_that_was_not_tried_is_no_pass(at_the_port, monkeypatch, tmp_path):
    monkeypatch.setattr(items, "look_at", lambda board, person: iter(OUTCOMES[:1]))
    assert run(tmp_path, "y\nn\n", "--serial-number", "A-17", "--by", "B. Tester").exit_code == 1


def test_nothing_moves_without_a_yes(at_the_port, tmp_path):
    done = run(tmp_path, "n\n", "--serial-number", "A-17", "--by", "B. Tester")
    assert done.exit_code == 1
    assert not at_the_port.was_reset
    assert list(tmp_path.iterdir()) == []


def test_a_serial_number_that_is_no_files_name_is_refused(at_the_port, tmp_path):
    done = run(tmp_path, "", "--serial-number", "../17", "--by", "B. Tester")
    assert done.exit_code == 2
    assert "serial number '../17': letters, digits, dots and dashes" in done.stderr


def test_the_board_is_looked_for_before_anybody_is_asked(at_the_port, monkeypatch, tmp_path):
    def missing(port):
        raise PortError(f"there is no {port}")

    monkeypatch.setattr("pumphost.accepting.command.open_port", missing)
    done = run(tmp_path, "A-17\nB. Tester\ny\n")
    assert (done.exit_code, done.stdout) == (3, "")
    assert "there is no board" in done.stderr


def test_a_pump_that_was_started_while_somebody_typed_is_left_alone(at_the_port, monkeypatch, tmp_path):
    looks = [None, NotDone("the pump at board is INFUSING: stop it first")]

    def look(port):
        if found := looks.pop(0):
            raise found

    monkeypatch.setattr("pumphost.flashing.flash.refuse_while_moving", look)
    monkeypatch.setattr("pumphost.flashing.board.OnBoard", None)
    done = run(tmp_path, "A-17\nB. Tester\ny\n")
    assert done.exit_code == 1
    assert "is INFUSING" in done.stderr
