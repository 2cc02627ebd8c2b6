"""What can be bought: syringes, lines and cannulas, with the numbers the plant needs."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import pi

WATER_MPA_S = 1.0  # viscosity at 20 C

# Resistance in kPa s / uL, by Poiseuille for water from assumed bores; 1.9Fr is 20 cm long.
CANNULAS = {"14G": 0.0002, "18G": 0.0015, "20G": 0.0032, "22G": 0.0057, "24G": 0.0098, "1.9Fr": 1.01, "1Fr": 9.8}

PVC_MPA = 10.0  # Young's modulus, assumed
PVC_POISSON = 0.5
WALL_MM = 0.5  # assumed


@dataclass(frozen=True)
class Syringe:
    name: str
    nominal_ml: float
    inner_diameter_mm: float
    compliance_ul_kpa: float


@cache
def syringes() -> dict[str, Syringe]:
    """Every syringe of syringes.toml by name."""
    text = files("pumpsim").joinpath("syringes.toml").read_text(encoding="utf-8")
    return {row["name"]: Syringe(**row) for row in tomllib.loads(text)["syringe"]}


@dataclass(frozen=True)
class Tubing:
    """A round tube filled with water."""

    length_m: float
    inner_diameter_mm: float

    @property
    def resistance_kpa_s_ul(self) -> float:
        """Poiseuille: 8 mu L / (pi r^4); 0.0611 for 1.5 m of 1.0 mm."""
        radius_mm = self.inner_diameter_mm / 2
        return 8 * WATER_MPA_S * self.length_m / (pi * radius_mm**4) * 1e-3

    @property
    def compliance_ul_kpa(self) -> float:
        """A thick-walled tube: V (2 / E) ((ro^2 + ri^2) / (ro^2 - ri^2) + nu); 0.51 for 1.5 m of 1.0 mm."""
        inner = (self.inner_diameter_mm / 2) ** 2
        outer = (self.inner_diameter_mm / 2 + WALL_MM) ** 2
        volume_ul = pi * inner * self.length_m * 1e3
        return volume_ul * 2 / (PVC_MPA * 1e3) * ((outer + inner) / (outer - inner) + PVC_POISSON)


def tubing(name: str) -> Tubing:
    """A set by its name, "1.5 m x 1.0 mm". Raises ValueError if it is not one."""
    match = re.fullmatch(r"\s*(\d+\.?\d*)\s*m\s*x\s*(\d+\.?\d*)\s*mm\s*", name)
    if not match:
        raise ValueError('must be a length and a bore like "1.5 m x 1.0 mm"')
    return Tubing(float(match[1]), float(match[2]))
