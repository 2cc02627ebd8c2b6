"""The pump's test of itself: whole before an infusion, a slice at a time ever after.

At START the motor stands, and a step may last: all of the memory is walked, and START is refused unless that,
the code's checksum, the keys and the word of a user who has seen and heard the signals are in order. With every
start the driver is switched on a step before its first order, so what it says of the windings is known by then;
to switch it on for a test alone might turn the motor before anybody wants it to. Sensors, clocks, battery and holder
are looked at in these two steps as well, under alarms of their own.

At power-on buzzer and LEDs are on together for 3 s, above whatever else there is. A user who acknowledges has seen
and heard them; until then a reminder sounds, and a START that is refused plays them again.

While the pump runs, a slice of the memory is walked every 5 s: each cell is read again after 40 s, and all patterns
are through in 400 s. The code's checksum is the driver's work, in slices of its own, a round in 10 min at most; here
the sum of its last whole round is held against what it must be. Keys and windings are looked at in each step.

The memory is a block of the controller's own, tested for all of it: each cell must still hold what was written a
round ago, then takes the next of 0x55, 0xAA and a one that walks through its bits.
"""

from .alarms import MEMORY_FAULT, SELF_TEST_FAILED, Alarms
from .records import Inputs
from .setup import Setup
from .signals import C_HZ, Signals
from .units import const, later_ms, until_ms

CELLS = const(64)  # assumed, as is how it is cut
SLICE_CELLS = const(8)
ROUNDS = const(10)  # of two patterns and eight places of the one
SLICE_EVERY_MS = const(5_000)  # all through in 400 s, of the ten minutes that a round may last; assumed
HELD_MS = const(10_000)  # assumed: no one presses a key for so long
PLAYED_MS = const(3_000)  # assumed: long enough to look at three LEDs

# The test of the signals.
CONFIRMED = const(0)
TO_BE_PLAYED = const(1)
UNCONFIRMED = const(2)


def pattern(cell: int, turn: int) -> int:
    """What a cell holds between this turn and the next."""
    if turn < 2:
        return 0xAA if turn else 0x55
    return 1 << ((cell + turn) & 7)


class Memory:
    """The block and where its walk is; `sound` until a cell has not held what was written."""

    def __init__(self) -> None:
        self.block = bytearray(CELLS)
        for cell in range(CELLS):
            self.block[cell] = pattern(cell, 0)
        self.turn = 0
        self.next_cell = 0
        self.sound = True  # once false it stays so until power-off

    def walk_a_slice(self) -> None:
        after = (self.turn + 1) % ROUNDS
        block, end = self.block, self.next_cell + SLICE_CELLS
        for cell in range(self.next_cell, end):
            if block[cell] != pattern(cell, self.turn):
                self.sound = False
            block[cell] = pattern(cell, after)
        self.next_cell = end
        if end == CELLS:
            self.next_cell = 0
            self.turn = after

    def walk_all(self) -> None:
        """Every pattern through every cell."""
        for _ in range(ROUNDS * CELLS // SLICE_CELLS):
            self.walk_a_slice()


class SelfTest:
    """Raises MEMORY_FAULT and SELF_TEST_FAILED; `signal_test` is not 0 until a user has confirmed the signals."""

    def __init__(self, setup: Setup, alarms: Alarms, signals: Signals) -> None:
        self.alarms = alarms
        self.signals = signals
        self.memory = Memory()
        self.code_sum = setup.code_sum
        self.signal_test = TO_BE_PLAYED if setup.signal_test else CONFIRMED
        self.playing = False
        self.plays_until_ms = 0
        self.key_down = 0
        self.key_stuck = False
        self.down_since_ms = 0
        self.begun = False
        self.due = False  # a slice is due, whatever the time
        self.next_ms = 0

    def look(self, now_ms: int, inputs: Inputs) -> None:
        """Once a step, in every state."""
        if inputs.key_down or self.key_down:
            self._look_at_keys(now_ms, inputs.key_down)
        if not inputs.winding_ok:
            self.alarms.raise_alarm(SELF_TEST_FAILED)
        if not self.begun:
            self._begin(now_ms)
        if self.due or not 0 < until_ms(now_ms, self.next_ms) <= SLICE_EVERY_MS:  # also after a clock's jump
            self.due = False
            self.next_ms = later_ms(now_ms, SLICE_EVERY_MS)
            self.memory.walk_a_slice()
            self._tell(inputs)

    def start(self) -> None:
        """The pump starts, for the first time or again: what failed and still does is told in this step."""
        self.due = True

    def passed(self, now_ms: int, inputs: Inputs) -> bool:
        """Whether an infusion may begin; what has failed is raised. A user who has said nothing yet is shown the
        signals again."""
        self.memory.walk_all()
        failed = self.key_stuck or not inputs.winding_ok or self._code_differs(inputs)
        if not self.memory.sound:
            self._raise_anew(MEMORY_FAULT)
        if failed:
            self._raise_anew(SELF_TEST_FAILED)
        if self.signal_test == UNCONFIRMED:
            self._play(now_ms)
        return self.memory.sound and not failed and self.signal_test == CONFIRMED

    def acknowledge(self, now_ms: int) -> None:
        """A user is there; if the signals have been on, he has seen and heard them."""
        if self.signal_test == UNCONFIRMED:
            self.signal_test = CONFIRMED
            self.playing = False
            self.signals.unconfirmed = 0
            self.signals.next_ms = now_ms

    def show(self, now_ms: int) -> None:
        """While the test plays, all signals are on: called when `signals` has said what else would be."""
        left_ms = until_ms(now_ms, self.plays_until_ms)
        if not 0 < left_ms <= PLAYED_MS:  # also after a clock's jump
            self.playing = False
            return
        signals = self.signals
        signals.buzzer_hz = C_HZ
        signals.red = signals.yellow = signals.cyan = 1
        if until_ms(now_ms, signals.next_ms) > left_ms:
            signals.next_ms = self.plays_until_ms

    def _begin(self, now_ms: int) -> None:
        """At power-on."""
        self.begun = self.due = True
        self.memory.walk_all()
        if self.signal_test:
            self.signal_test = UNCONFIRMED
            self.signals.unconfirmed = 1
            self._play(now_ms)

    def _play(self, now_ms: int) -> None:
        self.playing = True
        self.plays_until_ms = later_ms(now_ms, PLAYED_MS)
        self.signals.next_ms = now_ms

    def _look_at_keys(self, now_ms: int, down: int) -> None:
        """A key is stuck that stays down for long, or that was down at power-on, until it is let go."""
        if not down:
            self.key_stuck = False
        elif not self.key_down:
            self.down_since_ms = now_ms
            self.key_stuck = not self.begun
        elif until_ms(self.down_since_ms, now_ms) >= HELD_MS:
            self.key_stuck = True
        self.key_down = down
        if self.key_stuck:
            self.alarms.raise_alarm(SELF_TEST_FAILED)

    def _raise_anew(self, code: int) -> None:
        """Told again, though it was told and acknowledged before."""
        self.alarms.forget(code)
        self.alarms.raise_alarm(code)

    def _tell(self, inputs: Inputs) -> None:
        if not self.memory.sound:
            self.alarms.raise_alarm(MEMORY_FAULT)
        if self._code_differs(inputs):
            self.alarms.raise_alarm(SELF_TEST_FAILED)

    def _code_differs(self, inputs: Inputs) -> bool:
        return self.code_sum > 0 and inputs.code_sum != self.code_sum
