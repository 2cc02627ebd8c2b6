"""Air, measured by the steps given while the detector sees it: a single bubble, and the sum of 15 minutes.

Counting steps instead of time makes the volume right at any rate, to what is pumped between two
readings: 5 uL while the loop is on time, or 20 ms of flow above 900 mL/h, until there is any air in the detector,
and a quarter of that while there is. Of rollers what really comes past them is counted (rollers.py).

Air counts once it reaches the middle of the detector's window. Where its head is, is known while the window is not
full, so of the steps since the look before only those count that brought it past the middle. And with a known
window what lies before the middle is known as well: a bubble is at least what has been counted and what of the
window is covered over a half, and when its tail is in the window it is just that.

A motor that stands is not the end of it: an elastic syringe pushes on (recoil.py). So the motor goes slowly before a
bubble can reach its limit, what comes by itself is counted, and what will follow at least once the motor stands counts
as if it were past already, up to 150 thousandths of the limit: with a limit of 40 uL a bubble of 30 does not alarm, be
it seen 4 uL too large; wobble of a screw and jerks of a stopper make it 3.

The sum is kept in fifteen minutes of their own, so it is over at least the last 14 and at most the last
15 minutes. Bubbles that IEC 60601-2-24 would leave out of it (below 50 uL) count as well: foam is air.
"""

from .recoil import Recoil
from .rollers import Rollers
from .setup import Setup
from .units import PL_PER_UL, const, later_ms, until_ms

SEES_AIR_PERMILLE = const(500)  # assumed: half of the detector's window
FULL_PERMILLE = const(1_000)
MINUTES = const(15)
MINUTE_MS = const(60_000)
LOOKS = const(4)  # for one, while there is air
LEAST_LOOK_MS = const(5)
MOST_AFTER = const(150)  # thousandths of the limit


class Air:
    def __init__(self, setup: Setup) -> None:
        self.step_pl = setup.step_pl
        self.rollers = Rollers(setup)
        self.bubble_limit_ul = setup.bubble_ul
        self.recoil = Recoil(setup)
        self.window_ul = setup.air_window_ul
        self.permille = 0  # of the last look
        self.sum_limit_ul = setup.air_sum_ul
        self.bubble_ul = 0
        self.bubble_pl = 0
        self.rest_pl = 0  # of the sum, below a microlitre
        self.minutes_ul = [0] * MINUTES
        self.minute = 0  # the one that runs
        self.ends_ms = -1
        self.sum_ul = 0

    def wait_ms(self, window_ms: int) -> int:
        """Until the next look, of a loop that would come round after `window_ms`."""
        return min(window_ms, max(window_ms // LOOKS, LEAST_LOOK_MS)) if self.permille else window_ms

    def look(self, air_permille: int, steps: int, encoder_counts: int, pressure_pa: int) -> None:
        """`steps` after the last look the detector shows so much."""
        pl = max(steps, 0) * self.step_pl
        if self.rollers.passage_nl:
            pl = self.rollers.flowed_nl(encoder_counts) * 1_000
        before, self.permille = self.permille, air_permille
        if air_permille < SEES_AIR_PERMILLE:
            self.bubble_ul = 0
            self.bubble_pl = 0
            if self.recoil.creeps:
                self.recoil.end()
            return
        if before < SEES_AIR_PERMILLE and air_permille < FULL_PERMILLE:  # its head is in the window
            pl = pl // 1_000 * (air_permille - SEES_AIR_PERMILLE) // (air_permille - before) * 1_000
        self._count(pl)
        came_nl = self.recoil.look(self.bubble_limit_ul * 1_000 - self._seen_nl(), pl // 1_000, pressure_pa)
        if came_nl:
            self._count(came_nl * 1_000)

    def _count(self, pl: int) -> None:
        self.bubble_pl += pl % PL_PER_UL
        self.bubble_ul += pl // PL_PER_UL + self.bubble_pl // PL_PER_UL
        self.bubble_pl %= PL_PER_UL
        self.rest_pl += pl % PL_PER_UL
        ul = pl // PL_PER_UL + self.rest_pl // PL_PER_UL
        self.rest_pl %= PL_PER_UL
        self.minutes_ul[self.minute] += ul
        self.sum_ul += ul

    def _seen_nl(self) -> int:
        """What a bubble is at least."""
        seen_nl = self.bubble_ul * 1_000 + self.bubble_pl // 1_000
        return seen_nl + max(self.permille - SEES_AIR_PERMILLE, 0) * self.window_ul

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
        """Whether what is in the detector has reached the limit, or will once the motor stands."""
        if self.permille < SEES_AIR_PERMILLE:
            return False
        seen_nl = self._seen_nl()
        if self.permille > SEES_AIR_PERMILLE:
            seen_nl += min(self.recoil.least_nl, self.bubble_limit_ul * MOST_AFTER)
        return seen_nl >= self.bubble_limit_ul * 1_000

    def too_much(self) -> bool:
        return self.sum_ul >= self.sum_limit_ul

    def begin(self) -> None:
        """The pump starts, and whoever starts it has seen to the line."""
        self.rollers.begin()
        self.bubble_ul = 0
        self.bubble_pl = 0
        self.recoil.end()
