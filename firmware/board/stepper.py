"""Step pulses of the RP2040 and RP2350, by PIO: one state machine gives them, another counts them on the pin.

Both go on by themselves between two steps of the loop. Run dry, the first waits with the pin low: an order that is not
renewed ends with the last pulse ordered, whatever becomes of the loop. The programs run cycle by cycle in the tests.
"""

import machine
from machine import Pin
from rp2 import PIO, StateMachine, asm_pio, asm_pio_encode

from board.pins import STEP
from board.segments import Segments
from pumpcore.units import const

TYPE_CHECKING = False  # MicroPython has no `typing`; a type checker takes this name for true
if TYPE_CHECKING:
    from rp2.asm_pio import block, isr, jmp, label, mov, not_x, osr, pin, pins, pull, set, wait, x, x_dec, y, y_dec

TICK_HZ = const(12_500_000)
FIFO_WORDS = const(8)

# Ticks of a period that are not the waiting loop: 5 to fetch, 1 to leave the loop, 25 high, 2 behind it.
FIXED_TICKS = const(33)


@asm_pio(set_init=PIO.OUT_LOW, fifo_join=PIO.JOIN_TX)
def give_pulses() -> None:
    """Give segments of two words: interval - FIXED_TICKS, and count - 1.

    Looping costs the 4 ticks of fetching a segment, so a pulse comes one interval after the one before,
    to the tick, also when it is the first of a segment that was waiting in the FIFO. When the FIFO is
    empty it waits with the pin low; the first pulse then comes interval - 27 ticks after the words, as
    the pulse before has to end first. A pulse is high for 25 ticks, 2.0 us: the A4988 needs 1 us, the
    DRV8825 1.9 us, the TMC2209 0.1 us.
    """
    label("segment")
    pull(block)
    mov(isr, osr)  # the interval, kept
    pull(block)
    mov(x, osr)  # pulses after this one
    label("step")
    mov(y, isr)
    label("loop")
    jmp(y_dec, "loop")
    set(pins, 1)[24]
    set(pins, 0)
    jmp(not_x, "segment")
    jmp(x_dec, "step")[3]


@asm_pio()
def count_pulses() -> None:
    """Count rising edges downwards in x, from all ones, so that the inverse of x is the count."""
    wait(1, pin, 0)
    jmp(x_dec, "seen")
    label("seen")
    wait(0, pin, 0)


# Single instructions for StateMachine.exec, encoded once: from a string it would assemble them each time.
COUNT_NONE = asm_pio_encode("mov(x, invert(null))", 0)
COUNT_TO_Y = asm_pio_encode("mov(y, invert(x))", 0)
TAKE_30_BITS = asm_pio_encode("in_(y, 30)", 0)  # into an empty ISR: a small int whatever the count
HAND_OVER = asm_pio_encode("push(noblock)", 0)
DROP_WORD = asm_pio_encode("pull(noblock)", 0)
PIN_LOW = asm_pio_encode("set(pins, 0)", 0)


class Stepper(Segments):
    """Four segments wait in the FIFO, so that two windows go on without the loop; more wait in a ring."""

    def __init__(self) -> None:
        super().__init__()
        if machine.freq() % TICK_HZ:
            raise ValueError("system clock is %d Hz, must be a multiple of %d" % (machine.freq(), TICK_HZ))
        step = Pin(STEP, Pin.OUT, value=0)
        self.pulses = StateMachine(0, give_pulses, freq=TICK_HZ, set_base=step)
        self.counter = StateMachine(1, count_pulses, freq=TICK_HZ, in_base=step)
        self.counter.exec(COUNT_NONE)
        self.counter.active(1)
        self.pulses.active(1)

    def given(self) -> int:
        """Pulses seen on the pin since power-on, modulo 2**30."""
        self.counter.exec(COUNT_TO_Y)
        self.counter.exec(TAKE_30_BITS)
        self.counter.exec(HAND_OVER)
        return self.counter.get()

    def feed(self) -> None:
        """Move segments from the ring to the FIFO, while it has room for a whole one."""
        while self.waiting and self.pulses.tx_fifo() <= FIFO_WORDS - 2:
            i = self.first
            self.pulses.put(self.intervals_ticks[i] - FIXED_TICKS)
            self.pulses.put(self.counts[i] - 1)
            self.take()

    def flush(self) -> None:
        """Drop what is queued. A pulse under way gets longer, never shorter, and is counted."""
        self.pulses.active(0)
        self.pulses.restart()  # back to the first instruction; the FIFO keeps its words
        for _ in range(FIFO_WORDS):
            self.pulses.exec(DROP_WORD)
        self.pulses.exec(PIN_LOW)
        self.waiting = 0
        self.ordered = self.given()
        self.pulses.active(1)
