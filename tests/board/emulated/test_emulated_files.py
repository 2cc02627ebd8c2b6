"""The firmware in files, on MicroPython as it comes, on an emulated Pico: compiled, as `openinfuse flash` writes them,
it has room in an RP2040's memory.
"""

from types import SimpleNamespace

import pytest

import disk
import stock
from marked import CTRL_A, CTRL_C, Marked
from pumphost.flashing.compiling import compiled
from pumphost.flashing.files import firmware_files

pytestmark = pytest.mark.emulated

RATE_ML_H = 1200.0
COMES_UP_S = 4.0
HEAP_FREE = 80_000

# The pump made once more, of the modules that are there, without summing the files again.
MAKE = """
import gc
import board.code
from time import ticks_us
from board.port import Board
from pumpcore.controller import Controller
from pumpcore.pump import Pump
board.code.CODE_FOLDERS = ()
it = Board()
pump = Pump(Controller(it.setup()), it.session(), it.cause())
gc.collect()
free = gc.mem_free()
began = ticks_us()
gc.collect()
print(free, ticks_us() - began)
"""


class Filed(Marked):
    """Boots from these files, infuses, and is then taken over without a reset."""

    def __init__(self, image, files):
        self.files = files
        super().__init__(image)

    def take_over(self):
        disk.put(self.files, self.pico.mcu.flash)
        assert self.run(COMES_UP_S, lambda: self.pico.watchdog_runs)  # then the guard does, and after it the loop
        pump = self.pump()
        self.up_s = self.now_s
        pump.acknowledge()
        pump.confirm(pump.program(RATE_ML_H, 10.0).digest)
        pump.start()
        self.run(0.2)
        self.status = pump.status()
        self._say(CTRL_C + CTRL_A, b"raw REPL; CTRL-B to exit\r\n>")


@pytest.fixture(scope="module")
def stock_image(image):
    return stock.stock_image(image)


@pytest.fixture(scope="module")
def told(stock_image):
    wired = Filed(stock_image, compiled(firmware_files()))
    told = SimpleNamespace(wired=wired, pulses=wired.motor.pulses)
    told.free, told.collects_us = map(int, wired.ask(MAKE).split())
    return told


def test_compiled_it_infuses(told):
    assert told.wired.status.state == "INFUSING"
    assert told.pulses > 300  # 0.52 ms each


def test_compiled_it_leaves_room_in_the_heap(told, record_property):
    assert told.free >= HEAP_FREE
    record_property(
        "figure",
        f"emulated Pico, firmware in compiled files: {told.free / 1000:.0f} kB of heap free with the pump made, "
        f"a collection takes {told.collects_us / 1_000:.0f} ms, first answer {told.wired.up_s:.1f} s after power-on",
    )
