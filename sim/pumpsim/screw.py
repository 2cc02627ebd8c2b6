"""The lead screw: steps of the motor in, travel of the nut out.

    x(n) = n * pitch / (N gear) + sum of e * sin(2 pi n / period)        N steps a turn of the motor

Two errors come back for ever: the screw's wobble, once a turn of the screw, and the motor's own, every four
full steps. The nut has play: it follows the thread forward at once and backward after `backlash_mm`.
"""

from dataclasses import dataclass
from functools import cached_property
from math import pi, sin

STEPS_PER_TURN = 3200  # 200 full steps of 1/16
STEPS_PER_MOTOR_ERROR = 64  # four full steps


@dataclass(frozen=True)
class Screw:
    """The nominal rig's. Lengths in mm; all but the pitch assumed."""

    pitch_mm: float = 1.0
    gear: float = 1.0  # turns of the motor for one of the screw
    wobble_mm: float = 0.003  # 1.9 % of flow at its worst
    step_error_mm: float = 0.00025  # of the motor's position, without a gear: a twentieth of a full step
    backlash_mm: float = 0.1  # of 0.05 to 1 mm
    gap_mm: float = 0.1  # between pusher and plunger at the start; of 0.05 to 1 mm

    def __post_init__(self) -> None:
        if self.most_step_mm >= 2 * self.step_mm:
            raise ValueError("wobble_mm and step_error_mm would turn the screw's travel backwards")

    @cached_property
    def step_mm(self) -> float:
        return self.pitch_mm / (STEPS_PER_TURN * self.gear)

    @cached_property
    def errors(self) -> tuple[tuple[float, float], ...]:
        """(amplitude in mm, angle of a step) of each error that is not 0."""
        both = (
            (self.wobble_mm, 2 * pi / (STEPS_PER_TURN * self.gear)),
            (self.step_error_mm / self.gear, 2 * pi / STEPS_PER_MOTOR_ERROR),
        )
        return tuple((error, turn) for error, turn in both if error)

    @cached_property
    def most_step_mm(self) -> float:
        """No step travels further than this."""
        return self.step_mm + sum(2 * error * sin(turn / 2) for error, turn in self.errors)

    def travel_mm(self, steps: int) -> float:
        """Where `steps` put the thread; the errors are 0 at 0."""
        travel = steps * self.step_mm
        for error, turn in self.errors:
            travel += error * sin(turn * steps)
        return travel

    def nut_mm(self, before_mm: float, steps: int) -> float:
        """Where the nut stands once the thread is at `steps`, having stood at `before_mm`."""
        thread_mm = self.travel_mm(steps)
        return min(max(before_mm, thread_mm), thread_mm + self.backlash_mm)
