"""A blocked line, found by its pressure: by a plain limit, and long before that by its climb.

The line fills as a capacitor does: pressure climbs by s = flow / compliance. At a plain limit the alarm
comes after compliance * limit / flow, 35 minutes at 1 mL/h with a 50 mL syringe and 40 kPa. Below the
limit a one-sided CUSUM (Page 1954) sums what the pressure gains from one block of Tb = 5 s to the next,
less 0.3 of what a blocked line would gain:

    g = max(0, g + clip(gain) - 0.3 s Tb)

What g has to outlast is not the sensor's noise but patients who sit up: a step of pressure, one at a time,
though a narrow line may spread it over some blocks.
A stopper that sticks and slips makes a blocked line climb in steps as well, but many of them. So the line
is blocked once g reaches h with at least n steps of 0.45 kPa on the way, or h2 without. A gain is clipped
to 0.8 kPa, a stopper's step, or to twice s Tb where that is more; and what has been taken grows back by a
quarter of that a block, or by twice s Tb. From 12 Pa/s on (1 mL/h in a
50 mL syringe) h is 1.95 kPa, h2 2.7 and n 4; a slower climb gives patients more time, and for each halving
of s they are 0.55 kPa, 0.55 kPa and 2 more, four times at most. A fast climb has to gain three
times, without steps four times what it does in a block.

A block is as high as its least reading: slips make spikes, and only upward. Neither baseline nor noise is
learnt from what climbs, so no slow occlusion can hide in them. But a blocked line never falls: so the
falls of more than a step tell how restless the patient is. With more than one in 30 blocks, forgotten over
10 minutes, h and h2 are three quarters more and n is 2 more. A start or a change of rate begins the sum
anew. A valve
in the line is no occlusion: below what it opens at nothing is summed.

The constants were chosen on the noise models of the simulator; `openinfuse study occlusion` and `study
false-alarms` show what they reach.
"""

from .setup import Setup
from .units import const, later_ms, until_ms

BLOCK_MS = const(5_000)
PER_PA = const(16)  # g and its kin are in sixteenths of a Pa
CLIP = const(800 * 16)
STEP = const(450 * 16)
FAST_CLIMB = const(60 * 16)  # in a block
STEPS, MORE_STEPS = const(4), const(2)
H, H2, MORE_H = const(1_950 * 16), const(2_700 * 16), const(550 * 16)
MEMORY = const(120)  # blocks
RESTLESS = const(480)  # a fall in 30 blocks: 120 * 120 / 30
MOST_HALVINGS = const(4)
MOST_PA = const(10_000_000)  # above every reading


class Downstream:
    """Pressures in Pa. Without a compliance there is the plain limit alone."""

    def __init__(self, setup: Setup) -> None:
        self.limit_pa = setup.occlusion_pa
        self.opening_pa = setup.opening_pa
        self.compliance_nl_kpa = setup.compliance_nl_kpa
        self.climb = 0  # of a blocked line in a block, in sixteenths of a Pa; 0: the CUSUM rests
        self.clip = self.credit = self.h = self.h2 = self.steps_needed = 0
        self.g = self.steps = 0
        self.restless = 0  # MEMORY for each fall, fading over as many blocks
        self.least_pa = 0  # of this block
        self.end_ms = 0  # of this block
        self.level_pa = 0  # of the last block
        self.base_pa = 0  # where it stood when g was last 0
        self.gain = 0  # of the last block, in sixteenths of a Pa
        self.blocks = 0  # since the flow began or changed

    def begin(self, now_ms: int, rate_cml_h: int) -> None:
        """The motor runs at another rate from now on, 0 for none."""
        self.climb = climb = self._climb(rate_cml_h)
        self.h, self.h2, self.steps_needed = max(H, 3 * climb), max(H2, 4 * climb), STEPS
        self.clip = self.credit = max(CLIP, 2 * climb)
        halvings = 0
        while 0 < climb < FAST_CLIMB and halvings < MOST_HALVINGS:
            climb *= 2
            halvings += 1
        self.h += halvings * MORE_H
        self.h2 += halvings * MORE_H
        self.steps_needed += halvings * MORE_STEPS
        self.g = self.steps = self.gain = self.blocks = 0
        self.least_pa = MOST_PA
        self.end_ms = later_ms(now_ms, BLOCK_MS)

    def _climb(self, rate_cml_h: int) -> int:
        """5 s * rate / compliance: 0.01 mL/h is 1 / 360 uL/s, in sixteenths of a Pa 222,222 for a nL/kPa."""
        if not self.compliance_nl_kpa or not rate_cml_h:
            return 0
        if rate_cml_h < 4_000:
            return max(rate_cml_h * 222_222 // self.compliance_nl_kpa, 1)
        return rate_cml_h * 2_222 // self.compliance_nl_kpa * 100

    def found(self, now_ms: int, pressure_pa: int) -> bool:
        """Whether the line is blocked, by the reading of now."""
        self.least_pa = pressure_pa if pressure_pa < self.least_pa else self.least_pa
        if until_ms(now_ms, self.end_ms) <= 0:
            self._close(now_ms)
        return pressure_pa >= self.limit_pa or (self.g > 0 and self.climbing())

    def climbing(self) -> bool:
        if not self.climb:
            return False
        if self.restless > RESTLESS:
            g, needed = self.g * 4 // 7, self.steps_needed + MORE_STEPS
        else:
            g, needed = self.g, self.steps_needed
        return g >= self.h2 or (g >= self.h and self.steps >= needed)

    def _close(self, now_ms: int) -> None:
        level_pa = self.least_pa
        gain = (level_pa - self.level_pa) * PER_PA
        self.blocks += 1
        if self.opening_pa and level_pa < self.opening_pa:
            self.g = 0
        elif self.blocks > 1:
            self.credit = min(self.credit + max(self.clip // 4, 2 * self.climb), self.clip)
            taken = min(max(gain, -self.clip), self.credit)
            self.credit -= max(taken, 0)
            self.steps += gain > STEP
            self.restless += MEMORY * (gain < -STEP) - self.restless // MEMORY
            self.g = max(self.g + taken - self.climb * 3 // 10, 0)
        if not self.g:
            self.steps = 0
            self.base_pa = level_pa
        self.gain = gain
        self.level_pa = level_pa
        self.least_pa = MOST_PA
        self.end_ms = later_ms(now_ms, BLOCK_MS)

    def climb_pa(self, pressure_pa: int) -> int:
        """How far the line has filled: what it has climbed from its base, but no more than g and what was taken off it
        account for, lest a step of the patient's be taken for it."""
        climb_pa = max(pressure_pa - self.base_pa, 0)
        return min(climb_pa, self.g * 10 // 7 // PER_PA) if self.climb else climb_pa

    def partly(self) -> bool:
        """Whether the line stands at half of the limit or more: something is in the way. While it climbs on its way to
        being blocked, that is waited for: while the sum is half of what it needs, or the last block gained."""
        if self.blocks < 2 or 2 * self.level_pa < self.limit_pa:
            return False
        return not self.climb or (2 * self.g < self.h and self.gain <= self.climb * 3 // 10)
