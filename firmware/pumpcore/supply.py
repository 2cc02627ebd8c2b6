"""The way from the bag to the rollers: blocked, empty, or open without the rollers.

A clamp left closed: the inlet's pressure falls until it is below what the pump allows. A bag that has run
dry: no drop falls while four should have, and the inlet's pressure stays. Free flow: of ten drops' volume,
or while the rollers stand, more drops fall than the rollers carry, by three; a drop more or less is where
the last one hung. A supply that was blocked fills up again once its clamp is opened: until the next start
that is no free flow.

Booking, where no flow sensor that lives does it better: while it flows by itself, or could (door open), what falls
beside the steps is given out to be booked, drop by drop. Of the first one that falls past an open door, what the
rollers had drawn before is theirs.
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
MOST_LOOK_UL = const(20_000)  # falls between two looks: more is the counter's fault; assumed
MOST_NL = const(500_000_000)
STEADY_PA = const(4_000)  # the inlet has not sunk by more since the last drop: nothing is in the way; assumed


class Supply:
    """Without an inlet sensor (no upstream limit) all is well always. Volumes in uL."""

    def __init__(self, setup: Setup) -> None:
        self.limit_pa = -setup.upstream_pa
        self.step_pl = setup.step_pl
        self.drop_ul = 1_000 // setup.drops_per_ml if setup.drops_per_ml else 0
        self.drop_nl = 1_000_000 // setup.drops_per_ml if setup.drops_per_ml else 0
        self.most_drops = MOST_LOOK_UL // self.drop_ul if self.drop_ul else 0
        self.drops = -1  # as read last; none yet
        self.steady_pa = 0  # the inlet's pressure at the last drop
        self.was_blocked = False
        self.late_ul = 0  # pumped since the last drop
        self.window_ul = 0  # pumped in this window,
        self.fallen_ul = 0  # and what fell in it
        self.rest_pl = 0
        self.free = False
        self.drawn_ul = 0  # of the drop that was to fall next, before the last look
        self.beside_nl = 0  # what fell beside the steps in the last look
        self.open = False  # it flows by itself, or could
        self.due_nl = 0  # has come since and is not booked; below 0 while a drop makes up for what was drawn
        self.booked_nl = 0  # of this window

    def begin(self) -> None:
        self.late_ul = self.window_ul = self.fallen_ul = self.booked_nl = 0
        self.was_blocked = self.open = False

    def look(self, steps: int, supply_pa: int, drops: int) -> int:
        """WELL or what is wrong, `steps` after the last look."""
        if not self.limit_pa:
            return WELL
        self._count(steps, supply_pa, drops)
        blocked = supply_pa <= self.limit_pa
        self.was_blocked = self.was_blocked or blocked
        self.free = self.fallen_ul - self.window_ul > DROPS_EARLY * self.drop_ul and not self.was_blocked
        if blocked:
            return BLOCKED
        if self.free:
            return FREE
        if supply_pa < self.steady_pa - STEADY_PA:  # it sinks: wait for what that comes to
            return WELL
        return EMPTY if self.drop_ul and self.late_ul > DROPS_LATE * self.drop_ul else WELL

    def came_nl(self, loose: bool) -> int:
        """What has come by itself in the last look, to be booked; `loose` while nothing keeps fluid from flowing."""
        if not (loose or self.free):
            self.open = False
            return 0
        if self.open:
            self.due_nl += self.beside_nl
        elif self.free:
            self.due_nl = (self.fallen_ul - self.window_ul) * 1_000 - self.booked_nl
        else:
            self.due_nl = self.beside_nl - min(self.drawn_ul, self.drop_ul) * 1_000
        self.open = True
        nl = max(self.due_nl, 0)
        self.due_nl -= nl
        self.booked_nl = min(self.booked_nl + nl, MOST_NL)
        return nl

    def _count(self, steps: int, supply_pa: int, drops: int) -> None:
        if self.drops < 0:
            self.drops = drops
        fallen = (((drops - self.drops) & CLOCK_MASK) ^ CLOCK_HALF) - CLOCK_HALF
        fallen = min(max(fallen, 0), self.most_drops)
        self.drops = drops
        pl = self.rest_pl + max(steps, 0) * self.step_pl
        self.rest_pl = pl % PL_PER_UL
        pumped_ul = pl // PL_PER_UL
        self.drawn_ul = self.late_ul
        self.beside_nl = fallen * self.drop_nl - pumped_ul * 1_000
        self.late_ul += pumped_ul
        self.window_ul += pumped_ul
        if self.window_ul > WINDOW_DROPS * self.drop_ul:
            self.window_ul = self.fallen_ul = self.booked_nl = 0
        if fallen:
            self.fallen_ul += fallen * self.drop_ul
            self.late_ul = 0
            self.steady_pa = supply_pa
