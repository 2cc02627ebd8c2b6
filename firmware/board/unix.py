"""A PC with Linux or macOS: motor, sensors and clock are those of a virtual pump at the other end of a pipe.

Standard input and output, in lockstep: the plant says what its clock and its sensors read, and waits for the
answer, what the motor is to do and when to look again. So it is always the plant's time here, which passes between
two messages and never within a step. First comes a line of text, the pump's setup; then messages of 32-bit
integers, each read and written whole. The plant's have one size, the board's another:

    STEP, clock, numbers of Inputs   ->   next time, numbers of Outputs, intervals, counts
    PEEK                             ->   the set rate as it stands in memory
    POKE, rate                       ->   the same, with a bit flipped there before

Nothing of this is for a chip: the file stays on the PC.
"""

import sys
from array import array

from pumpcore.dose import Dose
from pumpcore.records import MOST_SEGMENTS, Inputs, Outputs, numbers_of
from pumpcore.setup import Setup
from pumpcore.units import const

STEP = const(0)
PEEK = const(1)
POKE = const(2)


class Board:
    """The virtual pump, as main.py sees it. `dose` is the memory to flip a bit in, for who starts it to name."""

    def __init__(self) -> None:
        self.dose: Dose | None = None
        self.plant = open(0, "rb", buffering=0)  # noqa: SIM115  # for as long as the pump runs
        self.answer = open(1, "wb", buffering=0)  # noqa: SIM115
        self.inputs = numbers_of(Inputs())
        self.outputs = numbers_of(Outputs())
        self.heard = array("i", [0] * (2 + len(self.inputs)))
        self.told = array("i", [0] * (1 + len(self.outputs) + 2 * MOST_SEGMENTS))
        self.come = False  # a STEP has, and is not answered yet

    def setup(self) -> Setup:
        """Of the first line, whose words are name=value."""
        values = {}
        for word in self.plant.readline().decode().split():
            name, value = word.split("=")
            values[name] = int(value)
        return Setup(**values)

    def now_ms(self) -> int:
        """What the plant's clock reads, once it says so."""
        while not self.come:
            self._hear()
        return self.heard[1]

    def read(self, inputs: Inputs) -> None:
        for i in range(len(self.inputs)):
            setattr(inputs, self.inputs[i], self.heard[2 + i])

    def obey(self, outputs: Outputs) -> None:
        told = self.told
        at = 1
        for name in self.outputs:
            told[at] = getattr(outputs, name)
            at += 1
        for i in range(MOST_SEGMENTS):
            told[at + i] = outputs.intervals_ticks[i]
            told[at + MOST_SEGMENTS + i] = outputs.counts[i]

    def wait_until(self, then_ms: int) -> None:
        """The plant does the waiting."""
        self.told[0] = then_ms
        self.answer.write(self.told)
        self.come = False

    def stop(self) -> None:
        """Nothing: the plant sees that the pipe ends."""

    def _hear(self) -> None:
        """Take the next message, and answer it if no step of the controller is needed for that."""
        if not self.plant.readinto(self.heard):
            print("the virtual pump has closed the pipe", file=sys.stderr)
            sys.exit()
        if self.heard[0] == STEP:
            self.come = True
            return
        assert self.dose
        if self.heard[0] == POKE:
            self.dose.rate_cml_h = self.heard[1]
        self.told[0] = self.dose.rate_cml_h
        self.answer.write(self.told)
