"""The way from the bag to the rollers: blocked, empty, or open without the rollers.

A clamp left closed: the inlet's pressure falls until it is below what the pump allows. A bag that has run
dry: no drop falls while four should have, and the inlet's pressure stays. Free flow: of ten drops' volume,
or while the rollers stand, more drops fall than the rollers carry, by three; a drop more or less is where
the last one hung. A supply that was blocked fills up again once its clamp is opened: until the next start
that is no free flow.
"""

from .setup import Setup
from .units import CLOCK_HALF, CLOCK_MASK, PL_PER_UL, const

WELL = const(0)
BLOCKED = const(1)
EMPTY = const(2)
FREE = const(3)

DROPS_LATE = const(4)  # assumed
DROPS_EARLY = const(2)
WINDOW_DROPS = const(10)  # rollers may be 8 % off
STEADY_PA = const(4_000)  # the inlet has not sunk by more since the last drop: nothing is in the way; assumed


class Supply:
    """Without an inlet sensor (no upstream limit) all is well always. Volumes in uL."""

    def __init__(self, setup: Setup) -> None:
        self.limit_pa = -setup.upstream_pa
        self.step_pl = setup.step_pl
        self.drop_ul = 1_000 // setup.drops_per_ml if setup.drops_per_ml else 0
        self.drops = -1  # as read last; none yet
        self.steady_pa = 0  # the inlet's pressure at the last drop
        self.was_blocked = False
        self.late_ul = 0  # pumped since the last drop
        self.window_ul = 0  # pumped in this window,
        self.fallen_ul = 0  # and what fell in it
        self.rest_pl = 0

    def begin(self) -> None:
        self.late_ul = self.window_ul = self.fallen_ul = 0
        self.was_blocked = False

    def look(self, steps: int, supply_pa: int, drops: int) -> int:
        """WELL or what is wrong, `steps` after the last look."""
        if not self.limit_pa:
            return WELL
        self._count(steps, supply_pa, drops)
        if supply_pa <= self.limit_pa:
            self.was_blocked = True
            return BLOCKED
        if self.fallen_ul - self.window_ul > DROPS_EARLY * self.drop_ul and not self.was_blocked:
            return FREE
        late = self.drop_ul and self.late_ul > DROPS_LATE * self.drop_ul
        sinking = supply_pa < self.steady_pa - STEADY_PA  # wait for what that comes to
        return EMPTY if late and not sinking else WELL

    def _count(self, steps: int, supply_pa: int, drops: int) -> None:
        if self.drops < 0:
            self.drops = drops
        fallen = (((drops - self.drops) & CLOCK_MASK) ^ CLOCK_HALF) - CLOCK_HALF
        self.drops = drops
        pl = self.rest_pl + max(steps, 0) * self.step_pl
        self.rest_pl = pl % PL_PER_UL
        self.late_ul += pl // PL_PER_UL
        self.window_ul += pl // PL_PER_UL
        if self.window_ul > WINDOW_DROPS * self.drop_ul:
            self.window_ul = self.fallen_ul = 0
        if fallen > 0:
            self.fallen_ul += fallen * self.drop_ul
            self.late_ul = 0
            self.steady_pa = supply_pa
