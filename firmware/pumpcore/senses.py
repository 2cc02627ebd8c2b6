"""Sensors that have failed, which is a fault of its own and no occlusion and no clear line.

A pressure sensor is out of its range when its wire is off; it is stuck when not one count has changed
while so much was pumped that a stopper has slipped or a roller passed; and it is noisy when it leaps up
and down from block to block, as no patient does.

An air detector that sees nothing looks like a clean line. So its sender is switched off for a moment now
and then, which has to look like air.
"""

from .setup import Setup
from .units import PL_PER_UL, const, later_ms, until_ms

LEAST_PA, MOST_PA = const(-60_000), const(150_000)  # of the sensor's range; assumed
STUCK_UL, STUCK_MS = const(250), const(60_000)  # a 50 mL syringe: slack and friction of a start take 130 uL
BLOCK_MS = const(5_000)
LEAP_PA = const(1_500)  # from block to block; levels of `harsh` noise do so ten times an hour
LEAPS = const(6)  # in a row of blocks that each leap the other way or rest one
TEST_EVERY_MS = const(60_000)
AIR_PERMILLE = const(900)


class PressureSense:
    def __init__(self, setup: Setup) -> None:
        self.watched = setup.compliance_nl_kpa > 0
        self.step_pl = setup.step_pl
        self.last_pa = 0
        self.same_ul = self.same_pl = 0
        self.same_since_ms = 0
        self.least_pa = MOST_PA  # of this block
        self.block_pa = 0  # the least of the block before
        self.block_ends_ms = -1
        self.leaps = 0
        self.way = 0

    def begin(self, now_ms: int) -> None:
        """The pump starts: what stood still with it does not count."""
        self.same_ul = self.same_pl = 0
        self.same_since_ms = now_ms
        self.least_pa = MOST_PA
        self.block_ends_ms = -1

    def failed(self, now_ms: int, pressure_pa: int, steps: int) -> bool:
        if not self.watched:
            return False
        if not LEAST_PA <= pressure_pa <= MOST_PA:
            return True
        return self._stuck(now_ms, pressure_pa, steps) or self._noisy(now_ms, pressure_pa)

    def _stuck(self, now_ms: int, pressure_pa: int, steps: int) -> bool:
        if pressure_pa != self.last_pa:
            self.last_pa = pressure_pa
            self.same_ul = self.same_pl = 0
            self.same_since_ms = now_ms
            return False
        if self.same_ul < STUCK_UL:
            pl = self.same_pl + max(steps, 0) * self.step_pl
            self.same_ul += pl // PL_PER_UL
            self.same_pl = pl % PL_PER_UL
            return False
        return until_ms(self.same_since_ms, now_ms) >= STUCK_MS

    def _noisy(self, now_ms: int, pressure_pa: int) -> bool:
        self.least_pa = min(self.least_pa, pressure_pa)
        if self.block_ends_ms >= 0 and until_ms(now_ms, self.block_ends_ms) > 0:
            return False
        leap_pa = self.least_pa - self.block_pa if self.block_ends_ms >= 0 else 0
        self.block_pa = self.least_pa
        self.least_pa = MOST_PA
        self.block_ends_ms = later_ms(now_ms, BLOCK_MS)
        way = 1 if leap_pa > LEAP_PA else -1 if leap_pa < -LEAP_PA else 0
        if way and way != self.way:
            self.leaps += 2
        elif self.leaps:
            self.leaps -= 1
        self.way = way or self.way
        return self.leaps >= 2 * LEAPS


class AirSense:
    """`testing` is what the driver is told: the sender is off until the next look."""

    def __init__(self, setup: Setup) -> None:
        self.can_be_tested = setup.air_test
        self.testing = 0
        self.next_ms = -1

    def begin(self) -> None:
        """The pump starts: with a test."""
        self.next_ms = -1

    def failed(self, now_ms: int, air_permille: int) -> bool:
        """Whether a detector without its sender still sees a clean line."""
        if self.testing:
            self.testing = 0
            self.next_ms = later_ms(now_ms, TEST_EVERY_MS)
            return air_permille < AIR_PERMILLE
        if self.next_ms < 0 or until_ms(now_ms, self.next_ms) <= 0:
            self.testing = self.can_be_tested
        return False
