"""What the drive pumps into: near and far end of the line, the way out into the patient, the supply.

    supply ──R── [SUPPLY] ──(tube)── [NEAR] ──R line, valve── [FAR] ──R cannula, vessel── patient

The near node is the syringe, or the outlet of the rollers, with half of the line; the far one the other
half. A syringe has no supply node. This file keeps the settings that faults and events change and says
which nodes and edges they make.
"""

from dataclasses import dataclass, field
from math import floor, inf, log

from pumpsim.catalogue import TISSUE_KPA_S_UL
from pumpsim.modes import OUTSIDE, Edge
from pumpsim.network import Guard

NEAR, FAR, SUPPLY = 0, 1, 2
OUT, IN, CRACK = 0, 1, 2  # meters: into the patient, out of the supply, in through a crack
METERS = 3

GROWTH = 1.05  # a resistance that grows with what flowed is updated each 5 %


@dataclass
class Valve:
    """From NEAR to `b`: opens when the pressure across it exceeds `crack_kpa`, which stays lost in it; closes as the
    flow ends."""

    b: int
    resistance: float
    crack_kpa: float
    is_open: bool = False

    def guard(self) -> Guard:
        """The pressure at which it changes."""
        return Guard(NEAR, self.b, self.crack_kpa, -1 if self.is_open else 1)


@dataclass
class Supply:
    """A bag, its drop chamber and the tube down to the pump."""

    kpa: float  # by its height over the pump
    resistance: float
    compliance: float
    bag_ul: float  # when full
    tube_ul: float  # from the bag to the pump
    drops_per_ml: int
    clamps: int = 0


@dataclass(eq=False)
class Tissue:
    """Where a cannula has slipped to: its resistance doubles with `double_ul` that flow into it."""

    from_ul: float  # what had flowed until then
    double_ul: float

    def grown(self, out_ul: float) -> int:
        """How often its resistance has grown by 5 %."""
        full = 1 + (out_ul - self.from_ul) / self.double_ul
        return floor(log(full + 1e-12) / log(GROWTH)) if full > 1 else 0

    def resistance(self, out_ul: float) -> float:
        return TISSUE_KPA_S_UL * GROWTH ** self.grown(out_ul)

    def grows_at_ul(self, out_ul: float) -> float:
        """What will have flowed when it grows next."""
        return self.from_ul + (GROWTH ** (self.grown(out_ul) + 1) - 1) * self.double_ul


@dataclass
class Circuit:
    """Compliances in uL/kPa, resistances in kPa s/uL, pressures in kPa."""

    pump_compliance: float  # of the syringe, or of the tube behind the rollers
    line_compliance: float
    line_resistance: float
    cannula_resistance: float
    vessel_resistance: float
    patient_kpa: float
    valves: list[Valve] = field(default_factory=list)  # the first of them, if `siphon_valve`, in the line
    siphon_valve: bool = False
    supply: Supply | None = None
    blocks: int = 0  # nothing gets out while there is one
    added: list[float] = field(default_factory=list)  # resistances of partial occlusions
    cracks: list[float] = field(default_factory=list)  # of a syringe, to the air outside
    tubes: list[float] = field(default_factory=list)  # of the tube past rollers that do not close it
    air_near: float = 0.0  # compliance of air in the line
    air_far: float = 0.0
    tissues: list[Tissue] = field(default_factory=list)  # the cannula lies in the last of them, if in any

    def compliances(self) -> list[float]:
        half = self.line_compliance / 2
        nodes = [self.pump_compliance + half + self.air_near, half + self.air_far]
        return [*nodes, self.supply.compliance] if self.supply else nodes

    def edges(self, out_ul: float) -> list[Edge]:
        """The edges as they are once `out_ul` has flowed into the patient."""
        edges = []
        if not self.siphon_valve:
            edges.append(Edge(NEAR, FAR, self.line_resistance))
        edges += [Edge(NEAR, valve.b, valve.resistance, valve.crack_kpa) for valve in self.valves if valve.is_open]
        edges += [Edge(SUPPLY, NEAR, resistance) for resistance in self.tubes]
        if not self.blocks:
            edges.append(Edge(FAR, OUTSIDE, self.way_out(out_ul), outside_kpa=self.patient_kpa, meter=OUT))
        if self.supply and not self.supply.clamps:
            edges.append(Edge(OUTSIDE, SUPPLY, self.supply.resistance, outside_kpa=self.supply.kpa, meter=IN))
        edges += [Edge(OUTSIDE, NEAR, resistance, meter=CRACK) for resistance in self.cracks]
        return edges

    def way_out(self, out_ul: float) -> float:
        """Resistance of cannula and vessel, or of the tissue that fills up once the cannula has slipped."""
        way = self.cannula_resistance + sum(self.added)
        return way + (self.tissues[-1].resistance(out_ul) if self.tissues else self.vessel_resistance)

    def next_growth_ul(self, out_ul: float) -> float:
        """What will have flowed when that resistance changes next."""
        return self.tissues[-1].grows_at_ul(out_ul) if self.tissues else inf
