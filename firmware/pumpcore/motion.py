"""Steps on an exact schedule, ordered a little ahead.

At the rate r a step of volume v is due every T = v / r. In grains and 0.01 mL/h that is a division of
two small integers, T = q + rest / r ticks, and the rest is carried from run to run: step k is due
k * v / r ticks after the start, for as long as the rate stands. Nothing accumulates.

A long run of n steps is ordered as two segments, n - m intervals of q and m of q + 1 ticks, with m what
the carried rest has grown to: inside it a step is up to n / 4 ticks from its time. A short run is one
segment, all q or all q + 1, whichever leaves the smaller rest to carry, up to half a run. Together they
keep every step within 8.7 us.

How far ahead. A window is the time of 5 uL or of 200 steps, whichever is less, within 20 ms to 1 s.
The loop asks to run again after one window and keeps the steps of two windows queued, plus the one
under way and the one after it. So a loop that comes late by 0.99 of a window never finds the queue dry,
and if it never comes, the motor stops by itself: after 10 uL, or 40 ms of flow above 900 mL/h, and
those two steps.

A change of rate drops the queue in one step and orders in the next, at once: a pulse may be given
between the reading and the drop, and only a new reading tells. The part of the step already waited for
is kept as volume, `to_go`, and only the rest of it is waited for at the new rate.
"""

from .records import Outputs
from .setup import LEAST_INTERVAL_TICKS, Setup
from .units import CLOCK_HALF, CLOCK_MASK, PL_PER_UL, TICKS_PER_MS, const, until_ms

IDLE_MS = const(1_000)  # between two steps when nothing moves
LEAST_WINDOW_MS = const(20)
MOST_WINDOW_MS = const(1_000)
WINDOW_UL = const(5)
WINDOW_STEPS = const(200)
SHORT_RUN_STEPS = const(32)
MOST_RUN_STEPS = const(402)  # two runs hold two windows of 20 ms at 20,000 steps/s, and two steps


class Motion:
    """The schedule of one motor, one way at a time. Volumes of a step in grains, times in ticks."""

    def __init__(self, setup: Setup) -> None:
        self.step_pl = setup.step_pl
        self.step_grains = setup.step_grains
        self.steps_seen = 0  # the driver's counter, as read last
        self.rate_cml_h = 0
        self.backward = False
        self.window_ms = IDLE_MS
        self.ahead_steps = 0  # to be kept queued
        self.interval_ticks = 0  # of a step at this rate, and
        self.interval_rest = 0  # the part below a tick, in 1 / rate_cml_h
        self.rest = 0  # carried from one run to the next
        self.to_go_grains = self.step_grains  # to the next step, when none is queued
        self.end_ms = 0  # when the last step queued is due,
        self.end_ticks = 0  # and the ticks after that millisecond

    def count(self, steps_done: int) -> int:
        """Steps given since the last call, less those given back."""
        moved = (((steps_done - self.steps_seen) & CLOCK_MASK) ^ CLOCK_HALF) - CLOCK_HALF
        self.steps_seen = steps_done
        if moved:
            self.to_go_grains = self.step_grains
        return moved

    def set_rate(self, rate_cml_h: int, now_ms: int, steps_queued: int) -> None:
        """Take a new rate, 0 to stand still. The caller drops the queue of `steps_queued` steps."""
        self.to_go_grains = self._left_of_step(now_ms, steps_queued)
        self.rate_cml_h = rate_cml_h
        self.rest = 0
        if rate_cml_h == 0:
            self.window_ms = IDLE_MS
            self.ahead_steps = 0
            return
        self.interval_ticks = self.step_grains // rate_cml_h
        self.interval_rest = self.step_grains % rate_cml_h
        steps = min(WINDOW_UL * PL_PER_UL // self.step_pl, WINDOW_STEPS)
        window_ms = steps * self.step_grains // rate_cml_h // TICKS_PER_MS
        self.window_ms = min(max(window_ms, LEAST_WINDOW_MS), MOST_WINDOW_MS)
        self.ahead_steps = 2 * self.window_ms * TICKS_PER_MS // self.interval_ticks + 2

    def _left_of_step(self, now_ms: int, steps_queued: int) -> int:
        """Grains still to flow before the next step, which is the first of those queued."""
        if steps_queued <= 0 or self.rate_cml_h == 0:
            return self.to_go_grains
        wait_ticks = until_ms(now_ms, self.end_ms) * TICKS_PER_MS + self.end_ticks
        wait_ticks -= (steps_queued - 1) * self.interval_ticks
        return min(max(wait_ticks * self.rate_cml_h, 0), self.step_grains)

    def order(self, now_ms: int, steps_queued: int, steps_left: int, outputs: Outputs) -> None:
        """Top the queue up, with no more than the `steps_left` of the infusion. Less than none queued is none."""
        outputs.segments = 0
        wanted = self.ahead_steps if self.ahead_steps < steps_left else steps_left
        if steps_queued > 0:
            wanted -= steps_queued
        elif wanted > 0:
            self._first(now_ms, outputs)
            wanted -= 1
        while wanted > 0 and outputs.segments <= 3:
            run = wanted if wanted < MOST_RUN_STEPS else MOST_RUN_STEPS
            self._run(run, outputs)
            wanted -= run

    def _first(self, now_ms: int, outputs: Outputs) -> None:
        """From a standstill: only what is left of the step, then a whole step for those behind it."""
        ticks = self.to_go_grains // self.rate_cml_h
        self.rest = self.to_go_grains % self.rate_cml_h
        ticks = max(ticks, LEAST_INTERVAL_TICKS)
        self.end_ms = now_ms
        self.end_ticks = 0
        self._segment(ticks, 1, outputs)

    def _run(self, steps: int, outputs: Outputs) -> None:
        rest = self.rest + steps * self.interval_rest
        longer = rest // self.rate_cml_h
        if steps <= SHORT_RUN_STEPS:
            longer = steps if 2 * longer >= steps else 0
        elif not 0 <= longer <= steps:  # a short run has left more than this one can take up
            longer = 0 if longer < 0 else steps
        self.rest = rest - longer * self.rate_cml_h
        if steps > longer:
            self._segment(self.interval_ticks, steps - longer, outputs)
        if longer:
            self._segment(self.interval_ticks + 1, longer, outputs)

    def _segment(self, interval_ticks: int, steps: int, outputs: Outputs) -> None:
        i = outputs.segments
        outputs.intervals_ticks[i] = interval_ticks
        outputs.counts[i] = steps
        outputs.segments = i + 1
        ticks = self.end_ticks + interval_ticks * steps
        self.end_ms = (self.end_ms - CLOCK_MASK - 1 + ticks // TICKS_PER_MS) & CLOCK_MASK
        self.end_ticks = ticks % TICKS_PER_MS
