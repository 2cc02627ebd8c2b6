"""What a scenario may say, table by table, with the bounds of every value.

Numbers are in the units a person writes. Unknown keys are errors. loading.py reads a file into this and
turns what is wrong into one line.
"""

from difflib import get_close_matches
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from pumpcore.alarms import TABLE
from pumpcore.states import STATE_NAMES
from pumpsim.catalogue import CANNULAS, Tubing, syringes, tubing
from pumpsim.faults import KINDS


def _hundredths(rate_ml_h: float) -> float:
    if abs(rate_ml_h * 100 - round(rate_ml_h * 100)) > 1e-6:
        raise ValueError("must be a multiple of 0.01 mL/h")
    return rate_ml_h


def _one_of(*names: str) -> AfterValidator:
    """A text that must be one of `names`; the nearest is offered for another."""

    def check(name: str) -> str:
        if name not in names:
            near = get_close_matches(name, names, n=1)
            raise ValueError("must be one of " + ", ".join(names) + (f"; did you mean {near[0]}?" if near else ""))
        return name

    return AfterValidator(check)


Rate = Annotated[float, Field(ge=0.01, le=1200), AfterValidator(_hundredths)]
Seconds = Annotated[float, Field(ge=0, le=30 * 86_400)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Pump(_Table):
    drive: Literal["syringe"] = "syringe"
    syringe: Annotated[str, _one_of(*syringes())]
    fill_ml: Annotated[float, Field(ge=0.1, le=60)] | None = None  # the nominal volume unless given
    occlusion_kpa: Annotated[float, Field(ge=6.7, le=120)] = 40.0  # 50 to 900 mmHg
    bubble_ul: Annotated[int, Field(ge=20, le=1000)] = 100
    near_end_min: Annotated[float, Field(ge=0, le=240)] = 3.0

    @model_validator(mode="after")
    def _fits(self) -> Self:
        nominal = syringes()[self.syringe].nominal_ml
        if self.fill_ml is not None and self.fill_ml > nominal * 1.2:
            raise ValueError(f"fill_ml is {self.fill_ml:g}, a {self.syringe} holds {nominal * 1.2:g} at most")
        return self


class Line(_Table):
    set: str | None = None
    length_m: Annotated[float, Field(gt=0, le=10)] | None = None
    inner_diameter_mm: Annotated[float, Field(ge=0.1, le=10)] | None = None
    cannula: Annotated[str, _one_of(*CANNULAS)] = "20G"

    @field_validator("set")
    @classmethod
    def _readable(cls, name: str | None) -> str | None:
        if name is not None:
            size = tubing(name)
            if not (0 < size.length_m <= 10 and 0.1 <= size.inner_diameter_mm <= 10):
                raise ValueError("must be up to 10 m long and 0.1 to 10 mm wide")
        return name

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
    pressure_kpa: Annotated[float, Field(ge=-5, le=40)] = 1.3  # a peripheral vein, assumed
    height_cm: Annotated[float, Field(ge=-200, le=200)] = 0.0  # above the pump


class Noise(_Table):
    model: Literal["none", "bench", "bedside", "harsh"] = "none"


class Therapy(_Table):
    mode: Literal["continuous"] = "continuous"
    rate_ml_h: Rate
    vtbi_ml: Annotated[float, Field(ge=0.001, le=99_999)]
    kvo_ml_h: Annotated[float, Field(ge=0, le=1200), AfterValidator(_hundredths)] = 1.0


class Event(_Table):
    at_s: Seconds
    action: Literal["start", "pause", "resume", "stop", "rate", "acknowledge"]
    rate_ml_h: Rate | None = None

    @model_validator(mode="after")
    def _rate_where_needed(self) -> Self:
        if (self.action == "rate") != (self.rate_ml_h is not None):
            raise ValueError('rate_ml_h belongs to action = "rate", and only there')
        return self


class Fault(_Table):
    at_s: Seconds
    until_s: Seconds | None = None
    kind: Annotated[str, _one_of(*KINDS)]
    severity: float | None = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.until_s is not None and self.until_s <= self.at_s:
            raise ValueError("until_s must lie after at_s")
        problem = KINDS[self.kind].problem(self.severity)
        if problem:
            raise ValueError(problem)
        return self


class ExpectedAlarm(_Table):
    code: Annotated[str, _one_of(*(row.name for row in TABLE[1:]))]
    within_s: Seconds  # after the last fault before it, or user event where there are no faults


class Expect(_Table):
    final_state: Annotated[str, _one_of(*STATE_NAMES)] | None = None
    delivered_ml: Annotated[list[float], Field(min_length=2, max_length=2)] | None = None
    alarms: list[ExpectedAlarm] | None = None

    @field_validator("delivered_ml")
    @classmethod
    def _in_order(cls, bounds: list[float] | None) -> list[float] | None:
        if bounds is not None and bounds[0] > bounds[1]:
            raise ValueError("must be [least, most]")
        return bounds


class Scenario(_Table):
    name: str
    duration_s: Annotated[float, Field(ge=1, le=30 * 86_400)]
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    trace_every_s: Annotated[float, Field(ge=0.1, le=30)] | None = None  # a 720th of the run, 1 to 10 s
    pump: Pump
    line: Line
    patient: Patient = Patient()
    noise: Noise = Noise()
    therapy: Annotated[list[Therapy], Field(min_length=1, max_length=1)]
    event: list[Event] = []
    fault: list[Fault] = []
    expect: Expect = Expect()
