"""The guard on the pump's own chip: pumpcore.guard, looked at every 10 ms by a timer, whatever the loop does.

It is told of each step before the motor obeys it. When the timer fires, it reads the encoder and judges; while it is
content it turns the pin GATE over, and when it is not it takes the driver its ENABLE. It alone feeds the watchdog.

The timer's callback is a soft one: it runs between two instructions of the interpreter, also in a loop that hangs
there, but not within a transfer on a bus, which is what lets it read the same encoder. It waits while the loop is in
the midst of telling the guard or reading the encoder itself (`busy`) and is made up for right after. A transfer that
hangs holds it up too: then GATE stands still, and nobody feeds the watchdog. main.py says what on one chip is
independent, and what is not.

An encoder that does not answer makes the guard blind, and a blind guard is not content.
"""

import time

from machine import Pin, Timer

from board.encoder import Encoder
from board.pins import GATE, MOTOR_OFF
from board.watchdog import Watchdog
from pumpcore.guard import ANSWER_BYTES, Guard
from pumpcore.orders import Orders
from pumpcore.records import Inputs, Outputs
from pumpcore.units import CLOCK_MASK, const

LOOK_MS = const(10)


class Protector:
    """`content` while the motor may have its driver; `reason` why the guard has stopped it, 0 while it has not."""

    def __init__(self, pl_per_count: int, encoder: Encoder, enable: Pin, timer: int) -> None:
        self.guard = Guard(pl_per_count)
        self.orders = Orders()
        self.encoder = encoder
        self.enable = enable
        self.gate = Pin(GATE, Pin.OUT, value=0)
        self.edge = 0
        self.answer = bytearray(ANSWER_BYTES)
        self.content = False
        self.reason = 0
        self.seen = 0  # counts, as the encoder answered last
        self.busy = self.missed = self.ended = False
        self.watchdog = Watchdog()
        self.look()
        self.timer = Timer(timer, mode=Timer.PERIODIC, period=LOOK_MS, callback=self._fire)

    def tell(self, now_ms: int, inputs: Inputs, outputs: Outputs) -> None:
        """Of a step: `now_ms` is the loop's clock, which the guard holds against its own reading."""
        orders = self.orders
        orders.write(now_ms, inputs, outputs)
        self.busy = True
        if orders.prescribed:
            self.guard.tell(_clock_ms(), orders.prescription)
        if orders.ordered:
            self.guard.tell(_clock_ms(), orders.order)
        self._make_up()

    def renew(self) -> None:
        """Between two steps: tell the order that stands again, so that none of them takes the 0.8 ms for it."""
        self.busy = True
        now_ms = _clock_ms()
        if self.orders.renew(now_ms):
            self.guard.tell(now_ms, self.orders.order)
        self._make_up()

    def counts(self) -> int:
        """The encoder's, read now; -1 if it does not answer."""
        self.busy = True
        counts = self.encoder.read()
        self._make_up()
        return counts

    def look(self) -> None:
        """Once: see, judge, and let the motor have its driver or not."""
        counts = self.encoder.read()
        if counts >= 0:
            self.seen = counts
        answer = self.answer
        self.guard.look(_clock_ms(), self.seen, answer)
        self.reason = answer[2]
        self.content = content = answer[0] == 1 and counts >= 0 and not self.ended
        if content:
            self.edge = edge = self.edge ^ 1
            self.gate(edge)
        else:
            self.enable(MOTOR_OFF)
        if answer[1]:
            self.watchdog.feed()

    def end(self) -> None:
        """The loop is over: never content again."""
        self.ended = True
        self.content = False

    def release(self) -> None:
        """Nobody looks any more, nor waits to be fed."""
        self.end()
        self.timer.deinit()
        self.gate.value(0)
        self.watchdog.release()

    def _fire(self, timer: Timer) -> None:
        if self.busy:
            self.missed = True
        else:
            self.look()

    def _make_up(self) -> None:
        while self.missed:
            self.missed = False
            self.look()
        self.busy = False


def _clock_ms() -> int:
    return time.ticks_ms() & CLOCK_MASK  # type: ignore[operator]  # the stub hides that it is an int
