"""The syringe drive: motor steps in, volume out, by way of a screw, a springy rod and a rubber stopper.

The rod, its clamp and the rubber act as one spring. The stopper sticks until the force on it, less the
pressure before it, exceeds what friction holds at rest; then it slips until only kinetic friction is left:

    force = k * (nut - stopper), where they touch      net = force - A P
    net >= Fs:   it slips by dx = (net - Fk) / (k + A^2 / C),   and A dx enter the line at once

While it sticks, steps load the spring and no fluid moves. What slips depends on pressure, which falls
between steps: the plant finds the moment. A plunger held by its flange is pulled as well as pushed, with
`gap_mm` of clearance between the two; one that is not held is only pushed, and may be sucked along.

An ideal drive has a rigid rod and no friction: every step displaces its volume.
"""

import cmath
from math import inf, sin

from pumpsim.catalogue import Syringe
from pumpsim.drive import NOT_QUIET, Drive
from pumpsim.modes import OUTSIDE
from pumpsim.network import Guard, Network, Push
from pumpsim.screw import Screw

STALL_N = 150.0  # of force at the rod, above which the motor loses its steps; assumed
ROUNDING_MM = 1e-9
LEAST_UL = 1e-6  # less than this in a syringe is rounding


class SyringeDrive(Drive):
    """Lengths in mm from where the plunger stood at the start, forces in N, volumes in uL."""

    pushes = False

    def __init__(self, syringe: Syringe, screw: Screw, fill_ul: float, stall_n: float = STALL_N) -> None:
        super().__init__()
        self.screw = screw
        self.stall_n = stall_n
        self.nut_mm = 0.0
        self.stopper_mm = screw.gap_mm
        self.loose = 0  # nothing holds the plunger while there is one
        self.left_ul = fill_ul
        self.load(syringe)

    def load(self, syringe: Syringe) -> None:
        """This syringe is in the pump now; it holds as much as the one before. Wake the drive first."""
        self.area_mm2 = syringe.area_mm2
        self.compliance_ul_kpa = syringe.barrel_compliance_ul_kpa
        self.spring_n_mm = syringe.stiffness_n_mm
        self.sliding_n = syringe.friction_n
        self.sticking_n = syringe.friction_n + syringe.stiction_n
        self._work_out_force()

    def reload(self, fill_ul: float) -> None:
        """The pusher is brought up to the flange of a new plunger, which nothing presses yet."""
        self.wake()
        self.left_ul, self.stopper_mm = fill_ul, self.nut_mm
        self._work_out_force()

    def seat(self, held: bool) -> None:
        """Let go of the plunger, or take hold of it where it is now: the pusher is brought up to its flange."""
        self.wake()
        self.loose += -1 if held else 1
        if self.held:
            self.stopper_mm = min(self.stopper_mm, self.nut_mm + self.screw.gap_mm)
        self._work_out_force()

    @property
    def held(self) -> bool:
        return not self.loose

    @property
    def turns(self) -> float:
        return self.position * self.screw.step_mm / self.screw.pitch_mm

    def stretch(self, pulses: int) -> tuple[int, bool]:
        """Of the next pulses so many are alike; whether they turn the motor, or are lost for too high a force."""
        if not self._too_much(pulses):
            return pulses, True
        fewest, most = 1, pulses
        while fewest < most:
            middle = (fewest + most) // 2
            fewest, most = (fewest, middle) if self._too_much(middle) else (middle + 1, most)
        return (fewest - 1, True) if fewest > 1 else (pulses, False)

    def _too_much(self, pulses: int) -> bool:
        nut_mm = self.screw.nut_mm(self.nut_mm, self.position + pulses)
        return (nut_mm - self.stopper_mm) * self.spring_n_mm > self.stall_n

    def turn(self, pulses: int) -> Push | None:
        """Turn by `pulses`, back if negative. The spring is loaded; what moves, moves in `settle`."""
        if pulses < 0:
            self.wake()
        self.position += pulses
        self.wake()
        return None

    def _work_out_force(self) -> None:
        pressed, pulled = self.nut_mm - self.stopper_mm, self.stopper_mm - self.nut_mm - self.screw.gap_mm
        self.force_n = self.spring_n_mm * (pressed if pressed > 0 else -pulled if pulled > 0 and self.held else 0.0)

    def upset(self, network: Network) -> bool:
        """Whether the stopper can no longer stick."""
        net_n = self.force_n - self.area_mm2 * network.first_kpa * 1e-3
        return (net_n >= self.sticking_n and self.left_ul > 0) or net_n <= -self.sticking_n

    def guards(self, pulses: int) -> list[Guard]:
        """It slips back from a pressure too high for the force of now, forward from one too low for that of then."""
        advance_mm = self.screw.nut_mm(self.nut_mm, self.position + pulses) - self.nut_mm
        most_n = self.force_n + self.spring_n_mm * max(advance_mm, 0.0)  # less, where nothing touches
        high = Guard(0, OUTSIDE, (self.force_n + self.sticking_n) / self.area_mm2 * 1e3, 1)
        low = Guard(0, OUTSIDE, (most_n - self.sticking_n) / self.area_mm2 * 1e3, -1)
        return [high, low] if self.left_ul > 0 else [high]

    def settle(self, network: Network) -> None:
        """The stopper slips."""
        net_n = self.force_n - self.area_mm2 * network.first_kpa * 1e-3
        way = 1 if net_n > 0 else -1
        slipped_mm = self._slip(abs(net_n) - self.sliding_n, way, self.area_mm2**2 / network.compliance[0] * 1e-3)
        self.stopper_mm += slipped_mm
        self._work_out_force()
        self.pushed_ul += self.area_mm2 * slipped_mm
        self.left_ul -= self.area_mm2 * slipped_mm
        if self.left_ul < LEAST_UL:
            self.left_ul = 0.0
        network.inject(0, self.area_mm2 * slipped_mm)

    def _slip(self, excess_n: float, way: int, cushion_n_mm: float) -> float:
        """How far `excess_n` carries the stopper, forward (1) or back (-1), against the fluid's cushion and,
        where they touch, the rod's spring. Where it comes to touch, or ceases to, the spring changes."""
        at_mm, end_mm = self.stopper_mm, self.stopper_mm + self.left_ul / self.area_mm2
        kinks = [self.nut_mm, self.nut_mm + self.screw.gap_mm]
        for kink in kinks if way > 0 else reversed(kinks):
            room_mm = (kink - at_mm) * way
            if room_mm > 0:
                against = cushion_n_mm + self._spring_between(at_mm, kink)
                if excess_n <= room_mm * against:
                    return self._short_of(end_mm, at_mm + way * excess_n / against)
                excess_n -= room_mm * against
                at_mm = kink
        beyond = at_mm + way
        return self._short_of(end_mm, at_mm + way * excess_n / (cushion_n_mm + self._spring_between(at_mm, beyond)))

    def _short_of(self, end_mm: float, there_mm: float) -> float:
        return min(there_mm, end_mm) - self.stopper_mm

    def _spring_between(self, one_mm: float, other_mm: float) -> float:
        middle_mm = (one_mm + other_mm) / 2
        touches = middle_mm < self.nut_mm or (self.held and middle_mm > self.nut_mm + self.screw.gap_mm)
        return self.spring_n_mm if touches else 0.0

    def quiet_until(self, network: Network) -> int:
        """Up to this position the stopper sticks for certain, as long as nothing but steps disturbs it."""
        low_kpa, high_kpa = (kpa * self.area_mm2 * 1e-3 for kpa in network.kpa_to_come(0))
        if self.force_n - high_kpa <= -self.sticking_n:
            return NOT_QUIET
        most_n = min(self.sticking_n + low_kpa if self.left_ul > 0 else inf, self.stall_n)
        room_mm = (most_n - self.force_n) / self.spring_n_mm - ROUNDING_MM  # where nothing touches, it is more
        position, limit_mm = self.position, self.nut_mm + room_mm
        if room_mm < 0:
            return self.position - 1
        while (steps := int(room_mm / self.screw.most_step_mm)) > 0:
            position += steps
            room_mm = limit_mm - self.screw.nut_mm(self.nut_mm, position)
        return position

    def wake(self) -> None:
        self.nut_mm = self.screw.nut_mm(self.nut_mm, self.position)
        self._work_out_force()

    def save(self) -> tuple[int, float]:
        return self.position, self.nut_mm

    def restore(self, saved: tuple[int, float]) -> None:
        self.position, self.nut_mm = saved
        self._work_out_force()


class IdealSyringeDrive(Drive):
    """As SyringeDrive, forward only, with a rigid rod, no friction and no end of its force."""

    def __init__(self, syringe: Syringe, screw: Screw, fill_ul: float) -> None:
        super().__init__()
        self.screw = screw
        self.area_mm2 = syringe.area_mm2
        self.compliance_ul_kpa = syringe.compliance_ul_kpa
        self.first = self._steps_to(screw.gap_mm)  # the first step that moves fluid
        self.left_ul = fill_ul
        self.run_dry(fill_ul)

    def run_dry(self, left_ul: float) -> None:
        super().run_dry(left_ul)
        self.full_ul = self.pushed_ul + self.left_ul
        self.last = self._steps_to(self.screw.gap_mm + self.full_ul / self.area_mm2)

    def _steps_to(self, travel_mm: float) -> int:
        """The most steps that travel no further."""
        errors_mm = sum(error for error, _ in self.screw.errors)
        steps = max(0, int((travel_mm - errors_mm) / self.screw.step_mm) - 1)
        while self.screw.travel_mm(steps + 1) <= travel_mm:
            steps += 1
        return steps

    @property
    def turns(self) -> float:
        return self.position * self.screw.step_mm / self.screw.pitch_mm

    def volume_ul(self, steps: int) -> float:
        """What the plunger has displaced after `steps`."""
        travel_mm = self.screw.travel_mm(steps) - self.screw.gap_mm
        return min(max(travel_mm, 0.0) * self.area_mm2, self.full_ul)

    def stretch(self, pulses: int) -> tuple[int, bool]:
        """The first and the last step that move fluid stand alone: they move less than their share."""
        for edge in (self.first, self.first + 1, self.last, self.last + 1):
            if edge > self.position:
                return min(pulses, edge - self.position), True
        return pulses, True

    def turn(self, pulses: int) -> Push | None:
        before = self.position
        self.position += pulses
        came_ul = self.volume_ul(self.position) - self.volume_ul(before)
        self.pushed_ul = self.volume_ul(self.position)
        self.left_ul = self.full_ul - self.pushed_ul
        if came_ul == 0:
            return None
        if pulses == 1:
            return Push(((0, came_ul),))
        waves = []
        for error_mm, turn in self.screw.errors:
            phasor = 2 * self.area_mm2 * error_mm * sin(turn / 2) * cmath.exp(1j * turn * (before + 0.5))
            waves.append((phasor, cmath.exp(1j * turn)))
        return Push(((0, self.area_mm2 * self.screw.step_mm),), tuple(waves))

    def save(self) -> tuple[int, float]:
        return self.position, self.pushed_ul

    def restore(self, saved: tuple[int, float]) -> None:
        self.position, self.pushed_ul = saved
        self.left_ul = self.full_ul - self.pushed_ul
