"""Runs under 32-bit MicroPython: bytes that the drivers of a board allocate in a steady loop, one line a part.

The shipped drivers with stand-ins for the chip's own modules, which allocate nothing themselves; what the real ones do
is a matter of their C code. framebuf, from which the letters of the display come, is the interpreter's own. Prints
`part turns bytes`.
"""

import gc
import sys


class Pin:
    IN = OUT = PULL_UP = 1

    def __init__(self, gpio, mode=0, pull=0, value=1):
        self.level = value
        self.gpio = gpio

    def value(self, level=None):
        if level is None:
            return self.level
        self.level = level
        return 0

    __call__ = value


class I2C:
    """An encoder whose shaft turns, and a display that takes everything."""

    def __init__(self, number, sda, scl, freq, timeout):
        self.angle = 0

    def readfrom_mem_into(self, address, register, buffer):
        self.angle = (self.angle + 3) & 4_095
        buffer[0] = 0x20
        buffer[1] = self.angle >> 8
        buffer[2] = self.angle & 255

    def writeto(self, address, buffer):
        return 0


class Part:
    """A converter, a note, a watchdog and a timer."""

    PERIODIC = 1

    def __init__(self, *pins, **options):
        pass

    def read_u16(self):
        return 30_000

    def freq(self, hz):
        pass

    def duty_u16(self, duty):
        pass

    def feed(self):
        pass


class Modules:
    pass


machine = Modules()
machine.Pin, machine.I2C = Pin, I2C
machine.PWM = machine.Timer = machine.ADC = Part
machine.PWRON_RESET = machine.WDT_RESET = 1
machine.reset_cause = lambda: 1
usb = Modules()
usb.Usb = lambda: None
sys.modules["machine"] = machine
watchdog = Modules()
watchdog.Watchdog = Part
sys.modules["board.usb"] = usb
sys.modules["board.watchdog"] = watchdog  # os.uname is not in this interpreter

from board.hardware import Hardware
from board.segments import Segments
from pumpcore.records import Inputs, Outputs
from pumpcore.states import INFUSING

TURNS = 400


class Steps(Segments):
    def given(self):
        return self.ordered

    def feed(self):
        while self.waiting:
            self.take()

    def flush(self):
        self.waiting = 0


def measure(name, turn):
    for number in range(20):
        turn(number)
    gc.collect()
    before = gc.mem_alloc()
    for number in range(TURNS):
        turn(number)
    print(name, TURNS, gc.mem_alloc() - before)


board = Hardware(Steps(), -1, pressure=Part(), air=Part(), battery=Part())
board.guard(board.setup())
inputs = Inputs()
outputs = Outputs()
outputs.state = INFUSING
outputs.segments = 2
outputs.counts[0] = outputs.counts[1] = 3
outputs.intervals_ticks[0] = outputs.intervals_ticks[1] = 700_000
board.display.turn(0)


def obey(number):
    outputs.buzzer_hz = 262 + (number & 3)
    outputs.red = number & 1
    board.obey(outputs)


def draw(number):
    outputs.pumped_ul = number * 12_345
    outputs.alarm_shown = number & 15
    board.screen.write(outputs)
    for _ in range(8):
        board.display.turn(number)


def tell(number):
    outputs.motor_cml_h = 500 + (number & 1)
    board.tell(number * 500, inputs, outputs)
    board.protector.look()


def enter(number):
    """A digit of the menu, up and down."""
    board.menu.press(number, 1 + (number & 1), 0)
    board.menu.look(number, 0)
    board.screen.write(outputs)


def control(number):
    return [number]


measure("read", lambda number: board.read(inputs))
measure("obey", obey)
measure("draw", draw)
measure("tell", tell)
board.menu.press(0, 3, 0)
measure("enter", enter)
measure("CONTROL", control)
