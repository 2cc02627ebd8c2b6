"""Air, measured by the steps given while the detector sees it: a single bubble, and the sum of 15 minutes.

Counting steps instead of time makes the volume right at any rate, to what is pumped between two
readings (5 uL while the loop is on time, 20 ms of flow above 900 mL/h).

The sum is kept in fifteen minutes of their own, so it is over at least the last 14 and at most the last
15 minutes. Bubbles that IEC 60601-2-24 would leave out of it (below 50 uL) count as well: foam is air.
"""

from .setup import Setup
from .units import PL_PER_UL, const, later_ms, until_ms

SEES_AIR_PERMILLE = const(500)  # assumed: half of the detector's window
MINUTES = const(15)
MINUTE_MS = const(60_000)


class Air:
    def __init__(self, setup: Setup) -> None:
        self.step_pl = setup.step_pl
        self.bubble_limit_ul = setup.bubble_ul
        self.sum_limit_ul = setup.air_sum_ul
        self.bubble_ul = 0
        self.bubble_pl = 0
        self.rest_pl = 0  # of the sum, below a microlitre
        self.minutes_ul = [0] * MINUTES
        self.minute = 0  # the one that runs
        self.ends_ms = -1
        self.sum_ul = 0

    def look(self, air_permille: int, steps: int) -> None:
        """`steps` after the last look the detector shows so much."""
        if air_permille < SEES_AIR_PERMILLE:
            self.bubble_ul = 0
            self.bubble_pl = 0
            return
        pl = max(steps, 0) * self.step_pl
        self.bubble_pl += pl % PL_PER_UL
        self.bubble_ul += pl // PL_PER_UL + self.bubble_pl // PL_PER_UL
        self.bubble_pl %= PL_PER_UL
        self.rest_pl += pl % PL_PER_UL
        ul = pl // PL_PER_UL + self.rest_pl // PL_PER_UL
        self.rest_pl %= PL_PER_UL
        self.minutes_ul[self.minute] += ul
        self.sum_ul += ul

    def follow(self, now_ms: int) -> None:
        """Time goes on, also while nothing is pumped."""
        if self.ends_ms < 0:
            self.ends_ms = later_ms(now_ms, MINUTE_MS)
        turned = 0
        while until_ms(now_ms, self.ends_ms) <= 0 and turned < MINUTES:
            self.minute = (self.minute + 1) % MINUTES
            self.sum_ul -= self.minutes_ul[self.minute]
            self.minutes_ul[self.minute] = 0
            self.ends_ms = later_ms(self.ends_ms, MINUTE_MS)
            turned += 1
        if turned == MINUTES:
            self.ends_ms = later_ms(now_ms, MINUTE_MS)

    def bubble_too_large(self) -> bool:
        """Whether what is in the detector has reached the limit."""
        return self.bubble_ul >= self.bubble_limit_ul

    def too_much(self) -> bool:
        return self.sum_ul >= self.sum_limit_ul

    def begin(self) -> None:
        """The pump starts, and whoever starts it has seen to the line."""
        self.bubble_ul = 0
        self.bubble_pl = 0
