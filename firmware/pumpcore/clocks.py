"""The loop's clock against a second one, with an oscillator of its own.

What one has gained on the other is looked at each time, and begun anew every minute: a jump of more than
200 ms shows at once, a clock that runs 1 % wrong within a minute, and two honest oscillators (0.01 %, 6 ms
in a minute) never.
"""

from .units import CLOCK_HALF, CLOCK_MASK, const, later_ms, until_ms

MOST_MS = const(200)
ANEW_MS = const(60_000)


class Clocks:
    def __init__(self) -> None:
        self.begun = False
        self.apart_ms = 0  # when the minute began
        self.ends_ms = 0

    def differ(self, now_ms: int, second_ms: int) -> bool:
        apart_ms = (now_ms - second_ms) & CLOCK_MASK
        if not self.begun:
            self.begun = True
            self._begin(apart_ms, second_ms)
        gained_ms = (((apart_ms - self.apart_ms) & CLOCK_MASK) ^ CLOCK_HALF) - CLOCK_HALF
        if not -MOST_MS <= gained_ms <= MOST_MS:
            self._begin(apart_ms, second_ms)  # told once: from here on they may agree again
            return True
        if until_ms(second_ms, self.ends_ms) <= 0:
            self._begin(apart_ms, second_ms)
        return False

    def _begin(self, apart_ms: int, second_ms: int) -> None:
        self.apart_ms = apart_ms
        self.ends_ms = later_ms(second_ms, ANEW_MS)
