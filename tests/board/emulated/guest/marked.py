"""Runs on the emulated board in place of main.py: the shipped loop on the shipped port, with marks to be seen from
outside, as on an oscilloscope. Nothing that ships has them.

GPIO 0 is high while the loop works, GPIO 1 while its step does, and GPIO 25 while the guard looks, whether a timer puts
the look in between or the loop makes up for one. A change of GPIO 9 has the heap's use noted. While
GPIO 8 is low the loop hangs, right after its orders. Ctrl-C ends it, and what was noted is printed. Garbage is left
lying meanwhile, so that every byte that was ever allocated counts.
"""

import gc
from time import sleep_ms

from machine import Pin

from board import hardware
from board.port import Board
from board.protector import Protector
from main import infuse
from pumpcore.controller import Controller
from pumpcore.pump import Pump

gc.disable()


class Marked(Board):
    def __init__(self):
        Board.__init__(self)
        self.working = Pin(0, Pin.OUT, value=0)
        self.stepping = Pin(1, Pin.OUT, value=0)
        self.hang = Pin(8, Pin.IN, Pin.PULL_UP)
        self.note = Pin(9, Pin.IN, Pin.PULL_UP)
        self.noted = 1
        self.used = [0] * 16
        self.notes = 0

    def read(self, inputs):
        if self.note.value() != self.noted:
            self.noted ^= 1
            self.used[self.notes] = gc.mem_alloc()
            self.notes += 1
        self.working.value(1)
        Board.read(self, inputs)
        self.stepping.value(1)

    def tell(self, now_ms, inputs, outputs):
        self.stepping.value(0)
        Board.tell(self, now_ms, inputs, outputs)

    def obey(self, outputs):
        Board.obey(self, outputs)
        self.working.value(0)
        while not self.hang.value():
            sleep_ms(10)


class Looking(Protector):
    def look(self):
        looking.value(1)
        Protector.look(self)
        looking.value(0)


looking = Pin(25, Pin.OUT, value=0)
hardware.Protector = Looking
board = Marked()
setup = board.setup()
pump = Pump(Controller(setup), board.session(), board.cause())
board.guard(setup)
try:
    infuse(board, pump)
except KeyboardInterrupt:
    board.release()
most = gc.mem_alloc()
gc.collect()
print(gc.mem_free(), most, *board.used[: board.notes])
