"""Somebody who tells the guard frames and turns its encoder.

Unless a test says otherwise a count is 100 nL and the rate 360 mL/h: a count a millisecond, 100 uL a second.
"""

from pumpcore.guard import ANSWER_BYTES, CONFIRM, FRAME_BYTES, MOVING, Guard, write_frame
from pumpcore.units import CLOCK_MASK

PL = 100_000
RATE = 36_000
FRESH = 2_200
MOST_VTBI = 99_999_000
DAY_MS = 86_400_000


class Desk:
    """A guard and somebody who tells it frames and turns its encoder. Clocks and encoder may start anywhere."""

    def __init__(self, pl_per_count=PL, now=0, clock=0, encoder=0, vtbi=MOST_VTBI, kvo=0, rate=RATE):
        self.guard = Guard(pl_per_count)
        self.now, self.clock, self.encoder = now, clock, encoder
        self.sequence = 250
        self.answer = bytearray(ANSWER_BYTES)
        self.look()
        if rate:
            self.confirm(rate, vtbi, kvo)

    def frame(self, flags, rate=0, kvo=0, vtbi=0):
        self.sequence += 1
        frame = bytearray(FRAME_BYTES)
        write_frame(frame, self.sequence, self.clock & CLOCK_MASK, flags, rate, kvo, vtbi)
        return frame

    def tell(self, frame):
        self.guard.tell(self.now & CLOCK_MASK, frame)

    def order(self, flags=0, rate=RATE):
        self.tell(self.frame(flags, rate))

    def confirm(self, rate=RATE, vtbi=MOST_VTBI, kvo=0, flags=CONFIRM):
        self.tell(self.frame(flags, rate, kvo, vtbi))

    def wait(self, ms):
        self.now += ms
        self.clock += ms

    def look(self, counts=0):
        """The reason, once the encoder has turned by `counts`."""
        self.encoder += counts
        self.guard.look(self.now & CLOCK_MASK, self.encoder & CLOCK_MASK, self.answer)
        assert self.answer[0] == (self.answer[2] == 0)
        return self.answer[2]

    def go(self, ms, counts, flags=MOVING, rate=RATE):
        """Order, wait, look: the reason."""
        self.order(flags, rate)
        self.wait(ms)
        return self.look(counts)

    @property
    def fed(self):
        return self.answer[1]

    @property
    def moved_ul(self):
        return int.from_bytes(self.answer[4:], "little")
