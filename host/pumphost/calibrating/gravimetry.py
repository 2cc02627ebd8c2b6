"""From weights to volumes, and from volumes to the step constant: what ISO 8655-6 does, as functions.

    V = Z (m + e t)      Z = (1 - rho_a / rho_b) / (rho_w - rho_a)

with m the difference of two readings of a balance that was adjusted with weights of rho_b = 8 g/mL, e what evaporates
in a unit of time and t the time between the readings. Water's density is that of Tanaka et al., Metrologia 38 (2001)
301, air's that of Spieweck and Bettin, PTB-Mitteilungen 100 (1990) 195, as ISO 8655-6 has it. Water with air in it is
lighter by 3e-6: left out. The formulas are written from memory: the tests hold them against tabled values.

The step constant is what one step of the motor moves. What was counted is steps times the old one, so the new one is
old times measured over counted, with the sums of all doses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, stdev

from pumpcore.setup import MOST_STEP_PL
from pumpcore.travel import COUNTS_PER_TURN
from pumphost.errors import BadInput

WEIGHTS_G_ML = 8.0  # OIML R 111: conventional density of weights
MOST_CV_PERCENT = 1.0  # assumed
MOST_CORRECTION_PERCENT = 20.0  # assumed: a 50 mL syringe taken for another maker's differs by so much
LEAST_DOSES = 3  # a scatter of fewer tells nothing
NORMAL_HPA = 1013.25
USUAL_HUMIDITY_PERCENT = 50.0
STEPS_PER_TURN = 3_200  # of the drive as built, and
LOW_BY = 999  # permille that the guard is told: both as in firmware/board/settings.py


def water_g_ml(celsius: float) -> float:
    """Density of pure water free of air at 1013 hPa, in g/mL, within 1e-6 from 0 to 40 °C. Raises BadInput beyond.

    Source: Tanaka et al. 2001, equation 1.
    """
    if not 0.0 <= celsius <= 40.0:
        raise BadInput(f"the water's temperature: found {celsius:g} C, must be 0 to 40")
    ratio = (celsius - 3.983035) ** 2 * (celsius + 301.797) / (522_528.9 * (celsius + 69.34881))
    return 0.99997495 * (1.0 - ratio)


def air_g_ml(celsius: float, hpa: float, humidity_percent: float) -> float:
    """Density of air in g/mL. Raises BadInput for a pressure or a humidity that no laboratory has.

    Source: Spieweck and Bettin 1990.
    """
    if not 600.0 <= hpa <= 1_100.0:
        raise BadInput(f"air pressure: found {hpa:g} hPa, must be 600 to 1100; at sea level it is about 1013")
    if not 0.0 <= humidity_percent <= 100.0:
        raise BadInput(f"humidity: found {humidity_percent:g} %, must be 0 to 100")
    moisture = humidity_percent * (0.020582 - 0.00252 * celsius)
    return (0.34844 * hpa + moisture) / (celsius + 273.15) / 1_000


def z_ml_g(celsius: float, hpa: float = NORMAL_HPA, humidity_percent: float = USUAL_HUMIDITY_PERCENT) -> float:
    """Volume in mL of the water that a balance in air shows as 1 g, water and air at one temperature. Raises BadInput.

    Source: ISO 8655-6; 1.0029 at 20 °C and 1013 hPa.
    """
    air = air_g_ml(celsius, hpa, humidity_percent)
    return (1.0 - air / WEIGHTS_G_ML) / (water_g_ml(celsius) - air)


@dataclass(frozen=True)
class Weighing:
    """A stable reading: when, what the balance showed, and what the pump had counted by then."""

    what: str
    t_s: float
    mass_g: float
    pumped_ml: float


def evaporation_g_s(standing: Sequence[tuple[Weighing, Weighing]]) -> float:
    """What is lost in a second while the pump stands, over all pairs of weighings together. Drift of the balance is in
    it, as it is in the doses."""
    lost_g = sum(before.mass_g - after.mass_g for before, after in standing)
    return lost_g / sum(after.t_s - before.t_s for before, after in standing)


@dataclass(frozen=True)
class Dose:
    counted_ml: float  # by the pump, from its steps
    measured_ml: float  # by the balance

    @property
    def error_percent(self) -> float:
        return 100.0 * (self.measured_ml - self.counted_ml) / self.counted_ml


def dose_between(before: Weighing, after: Weighing, z: float, lost_g_s: float) -> Dose:
    """What came between two weighings. Raises BadInput if the pump has counted nothing."""
    counted_ml = after.pumped_ml - before.pumped_ml
    if counted_ml <= 0.0:
        raise BadInput(f"{after.what}: the pump has counted no volume; was it switched off in between?")
    mass_g = after.mass_g - before.mass_g + lost_g_s * (after.t_s - before.t_s)
    return Dose(counted_ml, z * mass_g)


@dataclass(frozen=True)
class Repeats:
    """Doses that should be alike. Shares in % of what was counted, scatter as that of the errors, so that doses need
    not be counted to the same microlitre."""

    doses: tuple[Dose, ...]

    @property
    def counted_ml(self) -> float:
        return sum(dose.counted_ml for dose in self.doses)

    @property
    def measured_ml(self) -> float:
        return sum(dose.measured_ml for dose in self.doses)

    @property
    def mean_ml(self) -> float:
        return mean(dose.measured_ml for dose in self.doses)

    @property
    def sd_ml(self) -> float:
        """Standard deviation of a dose: the repeatability of ISO 8655-6."""
        return self.cv_percent / 100.0 * self.mean_ml

    @property
    def cv_percent(self) -> float:
        ratios = [dose.measured_ml / dose.counted_ml for dose in self.doses]
        average = mean(ratios)
        return 100.0 * stdev(ratios) / average if average > 0.0 else float("inf")

    @property
    def error_percent(self) -> float:
        """The systematic error."""
        return Dose(self.counted_ml, self.measured_ml).error_percent


def step_constant(old_pl: int, repeats: Repeats, most_cv_percent: float = MOST_CV_PERCENT) -> int:
    """The volume of a step in pL that makes the pump count what was measured.

    Raises BadInput if doses are too few, scatter too much, or differ from what was counted by more than a screw can.
    """
    if len(repeats.doses) < LEAST_DOSES:
        raise BadInput(f"{len(repeats.doses)} doses were weighed, at least {LEAST_DOSES} are needed")
    if abs(repeats.error_percent) > MOST_CORRECTION_PERCENT:
        raise BadInput(
            f"{repeats.error_percent:+.1f} % were measured against what the pump counted: more than "
            f"{MOST_CORRECTION_PERCENT:g} % is no matter of calibration; the wrong syringe or tube is likelier, look "
            "at what the pump is set to and at the line"
        )
    if repeats.cv_percent > most_cv_percent:
        raise BadInput(
            f"the doses scatter by {repeats.cv_percent:.2f} % (CV), at most {most_cv_percent:g} % will do: look for "
            "air, drips, draughts and a needle that is not below the surface, or take larger doses"
        )
    new_pl = round(old_pl * repeats.measured_ml / repeats.counted_ml)
    if not 1 <= new_pl <= MOST_STEP_PL:
        raise BadInput(f"a step of {new_pl} pL is none a pump can be set to: 1 to {MOST_STEP_PL}")
    return new_pl


def guard_count_pl(step_pl: int) -> int:
    """The guard's volume of a count of the encoder that goes with a step, on a board with the drive as built; as
    `board.settings.change` works it out, which takes no step alone. A wheel has no `board` to import: a test holds the
    two against each other."""
    count_pl: int = step_pl * STEPS_PER_TURN // COUNTS_PER_TURN
    return count_pl * LOW_BY // 1_000
