"""bringup.py on a stand-in of a newly built pump, sound and with one thing wrong: it must say which."""

import runpy
import sys
import types
from pathlib import Path

import pytest

from electrics import air_counts, battery_counts, pressure_counts, timer_ms
from netlist import gpios, read_blocks

SCRIPT = Path(__file__).parents[2] / "hardware" / "bringup.py"
GPIO = {net: gpio for (gpio, _), net in gpios(read_blocks()).items()}


class Pump:
    """Motor, encoder and timer as the netlist has them. `timer_stuck` is the one fault that nothing else shows."""

    def __init__(self):
        self.now_us = 0
        self.levels = dict.fromkeys(GPIO.values(), 1)
        self.counts = {
            GPIO["PRESSURE_ADC"]: pressure_counts(0),
            GPIO["AIR_ADC"]: air_counts()[1],
            GPIO["BATTERY_ADC"]: battery_counts(7.4),
        }
        self.retriggered_us = -(10**9)
        self.timer_stuck = False
        self.way = 1
        self.steps = 0
        self.answering = {0: [0x36], 1: [0x3C]}

    def drive(self, gpio, level):
        rising = level and not self.levels[gpio]
        self.levels[gpio] = level
        if rising and gpio == GPIO["GATE"]:
            self.retriggered_us = self.now_us
        if rising and gpio == GPIO["STEP"] and self.powered:
            self.steps += self.way if self.levels[GPIO["DIR"]] else -self.way

    @property
    def powered(self):
        runs = self.timer_stuck or self.now_us - self.retriggered_us < timer_ms().nominal * 1000
        return runs and not self.levels[GPIO["ENABLE"]]


def modules(pump):
    class Pin:
        IN, OUT, PULL_UP = 0, 1, 2

        def __init__(self, gpio, mode=None, pull=None, value=None):
            self.gpio = gpio
            if value is not None:
                self.value(value)

        def value(self, *level):
            return pump.drive(self.gpio, level[0]) if level else pump.levels[self.gpio]

    class ADC:
        def __init__(self, pin):
            self.read_u16 = lambda: pump.counts[pin.gpio]

    class I2C:
        def __init__(self, number, scl, sda, freq):
            self.scan = lambda: pump.answering[number]

        def readfrom_mem(self, address, register, count):
            if not pump.answering[0]:
                raise OSError(5)
            return (pump.steps * 4096 // 3200 % 4096).to_bytes(2, "big")

    def wait_us(us):
        pump.now_us += us

    return {
        "machine": types.SimpleNamespace(Pin=Pin, ADC=ADC, I2C=I2C),
        "time": types.SimpleNamespace(sleep_us=wait_us, sleep_ms=lambda ms: wait_us(ms * 1000)),
        "board": types.ModuleType("board"),
        "board.pins": types.SimpleNamespace(**GPIO),
    }


@pytest.fixture
def said(monkeypatch, capsys):
    def run(pump):
        with monkeypatch.context() as patch:
            for name, module in modules(pump).items():
                patch.setitem(sys.modules, name, module)
            runpy.run_path(str(SCRIPT))
        lines = capsys.readouterr().out.splitlines()
        return [line[5:].split("  ")[0] for line in lines if line.startswith("BAD")], lines[-1]

    return run


def test_a_sound_pump(said):
    pump = Pump()
    assert said(pump) == ([], "all as it should be")
    assert pump.levels[GPIO["ENABLE"]] == 1


def spoil_timer(pump):
    pump.timer_stuck = True


def spoil_way(pump):
    pump.way = -1


def spoil_pressure(pump):
    pump.counts[GPIO["PRESSURE_ADC"]] = 0


def spoil_key(pump):
    pump.drive(GPIO["STOP_KEY"], 0)


def spoil_display(pump):
    pump.answering[1] = []


@pytest.mark.parametrize(
    ("spoil", "bad"),
    [
        (spoil_timer, ["GATE at rest, counts"]),
        (spoil_way, ["a turn forward, counts", "a turn back, counts"]),
        (spoil_pressure, ["PRESSURE_ADC, open to the air"]),
        (spoil_key, ["STOP_KEY"]),
        (spoil_display, ["display's bus"]),
    ],
)
def test_what_is_wrong_is_named(said, spoil, bad):
    pump = Pump()
    spoil(pump)
    assert said(pump) == (bad, "NOT as it should be: see hardware/README.md")


def test_a_motor_that_does_not_turn(said):
    pump = Pump()
    pump.way = 0
    assert said(pump)[0] == ["a turn forward, counts", "a turn back, counts"]


def test_without_an_encoder_nothing_is_turned(said):
    pump = Pump()
    pump.answering[0] = []
    assert said(pump)[0] == ["encoder's bus"]
    assert pump.steps == 0
