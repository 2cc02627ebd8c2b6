"""What a pump works with: syringes, sets, cannulas, routes into the body, fluids and pump tubes.

The tables are in syringes.toml and lines.toml, each number there with its source or the word "assumed"; here are the
formulas. Unless a name says otherwise lengths are in mm and m, volumes in uL, pressures in kPa, and resistances in
kPa s / uL of water at 20 C: of another fluid they are FLUIDS[name] times as large.
"""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from math import pi
from typing import Any

WALL_MM = 1.0  # of a syringe's barrel; assumed, and alike for all
WATER_MPA_S = 1.0  # viscosity at 20 C

PVC_MPA = 10.0  # Young's modulus, assumed
PVC_POISSON = 0.5

DROPS_PER_ML = (10, 15, 20, 60)  # what drip chambers are sold for; 60 is the "microdrip"

# Scott 1996 (J Clin Monit 12:325) gives resistances in RU, taken to be mmHg/(L/h): 62 RU in the median for a cannula
# in a vein, 544 RU for one beside it; 200 RU told them apart with sensitivity 0.90 and specificity 0.91.
KPA_S_UL_PER_RU = 0.13332 * 3600 / 1e6
TISSUE_KPA_S_UL = 544 * KPA_S_UL_PER_RU  # what an infiltrated cannula works against


def _tables(name: str) -> dict[str, Any]:
    return tomllib.loads(files("pumpsim").joinpath(name).read_text(encoding="utf-8"))


def _poiseuille(bore_mm: float, length_m: float) -> float:
    """Of water through a round tube: 8 mu L / (pi r^4)."""
    return 8 * WATER_MPA_S * length_m / (pi * (bore_mm / 2) ** 4) * 1e-3


def _area(bore_mm: float) -> float:
    return pi / 4 * bore_mm**2


@dataclass(frozen=True)
class Syringe:
    """A row of syringes.toml, which says what each number is and where it comes from."""

    name: str
    nominal_ml: float
    inner_diameter_mm: float
    stroke_mm: float
    compliance_ul_kpa: float
    stiffness_n_mm: float
    friction_n: float
    stiction_n: float
    dead_space_ml: float
    least_rate_ml_h: float

    @property
    def area_mm2(self) -> float:
        return _area(self.inner_diameter_mm)

    @property
    def barrel_mm(self) -> float:
        """Outer diameter."""
        return self.inner_diameter_mm + 2 * WALL_MM

    @property
    def barrel_compliance_ul_kpa(self) -> float:
        """What is left while the stopper sticks: the whole less the rod behind it, area^2 / stiffness."""
        return self.compliance_ul_kpa - self.area_mm2**2 / self.stiffness_n_mm * 1e-3


@cache
def syringes() -> dict[str, Syringe]:
    """Every syringe of syringes.toml by name."""
    return {row["name"]: Syringe(**row) for row in _tables("syringes.toml")["syringe"]}


@dataclass(frozen=True)
class Tubing:
    """A round tube of soft PVC filled with water. Raises ValueError for one without length, bore or wall."""

    length_m: float
    inner_diameter_mm: float
    wall_mm: float = 0.5  # assumed

    def __post_init__(self) -> None:
        if self.length_m <= 0:
            raise ValueError(f"must be longer than 0 m, not {self.length_m:g} m")
        if self.inner_diameter_mm <= 0:
            raise ValueError(f"must be wider than 0 mm, not {self.inner_diameter_mm:g} mm")
        if self.wall_mm <= 0:
            raise ValueError(f"must have a wall thicker than 0 mm, not {self.wall_mm:g} mm")

    @property
    def volume_ul(self) -> float:
        return _area(self.inner_diameter_mm) * self.length_m * 1e3

    @property
    def resistance_kpa_s_ul(self) -> float:
        """0.0611 for 1.5 m of 1.0 mm."""
        return _poiseuille(self.inner_diameter_mm, self.length_m)

    @property
    def compliance_ul_kpa(self) -> float:
        """A thick-walled tube: V (2 / E) ((ro^2 + ri^2) / (ro^2 - ri^2) + nu); 0.51 for 1.5 m of 1.0 mm."""
        inner = (self.inner_diameter_mm / 2) ** 2
        outer = (self.inner_diameter_mm / 2 + self.wall_mm) ** 2
        return self.volume_ul * 2 / (PVC_MPA * 1e3) * ((outer + inner) / (outer - inner) + PVC_POISSON)


@dataclass(frozen=True)
class Cannula:
    """What the line ends in: a cannula, a catheter."""

    name: str
    bore_mm: float
    length_mm: float

    @property
    def volume_ul(self) -> float:
        return _area(self.bore_mm) * self.length_mm

    @property
    def resistance_kpa_s_ul(self) -> float:
        return _poiseuille(self.bore_mm, self.length_mm / 1e3)


@dataclass(frozen=True)
class Route:
    """What the cannula opens into: the pressure there, and the resistance on the way to it."""

    name: str
    pressure_kpa: float
    resistance_kpa_s_ul: float


_LINES = _tables("lines.toml")

SETS: dict[str, Tubing] = {
    row["name"]: Tubing(row["length_m"], row["inner_diameter_mm"], row["wall_mm"]) for row in _LINES["set"]
}
CANNULAS: dict[str, Cannula] = {row["name"]: Cannula(**row) for row in _LINES["cannula"]}
ROUTES: dict[str, Route] = {row["name"]: Route(**row) for row in _LINES["route"]}
FLUIDS: dict[str, float] = _LINES["fluids"]  # viscosity, mPa s


def nearest(name: str, names: Iterable[str]) -> str:
    """Which of `names` may be meant, three at most; empty if none is near."""
    near = get_close_matches(name, names, n=3)
    return f"did you mean {' or '.join(near)}?" if near else ""


def tubing(name: str) -> Tubing:
    """A set by its name in SETS, or any tube by its size, "1.5 m x 1.0 mm".

    Raises ValueError, which says what is right, for a text that is neither and for a tube without length or bore.
    """
    if name in SETS:
        return SETS[name]
    match = re.fullmatch(r"\s*(\d+\.?\d*)\s*m\s*x\s*(\d+\.?\d*)\s*mm\s*", name)
    if not match:
        size = 'a length and a bore like "1.5 m x 1.0 mm"'
        near = nearest(name, SETS)
        raise ValueError(f"unknown; {near} Or give {size}" if near else f"must be {size}, or one of {', '.join(SETS)}")
    return Tubing(float(match[1]), float(match[2]))


ROTOR_MM = 30.0  # diameter of the circle the rollers run on, assumed


@dataclass(frozen=True)
class Tube:
    """The piece of a set that lies in a peristaltic pump. The defaults are assumed, within the ranges beside them."""

    name: str
    bore_mm: float
    turn_ul: float  # volume per turn of the rotor, new, with no pressure across it
    rollers: int = 4
    suck_back: float = 0.12  # share of a passage's volume that flows back as a roller leaves; 0.05 to 0.3
    suck_back_arc: float = 0.1  # share of the passage over which it does
    per_kpa: float = 0.001  # relative change of the volume per kPa of inlet less outlet pressure
    wear: float = 0.08  # share of the volume lost in the long run
    wear_turns: float = 20_000.0  # turns until 63 % of that is lost
    slip_kpa: float = 150.0  # outlet less inlet pressure above which the rollers leak
    slip_kpa_s_ul: float = 0.5  # what the leak flows through
    collapse_kpa: float = -20.0  # inlet pressure below which the tube fills less
    flat_kpa: float = -60.0  # and at which it fills no more
    length_m: float = 0.1  # between the ends of the pump

    @property
    def open_kpa_s_ul(self) -> float:
        """With the rollers lifted."""
        return _poiseuille(self.bore_mm, self.length_m)


def _silicone(bore_mm: float) -> Tube:
    """A tube that the rollers empty over the whole circle (assumed): bore area * pi * ROTOR_MM.

    Pumps on the market come near it: Omega's FPU5MT220 moves 0.22 mL a turn through 1/16 inch (manual, table 9-2).
    """
    return Tube(f"silicone {bore_mm} mm", bore_mm, _area(bore_mm) * pi * ROTOR_MM)


# On a motor of 3200 steps a turn, steps are 15, 59, 133 and 237 nL. The controller refuses steps above 235 nL
# (pumpcore/setup.py): the 3.2 mm tube needs a gear.
TUBES: dict[str, Tube] = {tube.name: tube for tube in map(_silicone, (0.8, 1.6, 2.4, 3.2))}
