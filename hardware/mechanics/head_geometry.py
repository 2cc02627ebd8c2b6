"""The peristaltic head as numbers: rotor, bed and door, and what they carry in a turn. peristaltic.py makes solids.

The tube lies between rollers and a bed that the door presses on it. From roller to roller it holds

    V = A Rc 2 pi / n - 2 integral (A - a(theta)) Rc d theta       over the stretch that a roller flattens

with Rc the radius on which the tube's middle lies and a = pi h (d - h) / 2 + pi h^2 / 4 the bore pressed to height h
while its circumference stays. pumpsim takes A pi 30 mm a turn: the bed's radius is chosen so that n V is just that.
Angles in radians unless a name says otherwise, lengths in mm, volumes in uL.
"""

from bisect import bisect_left
from dataclasses import dataclass
from math import asin, atan2, cos, hypot, pi, sin, sqrt

from check import LEAST_WALL_MM, Check
from pumpsim.catalogue import TUBES, Tube
from screw_force import HOLDING_NM, PULL_OUT, RATED_A

BORES_MM = (0.8, 1.6, 2.4)
TUBE_WALL_MM = 1.6  # pump tubes of these bores are sold with it
SQUEEZE = 0.15  # of two walls: how much more than touching; 0.1 to 0.2 is usual, assumed
ROLLER_R_MM = 5.0
AXLE_MM = 5.0
ROLLER_LONG_MM = 12.0
HUB_R_MM = 7.5  # round the motor's shaft
SHAFT_MM = 5.0
FULL_ARC_DEG = 120.0  # of the bed at its set gap
RAMP_ARC_DEG = 30.0  # at either end it recedes
RAMP_MM = 2.6
SHOE_MM = 10.0  # the door's thickness behind the bed
HINGE_MM, HINGE_R_MM = 5.0, 6.5  # pin, a dowel as the rollers', and the door's eye round it
PLATE_MM, PLATE_HALF_MM = 6.0, 48.0
DISC_MM, DISC_PLAY_MM = 4.0, 0.3
SLICES = 400

CLOSED = 2  # rollers at most on the full arc
ROLLER_N = 20.0  # to close a tube of this wall; assumed
ROLLING = 0.2  # of it that resists turning: rubber's hysteresis, bearings; assumed
PRESSURE_KPA = 120.0
RMS_A = 1.0  # what the driver is set to
MOST_TURNS_PER_MIN = 200.0  # from 7.4 V, with a winding of 3 mH: assumed
VOLUME_SHARE = 0.01  # how close to the simulator's volume per turn

GAP_MM = 2 * TUBE_WALL_MM * (1 - SQUEEZE)


@dataclass(frozen=True)
class Head:
    """For one tube of the simulator's, on a bed of `bed_r_mm`."""

    tube: Tube
    bed_r_mm: float

    @property
    def roller_circle_mm(self) -> float:
        """Radius on which the rollers' outsides run."""
        return self.bed_r_mm - GAP_MM

    @property
    def axles_r_mm(self) -> float:
        return self.roller_circle_mm - ROLLER_R_MM

    @property
    def middle_r_mm(self) -> float:
        """Of the tube's middle, on the bed."""
        return self.bed_r_mm - self.outer_mm / 2

    @property
    def outer_mm(self) -> float:
        return self.tube.bore_mm + 2 * TUBE_WALL_MM

    def height_mm(self, angle: float) -> float:
        """Of the bore, seen `angle` from a roller's middle."""
        under = ROLLER_R_MM**2 - (self.axles_r_mm * sin(angle)) ** 2
        if under <= 0:
            return self.tube.bore_mm
        outside = self.axles_r_mm * cos(angle) + sqrt(under)
        return min(max(self.bed_r_mm - outside - 2 * TUBE_WALL_MM, 0.0), self.tube.bore_mm)

    def area_mm2(self, height: float) -> float:
        return pi * height * (self.tube.bore_mm - height) / 2 + pi * height**2 / 4

    @property
    def flattened_ul(self) -> float:
        """What one roller keeps out of the tube."""
        half = asin(ROLLER_R_MM / self.axles_r_mm)
        step = half / SLICES
        whole = self.area_mm2(self.tube.bore_mm)
        areas = (self.area_mm2(self.height_mm((i + 0.5) * step)) for i in range(SLICES))
        return 2 * self.middle_r_mm * step * sum(whole - area for area in areas)

    @property
    def turn_ul(self) -> float:
        full = self.area_mm2(self.tube.bore_mm) * 2 * pi * self.middle_r_mm
        return full - self.tube.rollers * self.flattened_ul

    @property
    def torque_nm(self) -> float:
        """The rollers' rolling in rubber, and the pressure's work."""
        rubber = CLOSED * ROLLER_N * ROLLING * self.roller_circle_mm * 1e-3
        return rubber + PRESSURE_KPA * 1e3 * self.turn_ul * 1e-9 / (2 * pi)

    @property
    def disc_r_mm(self) -> float:
        """Of the rotor's two discs, a wall outside the axles."""
        return self.axles_r_mm + AXLE_MM / 2 + LEAST_WALL_MM

    @property
    def most_rate_ml_h(self) -> float:
        return self.turn_ul * MOST_TURNS_PER_MIN * 60 / 1000

    @property
    def hinge(self) -> tuple[float, float]:
        """x and y of the door's pin, seen from the rotor's axis."""
        return -(self.bed_r_mm + RAMP_MM + HINGE_R_MM + 0.5), -6.0

    def bed_mm(self, angle: float) -> float:
        """Radius of the bed at `angle` from the middle of its arc."""
        beyond = abs(angle) - FULL_ARC_DEG / 2 * pi / 180
        return self.bed_r_mm + RAMP_MM * max(beyond, 0.0) / (RAMP_ARC_DEG * pi / 180)

    def bed_points(self, count: int = 91) -> list[tuple[float, float]]:
        """The bed from right to left; its middle is above the rotor."""
        half = (FULL_ARC_DEG / 2 + RAMP_ARC_DEG) * pi / 180
        angles = [-half + 2 * half * i / (count - 1) for i in range(count)]
        return [(-self.bed_mm(a) * sin(a), self.bed_mm(a) * cos(a)) for a in angles]

    def closest_mm(self, opening: float) -> float:
        """How near the bed comes to the rotor's axis with the door turned open by `opening`."""
        hx, hy = self.hinge
        nearest = []
        for x, y in self.bed_points():
            far, at = hypot(x - hx, y - hy), atan2(y - hy, x - hx) + opening
            nearest.append(hypot(hx + far * cos(at), hy + far * sin(at)))
        return min(nearest)

    def checks(self) -> list[Check]:
        spacing = 360 / self.tube.rollers
        between = 2 * self.axles_r_mm * sin(pi / self.tube.rollers) - 2 * ROLLER_R_MM
        torque = HOLDING_NM * RMS_A / RATED_A * PULL_OUT
        opening = min(self.closest_mm(i * 0.01) for i in range(120))
        off = self.turn_ul / self.tube.turn_ul - 1
        return [
            Check("volume of a turn, of the simulator's", 1 + off, 1 - VOLUME_SHARE, 1 + VOLUME_SHARE, ""),
            Check("full arc beyond one spacing of rollers", FULL_ARC_DEG - spacing, 10.0, unit="deg"),
            Check("squeeze of two walls", 1 - GAP_MM / (2 * TUBE_WALL_MM), 0.1, 0.2, ""),
            Check("tube open at the ramps' ends", GAP_MM + RAMP_MM, self.outer_mm - 0.5),
            Check("room between rollers", between, 2.0),
            Check("rollers clear of the hub", self.axles_r_mm - ROLLER_R_MM - HUB_R_MM, 0.5),
            Check("wall round the shaft", HUB_R_MM - SHAFT_MM / 2, LEAST_WALL_MM),
            Check("discs inside the rollers' circle", self.roller_circle_mm - self.disc_r_mm, 0.3),
            Check("door clear of the rollers while it opens", opening - self.roller_circle_mm, 1.0),
            Check("wall of the door", SHOE_MM - RAMP_MM, LEAST_WALL_MM),
            Check("wall of the hinge's eye", HINGE_R_MM - HINGE_MM / 2, LEAST_WALL_MM),
            Check("tube beside the hinge", -self.hinge[0] - HINGE_R_MM - self.bed_r_mm - RAMP_MM, 0.0),
            Check("door on the plate", PLATE_HALF_MM + self.hinge[0] - HINGE_R_MM, 0.0),
            Check("torque", torque, self.torque_nm, unit="N m"),
        ]


def head_for(tube: Tube) -> Head:
    """With the bed, to 0.05 mm, that gives the simulator's volume of a turn. Raises ValueError for other tubes."""
    if tube.bore_mm not in BORES_MM:
        bores = ", ".join(f"{bore:g}" for bore in BORES_MM)
        raise ValueError(f"the head is for bores of {bores} mm, not {tube.bore_mm:g} mm")
    radii = [r / 20 for r in range(15 * 20, 40 * 20)]
    above = bisect_left(radii, tube.turn_ul, key=lambda r: Head(tube, r).turn_ul)
    return min((Head(tube, r) for r in radii[above - 1 : above + 1]), key=lambda head: abs(head.turn_ul - tube.turn_ul))


def heads() -> list[Head]:
    return [head_for(tube) for tube in TUBES.values() if tube.bore_mm in BORES_MM]
