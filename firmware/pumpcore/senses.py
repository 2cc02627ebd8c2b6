"""Sensors that have failed, which is a fault of its own and no occlusion and no clear line.

A pressure sensor is out of its range when its wire is off, or when it shows a patient where none can be; it is
stuck when not one count has changed while so much was pumped that a stopper has slipped or a roller passed. Its
zero has moved when it leaps, from one reading to the next, by what no line and no patient can do: far up, or far
below the air around. What the steps in between may have done is no leap.

It is noisy when it goes up and down again and again, and stays where it went. A patient who coughs, a roller that
passes, a stopper that slips, an arm that is bent: these come back within seconds. So blocks of 5 s are compared,
each with the one two before: it has moved if both its least and its most reading have, the same way. A move counts
if it goes the other way than the last, and is forgotten in half a minute: patients may rise and sink every half
minute for as long as they like, or four times in a row.

An air detector that sees nothing looks like a clean line. So its sender is switched off for a moment now
and then, which has to look like air.
"""

from .setup import Setup
from .units import PL_PER_UL, const, later_ms, until_ms

LEAST_PA, MOST_PA = const(-25_000), const(150_000)  # a patient 2.5 m below the pump, the sensor's range; assumed
STUCK_UL, STUCK_MS = const(250), const(60_000)  # a 50 mL syringe: slack and friction of a start take 130 uL
UP_PA = const(20_000)  # a patient lifted by 2 m; assumed
DOWN_PA, BELOW_PA = const(-15_000), const(-15_000)  # and to below where a patient 1.5 m down would be; assumed
MOST_STEPS = const(1_000)  # between two readings: what is more makes no difference
BLOCK_MS = const(5_000)  # a cough, a slip, a roller are over by then; assumed
MOVE_PA = const(1_200)  # four times what `bedside` noise of a few seconds is, twice that of `harsh`
MOVE, NOISY = const(6), const(20)  # for each move, less one a block: four in a row are noise; assumed
TEST_EVERY_MS = const(60_000)  # blind for a minute at most; assumed
AIR_PERMILLE = const(900)  # what a dark receiver reads at least; assumed
ALL_PERMILLE = const(1_000)  # a driver that says more has lost its wire


class PressureSense:
    """Pressures in Pa. Without what the line gives way by (compliance_nl_kpa) it is not watched, and never failed."""

    def __init__(self, setup: Setup) -> None:
        self.watched = setup.compliance_nl_kpa > 0
        self.compliance_nl_kpa = setup.compliance_nl_kpa
        self.step_pl = setup.step_pl
        self.last_pa = 0
        self.same_ul = self.same_pl = 0
        self.same_since_ms = 0
        self.known = False  # whether there is a last reading
        self.unrest = 0
        self.way = 0  # of the last move
        self.block_ends_ms = 0
        self.least_pa = self.most_pa = 0  # of this block
        self.last_least_pa = self.last_most_pa = 0  # of the block before
        self.old_least_pa = self.old_most_pa = 0  # of the one before that

    def begin(self, now_ms: int) -> None:
        """The pump starts: what stood still with it does not count, the next reading is the first, and of its unrest
        one move is kept, lest a noisy one be forgiven at every start, or none ever."""
        self.same_ul = self.same_pl = 0
        self.same_since_ms = now_ms
        self.known = False
        self.unrest = min(self.unrest, MOVE)

    def failed(self, now_ms: int, pressure_pa: int, steps: int) -> bool:
        """Whether this reading, `steps` after the last, is one that no line and no patient can give."""
        if not self.watched:
            return False
        if not LEAST_PA <= pressure_pa <= MOST_PA:
            return True
        leapt = False
        if self.known:
            leapt = not DOWN_PA <= pressure_pa - self.last_pa <= UP_PA and self._leapt(pressure_pa, steps)
            self._look_for_noise(now_ms, pressure_pa)
        else:
            self.known = True
            self.last_least_pa = self.last_most_pa = self.old_least_pa = self.old_most_pa = pressure_pa
            self._begin_block(now_ms, pressure_pa)
        stuck = self._stuck(now_ms, pressure_pa, steps)
        return stuck or leapt or self.unrest >= NOISY

    def restless(self) -> bool:
        """Whether it has just moved one way and back: what climbs now may be noise."""
        return self.unrest > MOVE

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

    def _leapt(self, pressure_pa: int, steps: int) -> bool:
        """Whether it has leapt from the last reading by more than a line can do. Syringes of a kind differ: four times
        what is pumped would fill the softest."""
        leap_pa = pressure_pa - self.last_pa
        if leap_pa < DOWN_PA:
            return pressure_pa < BELOW_PA
        return leap_pa > UP_PA + 4 * min(abs(steps), MOST_STEPS) * self.step_pl // self.compliance_nl_kpa

    def _look_for_noise(self, now_ms: int, pressure_pa: int) -> None:
        if until_ms(now_ms, self.block_ends_ms) <= 0:
            self._end_block()
            self._begin_block(now_ms, pressure_pa)
        if pressure_pa < self.least_pa:
            self.least_pa = pressure_pa
        elif pressure_pa > self.most_pa:
            self.most_pa = pressure_pa

    def _begin_block(self, now_ms: int, pressure_pa: int) -> None:
        self.least_pa = self.most_pa = pressure_pa
        self.block_ends_ms = later_ms(now_ms, BLOCK_MS)

    def _end_block(self) -> None:
        low_by_pa, high_by_pa = self.least_pa - self.old_least_pa, self.most_pa - self.old_most_pa
        self.unrest = max(self.unrest - 1, 0)
        way = 1 if min(low_by_pa, high_by_pa) > MOVE_PA else -1 if max(low_by_pa, high_by_pa) < -MOVE_PA else 0
        if way and way != self.way:
            self.unrest = min(self.unrest + MOVE, NOISY)
            self.way = way
        self.old_least_pa, self.old_most_pa = self.last_least_pa, self.last_most_pa
        self.last_least_pa, self.last_most_pa = self.least_pa, self.most_pa


class AirSense:
    """Without a sender that can be switched off it fails by its wire alone. `testing` is what the driver is told: the
    sender is off until the next look."""

    def __init__(self, setup: Setup) -> None:
        self.can_be_tested = setup.air_test
        self.testing = 0
        self.next_ms = -1

    def begin(self) -> None:
        """The pump starts: with a test."""
        self.next_ms = -1

    def failed(self, now_ms: int, air_permille: int) -> bool:
        """Whether a detector without its sender still sees a clean line, or more air than there is room for."""
        if air_permille > ALL_PERMILLE:
            return True
        if self.testing:
            self.testing = 0
            self.next_ms = later_ms(now_ms, TEST_EVERY_MS)
            return air_permille < AIR_PERMILLE
        if self.next_ms < 0 or until_ms(now_ms, self.next_ms) <= 0:
            self.testing = self.can_be_tested
        return False
