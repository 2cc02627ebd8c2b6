"""What the motor has still to do: segments of equal intervals, in a ring, until whatever gives the pulses takes them.

A driver of pulses adds how it gives them (`feed`), how many it has given (`given`) and how it drops what is left
(`flush`). An order that is not renewed ends by itself, since nothing is given twice.
"""

from pumpcore.setup import LEAST_INTERVAL_TICKS
from pumpcore.units import CLOCK_HALF, CLOCK_MASK, const

RING_SEGMENTS = const(64)  # more than two windows hold when every press of a key adds a segment


class Segments:
    def __init__(self) -> None:
        self.ordered = 0  # pulses given and queued, modulo 2**30
        self.intervals_ticks = [0] * RING_SEGMENTS
        self.counts = [0] * RING_SEGMENTS
        self.first = 0  # of the ring, the one to go next
        self.waiting = 0  # segments in the ring

    def given(self) -> int:
        """Pulses given since power-on, modulo 2**30."""
        raise NotImplementedError

    def feed(self) -> None:
        """Give what can be given now, without waiting."""
        raise NotImplementedError

    def flush(self) -> None:
        """Drop what is queued. A pulse under way is given whole, and counted."""
        raise NotImplementedError

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

    def take(self) -> None:
        """The first of the ring has gone."""
        self.first = (self.first + 1) % RING_SEGMENTS
        self.waiting -= 1
