"""What a run leaves behind: rows of the trace, events, and the plant's balance at every row."""

from typing import NamedTuple

from pumpcore.alarms import TABLE
from pumpcore.records import ACCEPTED, ANSWER_NAMES, Inputs, Outputs
from pumpcore.states import EVENT_NAMES, STATE_NAMES
from pumpsim.plant import Plant

OFF, DEAD = "OFF", "DEAD"  # states of a pump without power, and of one whose loop has ended


class Row(NamedTuple):
    """A row of the trace. `flow_ml_h` is the mean since the row before."""

    t_s: float
    state: str
    set_rate_ml_h: float
    flow_ml_h: float
    pumped_ml: float
    delivered_ml: float
    pressure_kpa: float
    alarm: str
    reading_kpa: float  # the pressure as the controller read it last
    supply_kpa: float  # at the inlet of a peristaltic pump
    air_ml: float  # that went into the patient


class Note(NamedTuple):
    """An event: `source` is user, patient, state, alarm, guard, fault or loop."""

    t_s: float
    source: str
    code: str
    value: str


TRACE_COLUMNS = Row._fields
EVENT_COLUMNS = Note._fields

# What a run measured of the plant, by name, for summary.json and for [expect].
MEASURES = {
    "pumped_ml": "as the controller counts",
    "free_ml": "that flowed by itself, as the controller counts",
    "air_ml": "of air that went into the patient",
    "peak_kpa": "highest pressure at the pump's outlet, of all rows",
    "least_kpa": "lowest pressure at the pump's outlet, of all rows",
    "supply_least_kpa": "lowest pressure at the inlet of a peristaltic pump, of all rows",
    "reading_peak_kpa": "highest pressure that the controller read, of all rows",
    "encoder_ml": "as the encoder counts",
    "lost_steps": "pulses that did not turn the motor",
    "left_ml": "in the reservoir at the end",
    "drops": "in the drop chamber",
    "battery_v": "at the end",
    "housing_c": "at the end",
}


class Record:
    """Rows at regular times and whenever the state or the rate changes; of two at one time the later stands."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.events: list[Note] = []
        self.steps_run = 0
        self.worst_balance_ul = 0.0
        self._state = 0
        self._alarms = 0
        self._rate = 0

    def step(self, now_ms: int, inputs: Inputs, outputs: Outputs) -> bool:
        """Note what a step of the controller changed; whether that calls for a row."""
        self.steps_run += 1
        changed = outputs.state != self._state or outputs.rate_cml_h != self._rate
        self._rate = outputs.rate_cml_h
        if inputs.request:
            self.event(now_ms, "user", EVENT_NAMES[inputs.request], _answer(inputs, outputs))
        if outputs.state != self._state:
            self.event(now_ms, "state", STATE_NAMES[outputs.state], STATE_NAMES[self._state])
            self._state = outputs.state
        if outputs.alarms_raised or outputs.alarms != self._alarms:
            self._note_alarms(now_ms, self._alarms & ~outputs.alarms, "cleared")
            self._note_alarms(now_ms, outputs.alarms_raised, "raised")
            self._alarms = outputs.alarms
        return changed

    def _note_alarms(self, now_ms: int, mask: int, value: str) -> None:
        for code in range(1, len(TABLE)):
            if mask & 1 << code:
                self.event(now_ms, "alarm", TABLE[code].name, value)

    def event(self, now_ms: int, source: str, code: str, value: str) -> None:
        self.events.append(Note(now_ms / 1000, source, code, value))

    def row(self, now_ms: int, inputs: Inputs, outputs: Outputs, plant: Plant, instead: str | None = None) -> None:
        """`instead` stands for the state of a controller that does not run."""
        self.worst_balance_ul = max(self.worst_balance_ul, abs(plant.balance_ul))
        t_s, delivered_ml = now_ms / 1000, plant.delivered_ul / 1000
        flow_ml_h = 0.0
        if self.rows and self.rows[-1].t_s == t_s:
            flow_ml_h = self.rows.pop().flow_ml_h
        elif self.rows:
            before = self.rows[-1]
            flow_ml_h = (delivered_ml - before.delivered_ml) / (t_s - before.t_s) * 3600
        self.rows.append(
            Row(
                t_s,
                instead or STATE_NAMES[outputs.state],
                outputs.rate_cml_h / 100,
                flow_ml_h,
                outputs.pumped_ul / 1000,
                delivered_ml,
                plant.line_kpa,
                TABLE[outputs.alarm_shown].name,
                inputs.pressure_pa / 1000,
                plant.supply_kpa,
                plant.air_ul / 1000,
            )
        )


def _answer(inputs: Inputs, outputs: Outputs) -> str:
    """The rate that was set, or why a request was refused."""
    if outputs.answer != ACCEPTED:
        return ANSWER_NAMES[outputs.answer]
    return f"{inputs.rate_cml_h / 100:g} mL/h" if inputs.rate_cml_h else ""
