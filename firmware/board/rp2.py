"""The Raspberry Pi Pico (RP2040): step pulses by PIO, a pressure and an air sensor, two keys, three LEDs.

A state machine gives the pulses, another counts them on the pin, and both go on by themselves between
two steps of the loop. Type-checked, and its PIO programs run cycle by cycle in the tests; not yet run on
a board.

What it does not watch yet: a broken sensor wire reads as a pressure below zero or as no air, not as a
fault, and no encoder tells whether the motor followed its pulses. Nor does the driver tell an open winding: what
its fault line knows is a short circuit, heat, and a supply that is too low.
"""

import os
import time

import machine
from machine import ADC, Pin
from rp2 import PIO, StateMachine, asm_pio, asm_pio_encode

from board.hashing import Sha256
from board.usb import Usb
from pumpcore.alarms import LOW, TABLE
from pumpcore.pump import Serial
from pumpcore.records import NOTHING_ASKED, Inputs, Outputs
from pumpcore.session import Session
from pumpcore.setup import LEAST_INTERVAL_TICKS, Setup
from pumpcore.states import ACKNOWLEDGE, MOVING, PAUSE, RESUME, START, STOP
from pumpcore.units import CLOCK_HALF, CLOCK_MASK, const, until_ms

TYPE_CHECKING = False  # MicroPython has no `typing`; a type checker takes this name for true
if TYPE_CHECKING:
    from rp2.asm_pio import block, isr, jmp, label, mov, not_x, osr, pin, pins, pull, set, wait, x, x_dec, y, y_dec

# The nominal rig: BD Plastipak 50 mL, inner diameter 26.59 mm; a screw of 1 mm pitch; 3200 microsteps a turn.
STEP_PL = const(173_530)  # pi / 4 * (26.59 mm)**2 * 1 mm / 3200
RESERVOIR_UL = const(50_000)

# GPIO numbers. From reset to boot.py they float with a weak pull to ground, which switches a motor driver
# on: ENABLE needs a resistor of 10 kOhm to 3.3 V.
STEP = const(10)  # a rising edge is a step
DIR = const(11)
ENABLE = const(12)  # low switches the motor on (A4988, DRV8825, TMC2209)
DRIVER_FAULT = const(13)  # low: the driver has a fault (DRV8825); with none wired it is pulled up
START_KEY = const(14)  # to ground
STOP_KEY = const(15)  # to ground
GREEN_LED = const(16)  # the motor has orders
YELLOW_LED = const(17)  # an alarm of low priority
RED_LED = const(18)  # an alarm of medium or high priority
PRESSURE_ADC = const(26)
AIR_ADC = const(27)

MOTOR_ON = const(0)  # levels of ENABLE
MOTOR_OFF = const(1)
FORWARD = const(1)  # level of DIR, assumed: turn round one coil of the motor if it runs backwards

# Pressure, assumed: a gauge sensor of 0.5 V at 0 kPa and 4.5 V at 100 kPa, brought to two thirds by 10 and
# 20 kOhm. An ADC of 3.3 V and 16 bits then reads 6620 at zero and 52,958 more at 100 kPa.
PRESSURE_ZERO = const(6_620)
PA_IN_8192 = const(15_469)  # Pa in 8192 counts: a ratio whose products stay below 2**30
AIR_FULL = const(65_535)  # assumed: the detector gives full scale when all it sees is air

CODE_FOLDERS = ("", "pumpcore/", "board/")
ROOT_FILES = ("boot.py", "main.py")
SLICE_BYTES = const(32)  # assumed: half a millisecond
SUM_PRIME = const(32_749)  # the largest below 2**15: two sums are a small int
SEAL = "code.sum"
KEY = "pump.key"
RANDOM_BYTES = const(16)

DEBOUNCE_MS = const(20)  # assumed: longer than the bounce of a common key

TICK_HZ = const(12_500_000)
FIFO_WORDS = const(8)
RING_SEGMENTS = const(64)  # more than two windows hold when every press of a key adds a segment

# Ticks of a period that are not the waiting loop: 5 to fetch, 1 to leave the loop, 25 high, 2 behind it.
FIXED_TICKS = const(33)

# What a key asks for, indexed by state. What is infused a host has programmed and confirmed.
START_KEY_ASKS = (ACKNOWLEDGE, START, ACKNOWLEDGE, ACKNOWLEDGE, RESUME, ACKNOWLEDGE, ACKNOWLEDGE, ACKNOWLEDGE)
STOP_KEY_ASKS = (NOTHING_ASKED, STOP, PAUSE, PAUSE, STOP, STOP, STOP, STOP)


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


class Stepper:
    """A queue of pulses that are given by themselves, and the count of those that were.

    Four segments wait in the FIFO, so that two windows go on without the loop; more wait in a ring.
    """

    def __init__(self) -> None:
        if machine.freq() % TICK_HZ:
            raise ValueError("system clock is %d Hz, must be a multiple of %d" % (machine.freq(), TICK_HZ))
        step = Pin(STEP, Pin.OUT, value=0)
        self.pulses = StateMachine(0, give_pulses, freq=TICK_HZ, set_base=step)
        self.counter = StateMachine(1, count_pulses, freq=TICK_HZ, in_base=step)
        self.ordered = 0  # pulses given and queued, modulo 2**30
        self.intervals_ticks = [0] * RING_SEGMENTS
        self.counts = [0] * RING_SEGMENTS
        self.first = 0  # of the ring, the one to go next
        self.waiting = 0  # segments in the ring
        self.counter.exec(COUNT_NONE)
        self.counter.active(1)
        self.pulses.active(1)

    def given(self) -> int:
        """Pulses seen on the pin since power-on, modulo 2**30."""
        self.counter.exec(COUNT_TO_Y)
        self.counter.exec(TAKE_30_BITS)
        self.counter.exec(HAND_OVER)
        return self.counter.get()

    def queued(self, given: int) -> int:
        """Pulses still to come when `given` have been. More given than ordered leaves none to come."""
        queued = (self.ordered - given) & CLOCK_MASK
        if queued & CLOCK_HALF:
            self.ordered = given
            return 0
        return queued

    def order(self, interval_ticks: int, count: int) -> None:
        """Put `count` pulses behind what is queued. With the ring full they are not taken."""
        if interval_ticks < LEAST_INTERVAL_TICKS or count < 1:
            raise ValueError("no segment of %d pulses %d ticks apart" % (count, interval_ticks))
        if self.waiting == RING_SEGMENTS:
            return
        i = (self.first + self.waiting) % RING_SEGMENTS
        self.intervals_ticks[i] = interval_ticks
        self.counts[i] = count
        self.waiting += 1
        self.ordered = (self.ordered - CLOCK_MASK - 1 + count) & CLOCK_MASK

    def feed(self) -> None:
        """Move segments from the ring to the FIFO, while it has room for a whole one."""
        while self.waiting and self.pulses.tx_fifo() <= FIFO_WORDS - 2:
            i = self.first
            self.pulses.put(self.intervals_ticks[i] - FIXED_TICKS)
            self.pulses.put(self.counts[i] - 1)
            self.first = (i + 1) % RING_SEGMENTS
            self.waiting -= 1

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


class Key:
    """A key to ground, polled. Held down at power-on, it counts from when it has been let go."""

    def __init__(self, gpio: int) -> None:
        self.pin = Pin(gpio, Pin.IN, Pin.PULL_UP)
        self.down = True
        self.steady_ms = 0  # when it was last seen as it is taken to be

    def held(self) -> bool:
        return not self.pin.value()

    def pressed(self, now_ms: int) -> bool:
        """True once for each press, when the key has been down for DEBOUNCE_MS."""
        down = not self.pin.value()
        if down == self.down:
            self.steady_ms = now_ms
            return False
        if until_ms(self.steady_ms, now_ms) < DEBOUNCE_MS:
            return False
        self.down = down
        self.steady_ms = now_ms
        return down


class Code:
    """The checksum of the firmware's files on flash: Adler's two sums of their bytes, in 30 bits.

    It is taken whole at power-on, which lasts some seconds, then a slice at a time, round and round. The files are
    kept open, since opening one allocates. `sum` is of the last whole round, and 0 where there are no files: an
    image may have them frozen in. What runs was compiled from the files at power-on and is not looked at again.
    """

    def __init__(self) -> None:
        self.files = [open(name, "rb") for name in code_files()]  # noqa: SIM115  # for as long as the pump runs
        self.bytes = bytearray(SLICE_BYTES)
        self.at = 0  # the file that is read
        self.low = 1
        self.high = 0
        self.sum = 0
        while self.files and not self.sum:
            self.read_a_slice()

    def read_a_slice(self) -> None:
        if not self.files:
            return
        read = self.files[self.at].readinto(self.bytes)
        for i in range(read):
            self.low = (self.low + self.bytes[i]) % SUM_PRIME
            self.high = (self.high + self.low) % SUM_PRIME
        if not read:
            self.files[self.at].seek(0)
            self.at += 1
        if self.at == len(self.files):
            self.sum = self.high << 15 | self.low or 1
            self.at = self.high = 0
            self.low = 1


def code_files() -> list[str]:
    """In a fixed order."""
    names = []
    for folder in CODE_FOLDERS:
        try:
            found = os.listdir(folder[:-1] or ".")
        except OSError:  # frozen
            continue
        names += [folder + name for name in sorted(found) if name.endswith(".py") and (folder or name in ROOT_FILES)]
    return names


def seal() -> None:
    """Note the checksum of the files as they are now: to be run once they have been copied."""
    with open(SEAL, "w") as file:
        file.write(str(Code().sum))


def pressure_pa(counts: int) -> int:
    """Of 16 bits from the ADC: -12,501 to 111,249 Pa."""
    return (counts - PRESSURE_ZERO) * PA_IN_8192 // 8192


def air_permille(counts: int) -> int:
    """Of 16 bits from the ADC: 0 to 1000."""
    return counts * 1000 // AIR_FULL


class Board(Serial):
    """The pump's hardware, as main.py sees it. Made once, with the motor off."""

    def __init__(self) -> None:
        self.enable = Pin(ENABLE, Pin.OUT, value=MOTOR_OFF)
        self.direction = Pin(DIR, Pin.OUT, value=FORWARD)
        self.stepper = Stepper()
        self.pressure = ADC(Pin(PRESSURE_ADC))
        self.air = ADC(Pin(AIR_ADC))
        self.start_key = Key(START_KEY)
        self.stop_key = Key(STOP_KEY)
        self.green = Pin(GREEN_LED, Pin.OUT, value=0)
        self.yellow = Pin(YELLOW_LED, Pin.OUT, value=0)
        self.red = Pin(RED_LED, Pin.OUT, value=0)
        self.driver_fault = Pin(DRIVER_FAULT, Pin.IN, Pin.PULL_UP)
        self.code = Code()
        self.usb = Usb()
        self.unconfirmed = 0  # somebody is to say that he has seen the LEDs
        self.state = 0  # as obeyed last: a key asks for what fits it
        self.request = NOTHING_ASKED

    def setup(self) -> Setup:
        """The pump that stands above."""
        return Setup(STEP_PL, RESERVOIR_UL, signal_test=1, code_sum=self.sealed_sum())

    def session(self) -> Session:
        """With the key of the file KEY, if there is one: hexadecimal digits. A key that cannot be read fits nobody."""
        try:
            with open(KEY) as file:
                key = bytes.fromhex(file.read().strip()) or os.urandom(RANDOM_BYTES)
        except OSError:
            key = b""
        except ValueError:
            key = os.urandom(RANDOM_BYTES)
        return Session(key, os.urandom(RANDOM_BYTES), Sha256())

    def now_ms(self) -> int:
        """The clock, modulo 2**30 ms."""
        return time.ticks_ms() & CLOCK_MASK  # type: ignore[operator]  # the stub hides that it is an int

    def sealed_sum(self) -> int:
        """What the code's checksum must be; 0 if it was never sealed. A seal that cannot be read fits no code."""
        try:
            with open(SEAL) as file:
                return int(file.read()) or 1
        except OSError:
            return 0
        except ValueError:
            return 1

    def read(self, inputs: Inputs) -> None:
        """Fill in what the sensors, the counter and the keys say."""
        self._poll_keys()
        self.stepper.feed()
        inputs.steps_done = self.stepper.given()
        inputs.steps_queued = self.stepper.queued(inputs.steps_done)
        inputs.pressure_pa = pressure_pa(self.pressure.read_u16())
        inputs.air_permille = air_permille(self.air.read_u16())
        inputs.code_sum = self.code.sum
        inputs.winding_ok = self.driver_fault.value()
        inputs.key_down = 1 if self.start_key.held() or self.stop_key.held() else 0
        inputs.request = self.request
        self.request = NOTHING_ASKED

    def obey(self, outputs: Outputs) -> None:
        """Drop the queue if told so, switch the motor, queue what is ordered, show what is wrong."""
        self.state = outputs.state
        moving = MOVING[outputs.state]
        if outputs.flush:
            self.stepper.flush()
        self.enable.value(MOTOR_ON if moving else MOTOR_OFF)
        for i in range(outputs.segments):
            self.stepper.order(outputs.intervals_ticks[i], outputs.counts[i])
        self.stepper.feed()
        self.unconfirmed = outputs.signal_test
        priority = TABLE[outputs.alarm_shown].priority
        testing = outputs.red and outputs.cyan  # together only in the test of the signals
        self.green.value(moving or testing)
        self.yellow.value(priority == LOW or testing)
        self.red.value(priority > LOW or testing)

    def receive(self, buffer: bytearray) -> int:
        return self.usb.receive(buffer)

    def send(self, line: bytearray, count: int) -> None:
        self.usb.send(line, count)

    def wait_until(self, then_ms: int) -> None:
        """Return at `then_ms`, or as soon as a key or a host asks for something. Meanwhile the FIFO is kept full."""
        while not (self.request or self.usb.waiting()) and until_ms(self.now_ms(), then_ms) > 0:
            time.sleep_ms(1)
            self.stepper.feed()
            self.code.read_a_slice()
            self._poll_keys()

    def stop(self) -> None:
        """Drop what is queued, let go of the motor, and light the red LED: nobody looks after it any more."""
        self.enable.value(MOTOR_OFF)
        self.stepper.flush()
        self.green.value(0)
        self.red.value(1)

    def _poll_keys(self) -> None:
        """STOP outdoes whatever waits to be read; START waits its turn, and first says that the LEDs were seen."""
        now_ms = self.now_ms()
        if self.start_key.pressed(now_ms) and not self.request:
            self.request = ACKNOWLEDGE if self.unconfirmed else START_KEY_ASKS[self.state]
        if self.stop_key.pressed(now_ms):
            self.request = STOP_KEY_ASKS[self.state]
