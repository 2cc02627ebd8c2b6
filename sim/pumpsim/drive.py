"""The syringe drive: motor steps in, volume out.

A lead screw turns steps into travel, with an error that returns every turn:

    x(n) = n * pitch / N + e * (sin(2 pi n / N) - sin 0)        N steps a turn, e the wobble

The pusher first crosses a gap before it touches the plunger. From there on the plunger's area turns
travel into volume: V(n) = A * max(0, x(n) - gap). The volume of a single step is therefore a constant
plus a cosine, and a train of steps that each decay afterwards sums to two geometric series, one of
them complex. That is how any number of steps costs the same.
"""

import cmath
from dataclasses import dataclass
from math import exp, expm1, pi, sin

from pumpsim.catalogue import Syringe

STEPS_PER_TURN = 3200  # 200 full steps of 1/16


@dataclass(frozen=True)
class Screw:
    """The nominal rig's lead screw. Lengths in mm."""

    pitch_mm: float = 1.0
    wobble_mm: float = 0.003  # assumed: 1.9 % of flow at its worst
    gap_mm: float = 0.1  # assumed, of 0.05 to 1 mm


class SyringeDrive:
    """Volume displaced by the plunger, in uL, as a function of steps given."""

    def __init__(self, syringe: Syringe, screw: Screw) -> None:
        self.area_mm2 = pi / 4 * syringe.inner_diameter_mm**2
        self.gap_mm = screw.gap_mm
        self.travel_mm = screw.pitch_mm / STEPS_PER_TURN
        self.wobble_mm = screw.wobble_mm
        self.turn = 2 * pi / STEPS_PER_TURN
        if screw.wobble_mm * self.turn >= self.travel_mm:
            raise ValueError(f"a wobble of {screw.wobble_mm} mm would turn the screw's travel backwards")
        self.step_ul = self.area_mm2 * self.travel_mm
        self.taken_up = self._first_step_that_moves_fluid()
        # A step from n to n + 1 moves step_ul + cosine_ul * cos(turn * (n + 1/2)).
        self.cosine_ul = 2 * self.area_mm2 * self.wobble_mm * sin(self.turn / 2)
        self.rotation = cmath.exp(1j * self.turn)

    def _first_step_that_moves_fluid(self) -> int:
        n = max(0, int((self.gap_mm - self.wobble_mm) / self.travel_mm))
        while self.volume_ul(n) <= 0:
            n += 1
        return n

    def volume_ul(self, steps: int) -> float:
        """What the plunger has displaced after `steps`."""
        travel = steps * self.travel_mm + self.wobble_mm * sin(self.turn * steps) - self.gap_mm
        return self.area_mm2 * travel if travel > 0 else 0.0

    def decayed_ul(self, first: int, steps: int, decay: float) -> float:
        """Sum of the volumes of `steps` steps from number `first` on, each weighted by exp(-decay) for
        every step that follows it."""
        end = first + steps
        total = 0.0
        if first < self.taken_up <= end:
            total = self.volume_ul(self.taken_up) * exp(-decay * (end - self.taken_up))
        first = max(first, self.taken_up)
        steps = end - first
        if steps <= 0:
            return total
        constant = expm1(-decay * steps) / expm1(-decay)
        phasor = cmath.exp(1j * self.turn * (first + 0.5))
        series = (self.rotation**steps - exp(-decay * steps)) / (self.rotation - exp(-decay))
        return total + self.step_ul * constant + self.cosine_ul * (phasor * series).real
