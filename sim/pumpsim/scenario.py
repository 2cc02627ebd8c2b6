"""What a scenario may say, table by table, with the bounds of every value.

Numbers are in the units a person writes. Unknown keys are errors. loading.py reads a file into this and
turns what is wrong into one line.
"""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from pumpcore.alarms import TABLE
from pumpcore.states import STATE_NAMES
from pumpsim.catalogue import CANNULAS, DROPS_PER_ML, FLUIDS, ROUTES, TUBES, Tubing, nearest, syringes, tubing
from pumpsim.kinds import KINDS
from pumpsim.record import DEAD, MEASURES, OFF
from pumpsim.screw import Screw
from pumpsim.syringe import STALL_N


def _hundredths(rate_ml_h: float) -> float:
    if abs(rate_ml_h * 100 - round(rate_ml_h * 100)) > 1e-6:
        raise ValueError("must be a multiple of 0.01 mL/h")
    return rate_ml_h


def _one_of(*names: str) -> AfterValidator:
    """A text that must be one of `names`; for another the nearest are offered, or else all."""

    def check(name: str) -> str:
        if name not in names:
            near = nearest(name, names)
            raise ValueError(f"unknown; {near}" if near else f"must be one of {', '.join(names)}")
        return name

    return AfterValidator(check)


def _readable(name: str) -> str:
    size = tubing(name)
    if not (0 < size.length_m <= 10 and 0.1 <= size.inner_diameter_mm <= 10):
        raise ValueError("must be up to 10 m long and 0.1 to 10 mm wide")
    return name


def _titled(name: str) -> str:
    if not name.strip():
        raise ValueError("must not be empty: it is the title of the picture")
    return name


def _in_order(bounds: list[float]) -> list[float]:
    if bounds[0] > bounds[1]:
        raise ValueError("must be [least, most]")
    return bounds


Rate = Annotated[float, Field(ge=0.01, le=1200), AfterValidator(_hundredths)]
Seconds = Annotated[float, Field(ge=0, le=30 * 86_400)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Pump(_Table):
    drive: Literal["syringe", "peristaltic"] = "syringe"
    syringe: Annotated[str, _one_of(*syringes())] | None = None
    tube: Annotated[str, _one_of(*TUBES)] | None = None
    fill_ml: Annotated[float, Field(ge=0.1, le=60)] | None = None  # the nominal volume unless given
    occlusion_kpa: Annotated[float, Field(ge=6.7, le=120)] = 40.0  # 50 to 900 mmHg
    back_off: bool = True  # relieve a blocked line by turning back; a real syringe's drive only
    restarts: Annotated[int, Field(ge=0, le=9)] = 0  # by itself after an occlusion, in any ten minutes
    flow_sensor: bool = True  # in the line, at the pump's outlet
    bubble_ul: Annotated[int, Field(ge=20, le=1000)] = 100
    near_end_min: Annotated[float, Field(ge=0, le=240)] = 3.0

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.drive == "syringe" and (self.syringe is None or self.tube is not None):
            raise ValueError('drive = "syringe" needs a syringe, and no tube')
        if self.drive == "peristaltic" and (self.tube is None or self.syringe is not None or self.fill_ml is not None):
            raise ValueError('drive = "peristaltic" needs a tube, and no syringe or fill_ml: its bag is in [supply]')
        if self.syringe is not None and self.fill_ml is not None:
            most = syringes()[self.syringe].nominal_ml * 1.2
            if self.fill_ml > most:
                raise ValueError(f"fill_ml is {self.fill_ml:g}, a {self.syringe} holds {most:g} at most")
        return self

    @property
    def reservoir(self) -> str:
        """What is in the pump, as a person names it."""
        return self.syringe or f"{self.tube} tube"


class Mechanics(_Table):
    """The rig between motor and fluid; what is not given is the nominal rig's."""

    gear: Annotated[float, Field(ge=0.1, le=100)] = Screw.gear
    pitch_mm: Annotated[float, Field(ge=0.1, le=10)] = Screw.pitch_mm
    wobble_mm: Annotated[float, Field(ge=0, le=0.1)] = Screw.wobble_mm
    step_error_mm: Annotated[float, Field(ge=0, le=0.01)] = Screw.step_error_mm
    backlash_mm: Annotated[float, Field(ge=0, le=2)] = Screw.backlash_mm
    gap_mm: Annotated[float, Field(ge=0, le=10)] = Screw.gap_mm
    compliance_ul_kpa: Annotated[float, Field(ge=0.1, le=100)] | None = None  # of this very syringe
    stall_n: Annotated[float, Field(ge=1, le=1000)] = STALL_N
    stopper: Literal["real", "ideal"] = "real"  # ideal: no friction, a rigid rod
    worn_turns: Annotated[float, Field(ge=0, le=1e7)] = 0.0  # of a peristaltic pump's tube, before this run


class Supply(_Table):
    """The bag a peristaltic pump draws from."""

    bag_ml: Annotated[float, Field(ge=1, le=5000)] = 500.0
    height_cm: Annotated[float, Field(ge=-100, le=200)] = 60.0  # over the pump
    set: Annotated[str, AfterValidator(_readable)] = "2.0 m x 3.0 mm"
    drops_per_ml: int = 20

    @field_validator("drops_per_ml")
    @classmethod
    def _made(cls, drops: int) -> int:
        if drops not in DROPS_PER_ML:
            raise ValueError("must be one of " + ", ".join(map(str, DROPS_PER_ML)))
        return drops


class Line(_Table):
    set: Annotated[str, AfterValidator(_readable)] | None = None
    length_m: Annotated[float, Field(gt=0, le=10)] | None = None
    inner_diameter_mm: Annotated[float, Field(ge=0.1, le=10)] | None = None
    cannula: Annotated[str, _one_of(*CANNULAS)] = "20G"
    fluid: Annotated[str, _one_of(*FLUIDS)] = "water"
    anti_siphon_kpa: Annotated[float, Field(ge=1, le=50)] | None = None  # a valve in the line that opens at so much

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        sizes = (self.length_m, self.inner_diameter_mm)
        if (self.set is None) == (None in sizes) or (self.set is not None and sizes != (None, None)):
            raise ValueError("give either set, or length_m and inner_diameter_mm")
        return self

    @property
    def tubing(self) -> Tubing:
        if self.set is not None:
            return tubing(self.set)
        assert self.length_m is not None and self.inner_diameter_mm is not None
        return Tubing(self.length_m, self.inner_diameter_mm)


class Patient(_Table):
    route: Annotated[str, _one_of(*ROUTES)] = "peripheral vein"
    pressure_kpa: Annotated[float, Field(ge=-5, le=40)] | None = None  # the route's unless given
    height_cm: Annotated[float, Field(ge=-200, le=200)] = 0.0  # above the pump


class Noise(_Table):
    model: Literal["none", "bench", "bedside", "harsh"] = "none"
    offset_kpa: Annotated[float, Field(ge=-50, le=50)] = 0.0
    quantum_kpa: Annotated[float, Field(ge=0, le=10)] = 0.0  # a step of the sensor's converter


class Therapy(_Table):
    mode: Literal["continuous"] = "continuous"
    rate_ml_h: Rate
    vtbi_ml: Annotated[float, Field(ge=0.001, le=99_999)]
    kvo_ml_h: Annotated[float, Field(ge=0, le=1200), AfterValidator(_hundredths)] = 1.0


class Event(_Table):
    at_s: Seconds
    action: Literal["program", "start", "pause", "resume", "stop", "rate", "acknowledge", "reload", "silence", "height"]
    rate_ml_h: Rate | None = None
    height_cm: Annotated[float, Field(ge=-200, le=200)] | None = None
    via: Literal["keys", "link"] = "keys"

    @model_validator(mode="after")
    def _value_where_needed(self) -> Self:
        for action, name in (("rate", "rate_ml_h"), ("height", "height_cm")):
            given = getattr(self, name) is not None
            if self.action == action and not given:
                raise ValueError(f'{name} is missing, action = "{action}" needs it')
            if given and self.action != action:
                raise ValueError(f'{name} belongs to action = "{action}", and only there')
        return self


class Fault(_Table):
    at_s: Seconds
    until_s: Seconds | None = None
    kind: Annotated[str, _one_of(*KINDS)]
    severity: float | None = None
    syringe: Annotated[str, _one_of(*syringes())] | None = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.until_s is not None and self.until_s <= self.at_s:
            raise ValueError("until_s must lie after at_s")
        problem = KINDS[self.kind].problem(self.severity)
        if problem:
            raise ValueError(problem)
        if self.kind == "wrong-syringe" and self.syringe is None:
            raise ValueError('syringe is missing, kind = "wrong-syringe" needs the one really in the pump')
        if self.kind != "wrong-syringe" and self.syringe is not None:
            raise ValueError('syringe, the one really in the pump, belongs to kind = "wrong-syringe", and only there')
        return self

    @property
    def amount(self) -> float:
        """The severity, or else the usual one; 0 where a fault has none."""
        usual = KINDS[self.kind].severity
        return self.severity if self.severity is not None else usual.usual if usual else 0.0


class ExpectedAlarm(_Table):
    code: Annotated[str, _one_of(*(row.name for row in TABLE[1:]))]
    within_s: Seconds  # after the last fault before it, or user event where there are no faults


Bounds = Annotated[list[float], Field(min_length=2, max_length=2), AfterValidator(_in_order)]


class Expect(_Table):
    final_state: Annotated[str, _one_of(*STATE_NAMES, OFF, DEAD)] | None = None
    delivered_ml: Bounds | None = None
    alarms: list[ExpectedAlarm] | None = None
    plant: dict[Annotated[str, _one_of(*MEASURES)], Bounds] = {}


class Scenario(_Table):
    name: Annotated[str, AfterValidator(_titled)]
    duration_s: Annotated[float, Field(ge=1, le=30 * 86_400)]
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    trace_every_s: Annotated[float, Field(ge=0.1, le=30)] | None = None  # a 720th of the run, 1 to 10 s
    pump: Pump
    mechanics: Mechanics = Mechanics()
    supply: Supply = Supply()
    line: Line
    patient: Patient = Patient()
    noise: Noise = Noise()
    therapy: Annotated[list[Therapy], Field(min_length=1, max_length=1)]
    event: list[Event] = []
    fault: list[Fault] = []
    expect: Expect = Expect()
