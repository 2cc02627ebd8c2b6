"""What the motor pushes with: torque by screw to force, both ways, with the friction of a trapezoidal thread.

    force = 2 pi T eta / pitch      eta = tan(lead) / tan(lead + friction)      friction = atan(mu / cos(flank))

Lengths in mm, forces in N, torques in N m.
"""

from dataclasses import dataclass
from math import atan, cos, pi, radians, tan

from pumpsim.screw import STEPS_PER_TURN, Screw

PITCH_MM = Screw().pitch_mm  # the nominal rig's: the firmware's step is worked out with it
MEAN_MM = 7.5  # thread's mean diameter: 8 mm less half a pitch
FLANK_DEG = 15.0
FRICTION = 0.15  # brass on steel, greased; assumed within the next line
FRICTION_SPAN = (0.10, 0.20)

HOLDING_NM = 0.59  # 17HS19-2004S1 at its rated current
RATED_A = 2.0
PULL_OUT = 0.7  # of the holding torque, at a few turns a minute and in microsteps; assumed
COIL_OHM = 1.4


@dataclass(frozen=True)
class ScrewDrive:
    """`rms_a` is what the driver is set to."""

    rms_a: float = 0.6
    pitch_mm: float = PITCH_MM
    friction: float = FRICTION

    @property
    def torque_nm(self) -> float:
        return HOLDING_NM * self.rms_a / RATED_A * PULL_OUT

    @property
    def efficiency(self) -> float:
        lead, friction = self._angles
        return tan(lead) / tan(lead + friction)

    @property
    def force_n(self) -> float:
        """At which the motor loses its steps."""
        return 2 * pi * self.torque_nm * self.efficiency / (self.pitch_mm * 1e-3)

    @property
    def self_locking(self) -> float:
        """Above 1 the fluid's pressure cannot turn the screw back while the driver is off."""
        lead, friction = self._angles
        return tan(friction) / tan(lead)

    @property
    def _angles(self) -> tuple[float, float]:
        return atan(self.pitch_mm / (pi * MEAN_MM)), atan(self.friction / cos(radians(FLANK_DEG)))

    @property
    def heat_w(self) -> float:
        """Of both coils."""
        return 2 * self.rms_a**2 * COIL_OHM

    def step_pl(self, area_mm2: float) -> float:
        """Volume of a microstep, what Setup.step_pl is."""
        return area_mm2 * self.pitch_mm / STEPS_PER_TURN * 1e6

    def turns_per_min(self, rate_ml_h: float, area_mm2: float) -> float:
        return rate_ml_h * 1000 / 60 / (area_mm2 * self.pitch_mm)
