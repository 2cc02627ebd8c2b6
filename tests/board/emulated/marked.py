"""The shipped loop on the emulated Pico, its marks seen: guest/marked.py is what runs there."""

from pathlib import Path
from statistics import quantiles

from wired import Wired

GUEST = Path(__file__).parent / "guest/marked.py"
WORKING, STEPPING, HANG, NOTE, LOOKING = 0, 1, 8, 9, 25  # GPIO

CTRL_A, CTRL_C, CTRL_D = b"\x01", b"\x03", b"\x04"
CHUNK = 64  # bytes that a USB serial port takes at a time
LOOPS_S = 2.0  # more than any answer here takes


class Spans:
    """Of times in s that a pin was high: (from, to)."""

    def __init__(self, wired: Wired, gpio: int) -> None:
        self.pico = wired.pico
        self.since_s = 0.0
        self.all: list[tuple[float, float]] = []
        self.pico.mcu.gpio[gpio].add_listener(self._see)

    def _see(self, new, old) -> None:
        now_s = self.pico.now_ns / 1e9
        if new.value == 1:
            self.since_s = now_s
        elif self.since_s:
            self.all.append((self.since_s, now_s))

    def within(self, begin_s: float, end_s: float) -> list[float]:
        """How long each lasted, in ms."""
        return [(end - begin) * 1_000 for begin, end in self.all if begin_s <= begin and end <= end_s]

    def without(self, others: "Spans", begin_s: float, end_s: float) -> list[float]:
        """The same, less what of `others` fell into each."""
        spans = [(begin, end) for begin, end in self.all if begin_s <= begin and end <= end_s]
        return [
            1_000 * (end - begin - sum(max(0.0, min(end, to) - max(begin, since)) for since, to in others.all))
            for begin, end in spans
        ]


class Marked(Wired):
    """A Pico that has been taken from its main.py and runs the marked loop."""

    def __init__(self, image) -> None:
        super().__init__(image)
        self.working, self.stepping = Spans(self, WORKING), Spans(self, STEPPING)
        self.looking = Spans(self, LOOKING)
        self.note_level = 1
        self.take_over()

    def take_over(self) -> None:
        """As mpremote does: Ctrl-C, the raw prompt, a soft reset that spares main.py, then a program."""
        self.pump()  # answers, so it runs
        self._say(CTRL_C + CTRL_A, b"raw REPL; CTRL-B to exit\r\n>")
        self._say(CTRL_D, b"raw REPL; CTRL-B to exit\r\n>")

    def ask(self, code: str) -> str:
        """What a program prints at the raw prompt."""
        self._say(code.encode() + CTRL_D, b"OK")
        return self._say(b"", b"\x04>").split(CTRL_D)[0].decode()

    def begin(self) -> None:
        self._say(GUEST.read_bytes() + CTRL_D, b"OK")

    def noted(self) -> list[int]:
        """End the loop: bytes of the heap that are free with the pump made, that were ever used, garbage included, and
        that were in use whenever that was noted."""
        told = self._say(CTRL_C, b"\x04>").split(CTRL_D)[0]
        return [int(number) for number in told.split()]

    def note(self) -> None:
        """Have the use of the heap noted in the next loop, and see that one through."""
        self.note_level ^= 1
        self.pico.mcu.gpio[NOTE].set_input_value(self.note_level)
        self.loops(2)

    def loops(self, count: int) -> None:
        """Let so many go by, each woken by a byte that is no frame."""
        for _ in range(count):
            seen = len(self.working.all)
            self.pico.send(b"\n")
            assert self.run(LOOPS_S, lambda seen=seen: len(self.working.all) > seen)

    def hang(self) -> None:
        self.pico.mcu.gpio[HANG].set_input_value(0)

    def _say(self, data: bytes, until: bytes) -> bytes:
        pico = self.pico
        pico.said.clear()
        for at in range(0, len(data), CHUNK):
            pico.send(data[at : at + CHUNK])
            pico.run(0.05, lambda: pico.cdc.tx_fifo.empty)
        assert pico.run(LOOPS_S, lambda: until in pico.said), bytes(pico.said)
        said, _, rest = bytes(pico.said).partition(until)
        pico.said[:] = rest
        return said


def percentile_99(spans: list[float]) -> float:
    return quantiles(spans, n=100, method="inclusive")[98]
