"""A PC with Linux or macOS: motor, sensors and clock are those of a virtual pump at the other end of a pipe.

Standard input and output, in lockstep: the plant says what its clock and its sensors read, and waits for the
answer, what the motor is to do and when to look again. So it is always the plant's time here, which passes between
two messages and never within a step. First come two lines of text, the pump's setup and its key in hexadecimal
digits; then messages of 32-bit integers, each read and written whole. Behind them is what a host says over the link
and what is said to it, some bytes of it as their count tells. The plant's messages have one size, the board's another:

    STEP, clock, numbers of Inputs, heard   ->   next time, ASKED, numbers of Outputs, intervals, counts, said
    PEEK                                    ->   the set rate as it stands in memory
    POKE, rate                              ->   the same, with a bit flipped there before

Nothing of this is for a chip: the file stays on the PC.
"""

import sys
from array import array

from board.hashing import Sha256
from pumpcore.dose import Dose
from pumpcore.link import BYTES
from pumpcore.pump import Serial
from pumpcore.records import ASKED, MOST_SEGMENTS, Inputs, Outputs, numbers_of
from pumpcore.session import Session
from pumpcore.setup import Setup
from pumpcore.units import const
from pumpcore.wire import MOST_BYTES

STEP = const(0)
PEEK = const(1)
POKE = const(2)
WORD = const(4)  # bytes
SEED = b"pumpsim"  # as sim/pumpsim/engine.py has it: the same run on every engine


class Board(Serial):
    """The virtual pump, as main.py sees it. `dose` is the memory to flip a bit in, for who starts it to name."""

    def __init__(self) -> None:
        self.dose: Dose | None = None
        self.plant = open(0, "rb", buffering=0)  # noqa: SIM115  # for as long as the pump runs
        self.answer = open(1, "wb", buffering=0)  # noqa: SIM115
        self.inputs = numbers_of(Inputs())
        self.outputs = numbers_of(Outputs())
        self.heard = array("i", [0] * (3 + len(self.inputs) + BYTES // WORD))
        self.told = array(
            "i", [0] * (2 + len(ASKED) + len(self.outputs) + 2 * MOST_SEGMENTS + (MOST_BYTES + 1) // WORD)
        )
        self.asked = Inputs()  # as read, and as the link has changed it by the time that orders are obeyed
        self.received = bytearray()  # over the link, and not taken yet
        self.words = (
            1 + len(ASKED) + len(self.outputs) + 2 * MOST_SEGMENTS
        )  # where in `told` stands how many bytes are said
        self.come = False  # a STEP has, and is not answered yet

    def setup(self) -> Setup:
        """Of the first line, whose words are name=value."""
        values = {}
        for word in self.plant.readline().decode().split():
            name, value = word.split("=")
            values[name] = int(value)
        return Setup(**values)

    def session(self) -> Session:
        """With the key of the second line, if there is one."""
        return Session(bytes.fromhex(self.plant.readline().decode()), SEED, Sha256())

    def cause(self) -> int:
        """A virtual pump has only been switched on."""
        return 0

    def guard(self, setup: Setup) -> None:
        """Nothing: it runs beside the plant."""

    def now_ms(self) -> int:
        """What the plant's clock reads, once it says so."""
        while not self.come:
            self._hear()
        return self.heard[1]

    def read(self, inputs: Inputs) -> None:
        for i in range(len(self.inputs)):
            setattr(inputs, self.inputs[i], self.heard[2 + i])
        self.asked = inputs

    def tell(self, now_ms: int, inputs: Inputs, outputs: Outputs) -> None:
        """Nothing: the plant hears of the step with the answer, and tells its guard."""

    def obey(self, outputs: Outputs) -> None:
        told = self.told
        at = 1
        for name in ASKED:
            told[at] = getattr(self.asked, name)
            at += 1
        for name in self.outputs:
            told[at] = getattr(outputs, name)
            at += 1
        for i in range(MOST_SEGMENTS):
            told[at + i] = outputs.intervals_ticks[i]
            told[at + MOST_SEGMENTS + i] = outputs.counts[i]

    def receive(self, buffer: bytearray) -> int:
        count = min(len(buffer), len(self.received))
        buffer[:count] = self.received[:count]
        self.received = self.received[count:]
        return count

    def send(self, line: bytearray, count: int) -> None:
        """With the answer. All of it is ASCII, so that four bytes are an integer that is not negative."""
        for at in range(0, count, WORD):
            self.told[self.words + 1 + at // WORD] = int.from_bytes(line[at : at + WORD], "little")
        self.told[self.words] = count

    def wait_until(self, then_ms: int) -> None:
        """The plant does the waiting."""
        self.told[0] = then_ms
        self.answer.write(self.told)
        self.told[self.words] = 0
        self.come = False

    def stop(self) -> None:
        """Nothing: the plant sees that the pipe ends."""

    def release(self) -> None:
        """Nothing: there is no watchdog."""

    def _hear(self) -> None:
        """Take the next message, and answer it if no step of the controller is needed for that."""
        if not self.plant.readinto(self.heard):
            print("the virtual pump has closed the pipe", file=sys.stderr)
            sys.exit()
        if self.heard[0] == STEP:
            self._take_received()
            self.come = True
            return
        assert self.dose
        if self.heard[0] == POKE:
            self.dose.rate_cml_h = self.heard[1]
        self.told[0] = self.dose.rate_cml_h
        self.answer.write(self.told)

    def _take_received(self) -> None:
        words = 2 + len(self.inputs)
        for i in range(self.heard[words]):
            self.received.append(self.heard[words + 1 + i // WORD] >> i % WORD * 8 & 0xFF)
