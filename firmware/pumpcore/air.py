"""A single air bubble, measured by the steps given while the detector sees air.

Counting steps instead of time makes the volume right at any rate, to what is pumped between two
readings (5 uL while the loop is on time, 20 ms of flow above 900 mL/h).
"""

from .setup import Setup
from .units import PL_PER_UL, const

SEES_AIR_PERMILLE = const(500)  # assumed: half of the detector's window


class Bubble:
    def __init__(self, setup: Setup) -> None:
        self.step_pl = setup.step_pl
        self.limit_ul = setup.bubble_ul
        self.seen_ul = 0
        self.seen_pl = 0

    def too_large(self, air_permille: int, steps: int) -> bool:
        """Whether the bubble in the detector, `steps` longer now, has reached the limit."""
        if air_permille < SEES_AIR_PERMILLE:
            self.seen_ul = 0
            self.seen_pl = 0
            return False
        pl = self.seen_pl + steps * self.step_pl
        self.seen_ul += pl // PL_PER_UL
        self.seen_pl = pl % PL_PER_UL
        return self.seen_ul >= self.limit_ul
