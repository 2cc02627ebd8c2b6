"""What a pump tells, in a person's units: mL/h, mL, kPa, s, V, degrees C. `of` takes the fields of a reply in the order
of commands.TABLE, and raises WrongVersion for a number that stands for nothing here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from pumpcore.alarms import TABLE as ALARMS
from pumpcore.alarms import Alarm
from pumpcore.commands import PROTOCOL
from pumpcore.events import BOOT_NAMES, KIND_NAMES, LINK, LINK_NAMES, RAISED, REQUEST, STATE
from pumpcore.records import ANSWER_NAMES
from pumpcore.states import EVENT_NAMES, STATE_NAMES
from pumphost.line import WrongVersion

T = TypeVar("T")


def known(names: Sequence[T], at: int, what: str) -> T:
    """What the pump means by the number `at`."""
    if not 0 <= at < len(names):
        raise WrongVersion(f"the pump tells of {what} {at}, which this version does not know: flash it")
    return names[at]


@dataclass(frozen=True)
class Info:
    protocol: int
    keyed: bool  # changing anything needs a session opened with the pump's key
    step_pl: int  # volume of a motor step
    reservoir_ml: float
    most_rate_ml_h: float
    occlusion_kpa: float
    bubble_ul: int

    @classmethod
    def of(cls, keyed: bool, step_pl: int, reservoir_ul: int, most_cml_h: int, occlusion_pa: int, ul: int) -> "Info":
        return cls(PROTOCOL, keyed, step_pl, reservoir_ul / 1_000, most_cml_h / 100, occlusion_pa / 1_000, ul)


@dataclass(frozen=True)
class Status:
    state: str
    rate_ml_h: float  # that flows now
    pumped_ml: float  # since power-on
    left_ml: float  # of the volume to be infused
    alarm: str  # the code shown, empty for none
    alarm_text: str
    silent: bool
    waiting: bool  # a prescription waits to be confirmed

    @classmethod
    def of(
        cls, state: int, rate_cml_h: int, pumped_ul: int, left_ul: int, shown: int, silent: int, waiting: int
    ) -> "Status":
        alarm = known(ALARMS, shown, "alarm")
        return cls(
            known(STATE_NAMES, state, "state"),
            rate_cml_h / 100,
            pumped_ul / 1_000,
            left_ul / 1_000,
            alarm.name,
            alarm.text,
            silent == 1,
            waiting == 1,
        )

    @property
    def left_s(self) -> float | None:
        """Time left at this rate, to 0.1 s; None while nothing flows."""
        return round(self.left_ml / self.rate_ml_h * 3_600, 1) if self.rate_ml_h else None


@dataclass(frozen=True)
class Standing:
    """The alarms that stand."""

    latched: tuple[Alarm, ...]
    shown: str
    reason: str  # which of them stopped the pump
    free_ml: float  # that flowed by itself

    @classmethod
    def of(cls, latched: int, shown: int, reason: int, free_ul: int) -> "Standing":
        rows = tuple(known(ALARMS, code, "alarm") for code in range(1, latched.bit_length()) if latched >> code & 1)
        shown_name, reason_name = (known(ALARMS, code, "alarm").name for code in (shown, reason))
        return cls(rows, shown_name, reason_name, free_ul / 1_000)


@dataclass(frozen=True)
class Senses:
    clock_s: float  # since power-on, modulo 2**30 ms
    pressure_kpa: float
    air_permille: int  # of the detector's window
    battery_v: float
    housing_c: float
    on_mains: bool

    @classmethod
    def of(cls, clock_ms: int, pressure_pa: int, air: int, battery_mv: int, housing_dc: int, mains: int) -> "Senses":
        return cls(clock_ms / 1_000, pressure_pa / 1_000, air, battery_mv / 1_000, housing_dc / 10, mains == 1)


@dataclass(frozen=True)
class Counts:
    bad: int  # lines that were no frame
    refused: int
    first_event: int
    next_event: int


@dataclass(frozen=True)
class Event:
    number: int
    clock_s: float
    kind: str  # state, alarm, request, link
    code: str
    value: str

    @classmethod
    def of(cls, number: int, clock_ms: int, kind: int, code: int, value: int) -> "Event":
        name = known(KIND_NAMES, kind, "an event of kind")
        codes, values = MEANINGS[kind]
        return cls(number, clock_ms / 1_000, name, known(codes, code, name), known(values, value, name))


ALARM_NAMES = tuple(row.name for row in ALARMS)
MEANINGS: dict[int, tuple[Sequence[str], Sequence[str]]] = {  # of an event's code and value, by its kind
    0: ((), ()),
    STATE: (STATE_NAMES, STATE_NAMES),
    RAISED: (ALARM_NAMES, ("cleared", "raised")),
    REQUEST: (EVENT_NAMES, ANSWER_NAMES),
    LINK: (LINK_NAMES, BOOT_NAMES),
}


@dataclass(frozen=True)
class Reading:
    """How the pump reads what it is to do. Nothing happens before `confirm(digest)`."""

    rate_ml_h: float
    vtbi_ml: float
    kvo_ml_h: float
    duration_s: int
    digest: str

    @classmethod
    def of(cls, rate_cml_h: int, vtbi_ul: int, kvo_cml_h: int, duration_s: int, digest: str) -> "Reading":
        return cls(rate_cml_h / 100, vtbi_ul / 1_000, kvo_cml_h / 100, duration_s, digest)
