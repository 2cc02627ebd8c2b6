"""What a calibration is to be: what the person does beforehand, how many doses of what, and what cannot be."""

from dataclasses import dataclass

from pumphost.calibrating.gravimetry import LEAST_DOSES
from pumphost.errors import BadInput

LEAST_CHECK_MIN = 31  # the longest window of the trumpet

GUIDE = """\
Vessel    a narrow one on the balance, with 5 mL of water in it already; the rest must fit.
Cover     over vessel and line, with a gap for the line: against draughts and evaporation.
Needle    thin, its end under the surface and off the wall, held from outside: no drips.
Water     pure and free of air, in the room for 2 h or more with pump and balance; measure its temperature.
Balance   switched on for an hour, adjusted, in g, not printing by itself.
Pump      switched on, its buzzer and LEDs seen and acknowledged, syringe or tube in place.
Line      free of air, clamp open; nobody touches it until the last weighing."""


def check_step(name: str, value: float, step: float, unit: str) -> None:
    """Raises BadInput for a value that is finer than the pump's step."""
    if abs(value / step - round(value / step)) > 1e-6:
        raise BadInput(f"{name}: found {value:g} {unit}, must be a multiple of {step:g} {unit}")


def check_volume_ml(rate_ml_h: float, minutes: int) -> float:
    """What a flow check needs: it ends a little later than its last sample."""
    return round(rate_ml_h * (minutes + 2) / 60, 3)


@dataclass(frozen=True)
class Plan:
    """Raises BadInput for one that cannot be. `prime_ml` comes first and is not weighed: it takes up slack."""

    doses: int = 5
    dose_ml: float = 5.0
    rate_ml_h: float = 60.0
    prime_ml: float = 2.0
    settle_s: float = 10.0  # from the end of a dose to its weighing: the line goes slack
    standing_s: float = 300.0  # of each of the two spans in which evaporation is measured; 0: it is not

    def __post_init__(self) -> None:
        if self.doses < LEAST_DOSES:
            raise BadInput(f"--doses: found {self.doses}; at least {LEAST_DOSES} are needed to tell their scatter")
        for name, value in (("--dose", self.dose_ml), ("--prime", self.prime_ml)):
            check_step(name, value, 0.001, "mL")
        check_step("--rate", self.rate_ml_h, 0.01, "mL/h")

    @property
    def needed_ml(self) -> float:
        return self.prime_ml + self.doses * self.dose_ml
