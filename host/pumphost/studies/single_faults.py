"""Any single fault, at a random time, rate and severity: is it found, is the alarm the right one, what does it cost.

A pump infuses in `bedside` noise; once slack and friction of its start are past, a fault of kinds.py begins and stays.
SPANS says how bad it is drawn, and why no milder: what changes nothing that matters is no hazard. Left out are a power
cut, after which nothing is left to alarm, and syringes that a clamp around the barrel cannot tell apart: BD 60 and
Monoject 60, within 0.4 mm of a BD 50 and 0.4 % of what it moves.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, inf, log
from random import Random
from typing import Any, NamedTuple

from pumpcore.alarms import TABLE
from pumpcore.records import Inputs, Outputs
from pumpcore.watch import BARREL_UM
from pumphost.studies.study import Finding, Study, judged, no_run
from pumpsim.bench import Bench
from pumpsim.catalogue import TUBES, syringes
from pumpsim.kinds import KINDS
from pumpsim.plant import KPA_PER_CM, Plant
from pumpsim.record import Record
from pumpsim.rig import patient_kpa, step_ul
from pumpsim.scenario import Event, Fault, Line, Noise, Patient, Pump, Scenario, Supply, Therapy
from pumpsim.surroundings import ROOM_C, WARMING_S

SYRINGE_ML_H, ROLLER_ML_H = (0.5, 100.0), (5.0, 500.0)
SPECIAL_ML_H = {"air-train": (30.0, 500.0), "free-flow": (0.5, 150.0)}  # faster, the line's own pressure stops a leak
SETTLED_UL, SETTLED_S = (150.0, 350.0), (5.0, 60.0)  # pumped by then, and as much longer
MOST_OVER_ML, MOST_WAIT_S, MOST_UNBOOKED_ML, LEAST_RIGHT = 0.1, 2.0, 0.1, 99.0
UNFINDABLE = "infiltration"  # with the sensors there are, at slow rates: also told apart from the others
SIPHONS, KEYS = ("door-open", "syringe-unseated", "free-flow"), "key-bounce"
HOT_C, LOST_UL, SMALL_UL = 55.0, 15.0, 18_000.0  # the limit; a 64th of a turn and a bit; what a 20 mL syringe gives
BAG_CM, BELOW_CM = 60.0, (-130.0, -20.0)  # over the pump; the patient below a syringe that siphons


class Span(NamedTuple):
    """How bad a fault is drawn, and for how long its alarm is waited for: until some harm is done at least."""

    right: str  # alarms that name it
    ul: float  # pumped, and
    s: float
    least: float = 0.0
    most: float = 0.0  # 0: it is there or not
    drawn: str = "log"  # its logarithm evenly; or "even"; or "signed": as log, either way


# fmt: off
SPANS = {
    "occlusion-downstream": Span("OCCLUSION_DOWNSTREAM", 700, 60),
    # kPa at this rate: up to half the limit of 40 all is delivered, only some 0.1 mL of it later
    "occlusion-partial": Span("OCCLUSION_PARTIAL OCCLUSION_DOWNSTREAM", 1_200, 60, 25, 1_000),
    "occlusion-upstream": Span("OCCLUSION_UPSTREAM", 500, 60),
    # mL that double the tissue's resistance: all but the softest, for 2 mL beside the vein do harm in any
    "infiltration": Span("OCCLUSION_PARTIAL OCCLUSION_DOWNSTREAM", 2_000, 60, 0.1, 10),
    "free-flow": Span("FREE_FLOW", 600, 60, 0.2, 5),  # of the rate flows at the leak: a worn tube is a tenth off
    "air-bubble": Span("AIR_BUBBLE", 600, 70, 120, 5_000),  # uL: the limit is 100, the detector's window 10
    # bubbles of 40 uL, each 240, at 30 mL/h and more: 1 mL in 15 min, the limit; less is allowed to pass
    "air-train": Span("AIR_ACCUMULATED AIR_BUBBLE", 8_000, 70, 35, 200),
    # mL left: the last mL, of which a pump warns; air is a bag's way to tell, the motor at its limit a syringe's
    "reservoir-empty": Span("RESERVOIR_EMPTY AIR_BUBBLE MOTOR_STALL", 3_600, 60, 0, 1, "even"),
    "motor-stall": Span("MOTOR_STALL", 100, 30),
    "lost-steps": Span("MOTOR_STALL UNDER_INFUSION", 100, 30, 1, 99),  # %: all
    "winding-open": Span("SELF_TEST_FAILED", 50, 30),
    "door-open": Span("DOOR_OPEN", 50, 60),
    "syringe-unseated": Span("SYRINGE_UNSEATED", 50, 60),
    "wrong-syringe": Span("SYRINGE_WRONG", 400, 30),
    "encoder-stuck": Span("SENSOR_FAULT", 100, 60),
    "pressure-stuck": Span("SENSOR_FAULT", 500, 120),
    "pressure-offset": Span("SENSOR_FAULT", 400, 120, 20, 100, "signed"),  # kPa: half the limit, or a patient 2 m off
    "pressure-noise": Span("SENSOR_FAULT", 200, 900, 2, 50),  # kPa: patients who move make 1, and climbs are found
    "flow-sensor-stuck": Span("SENSOR_FAULT", 400, 120),
    "air-sensor-stuck": Span("SENSOR_FAULT AIR_BUBBLE", 200, 70, 0, 1_000, "even"),  # permille: all; from 500 it is air
    "battery-drain": Span("ON_BATTERY BATTERY_LOW BATTERY_EMPTY", 20, 30, 10, 20_000),  # mA: all, the mains are gone
    "overheat": Span("OVERHEAT", 0, 60, 60, 120, "even"),  # C: the limit is 55, with 60 outside after 20 min
    "clock-jump": Span("CLOCK_FAULT", 100, 60, 0.25, 86_400, "signed"),  # s: 0.2 s of 500 mL/h are 28 uL
    "loop-stall": Span("GUARD_STOPPED LATE_LOOP", 50, 30),
    "memory-flip": Span("MEMORY_FAULT", 150, 30, 0, 16, "even"),  # bit of the rate: all
    # % of the code before it: all; it is read once in 5 min, and known when a round is whole
    "code-flip": Span("SELF_TEST_FAILED", 0, 630, 0, 100, "even"),
    KEYS: Span("", 100, 90, 2, 20, "even"),  # times: all; right is no alarm, rate and volume as asked
    "key-stuck": Span("SELF_TEST_FAILED", 0, 30),
    "link-drop": Span("LINK_LOST", 20, 30),
}
# fmt: on


@dataclass(frozen=True)
class Case:
    pump: Pump
    asked: list[tuple[float, float]]  # (from s, mL/h), the first of them from the start
    fault: Fault
    ends_s: float
    height_cm: float
    seed: int


class Result(NamedTuple):
    early: str  # the first alarm before the fault, of which there should be none
    alarm: str  # the first that is shown after it, empty for none
    delay_s: float
    over_ml: float  # by the motor beyond what was asked, at the worst moment
    unbooked_ml: float  # into the patient, in the end
    found: bool
    right: bool


def cases(runs: int) -> list[Case]:
    """Spread evenly over the kinds, and over both drives where a kind can happen to both."""
    return [_case(list(SPANS)[seed % len(SPANS)], seed // len(SPANS) % 2 == 1, seed) for seed in range(runs)]


def _case(kind: str, rollers: bool, seed: int) -> Case:
    chance, span = Random(f"fault {kind} {seed}"), SPANS[kind]
    rollers = (KINDS[kind].drive or ("peristaltic" if rollers else "syringe")) == "peristaltic"
    (least, most), special = ROLLER_ML_H if rollers else SYRINGE_ML_H, SPECIAL_ML_H.get(kind, (0.0, inf))
    rate = round(_log_uniform(chance, max(least, special[0]), min(most, special[1])), 2)
    ul_s = rate / 3.6
    height_cm = chance.uniform(*BELOW_CM) if kind in SIPHONS and not rollers else 0.0
    at_s, wait_s = round(chance.uniform(*SETTLED_UL) / ul_s + chance.uniform(*SETTLED_S), 3), span.ul / ul_s + span.s
    severity = chance.uniform(span.least, span.most) if span.drawn == "even" else _log_uniform(chance, *span[3:5])
    if kind == "occlusion-partial":
        severity = min(severity / rate, 1_000.0)
    elif kind == "free-flow":  # by the head between air, or bag, and patient, less what the line takes
        head_kpa = (BAG_CM * KPA_PER_CM if rollers else 0.0) - patient_kpa(Patient(), height_cm)
        line_kpa = (0.035 if rollers else 0.09) * ul_s * (1 + severity)
        severity = min(max((head_kpa - line_kpa) / (severity * ul_s), 0.001), 100.0)
    elif kind == "overheat":
        wait_s += WARMING_S * log((severity - ROOM_C) / (severity - HOT_C))
    elif kind == "lost-steps":
        wait_s += LOST_UL / ul_s / (severity / 100)
    if span.drawn == "signed":
        severity *= chance.choice((-1, 1))
    held = f"BD Plastipak {20 if (at_s + wait_s) * ul_s < SMALL_UL and chance.random() < 0.5 else 50}"
    other = chance.choice(_others(held)) if kind == "wrong-syringe" else None
    fault = Fault(at_s=at_s, kind=kind, severity=severity if span.most else None, syringe=other)
    asked = [(0.0, rate)]
    if kind == KEYS:
        asked += [(at_s + 20, round(rate * chance.uniform(0.5, 0.9), 2)), (at_s + 60, rate)]
    pump = Pump(drive="peristaltic", tube=chance.choice(list(TUBES)[:3])) if rollers else Pump(syringe=held)
    return Case(pump, asked, fault, round(at_s + wait_s, 3), height_cm, seed)


def _log_uniform(chance: Random, least: float, most: float) -> float:
    return exp(chance.uniform(log(least), log(most))) if most else 0.0


def _others(held: str) -> list[str]:
    """Syringes that a clamp can tell from this one."""
    held_mm = syringes()[held].barrel_mm
    return [name for name, row in syringes().items() if abs(row.barrel_mm - held_mm) > BARREL_UM / 1_000]


def scenario(case: Case) -> Scenario:
    return Scenario(
        name=f"a single fault: {case.fault.kind}",
        duration_s=case.ends_s,
        seed=case.seed,
        trace_every_s=min(max((case.ends_s - case.fault.at_s) / 100, 0.1), 30.0),
        pump=case.pump,
        supply=Supply(bag_ml=1000.0, height_cm=BAG_CM),
        line=Line(set="IV administration set" if case.pump.tube else "1.5 m x 1.0 mm"),
        patient=Patient(height_cm=case.height_cm),
        noise=Noise(model="bedside"),
        therapy=[Therapy(rate_ml_h=case.asked[0][1], vtbi_ml=5_000.0)],
        event=[Event(at_s=at_s, action="rate", rate_ml_h=rate) for at_s, rate in case.asked[1:]],
        fault=[case.fault],
    )


class Travels(Record):
    """Also keeps, with their s, where the drive stood at every row, and what was shown when an alarm was raised."""

    def __init__(self) -> None:
        super().__init__()
        self.drive: list[tuple[float, int]] = []
        self.shown: list[tuple[float, str]] = []

    def row(self, now_ms: int, inputs: Inputs, outputs: Outputs, plant: Plant, instead: str | None = None) -> None:
        super().row(now_ms, inputs, outputs, plant, instead)
        self.drive.append((now_ms / 1000, plant.drive.position))

    def step(self, now_ms: int, inputs: Inputs, outputs: Outputs) -> bool:
        if outputs.alarms_raised:
            self.shown.append((now_ms / 1000, TABLE[outputs.alarm_shown].name))
        return super().step(now_ms, inputs, outputs)


def run(case: Case) -> Result:
    story, at_s = scenario(case), case.fault.at_s
    bench = Bench(story)
    record = bench.record = Travels()
    bench.run()
    told = record.shown + [(note.t_s, note.code) for note in record.events if note.source == "guard"]
    told.sort(key=lambda note: note[0])
    alarm_s, alarm = next((note for note in told if note[0] >= at_s), (inf, ""))
    over_ml = _over_ml(case, record, step_ul(story) / 1000)
    first, last = [row for row in record.rows if row.t_s <= at_s][-1], record.rows[-1]
    as_asked = (last.state, last.set_rate_ml_h) == ("INFUSING", case.asked[-1][1]) and abs(over_ml[-1]) <= MOST_OVER_ML
    return Result(
        early=told[0][1] if told and told[0][0] < at_s else "",
        alarm=alarm,
        delay_s=alarm_s - at_s,
        over_ml=max(over_ml),
        unbooked_ml=(last.delivered_ml - first.delivered_ml) - (last.pumped_ml - first.pumped_ml),
        found=as_asked if case.fault.kind == KEYS else bool(alarm),
        right=alarm in SPANS[case.fault.kind].right.split(" ") and (as_asked or case.fault.kind != KEYS),
    )


def _over_ml(case: Case, record: Travels, step_ml: float) -> list[float]:
    """What the drive moved beyond what was asked since the fault, row by row."""
    if case.fault.syringe and case.pump.syringe:  # a step is what is really in the pump
        step_ml *= syringes()[case.fault.syringe].area_mm2 / syringes()[case.pump.syringe].area_mm2
    begin_s, begin = [row for row in record.drive if row[0] <= case.fault.at_s][-1]
    over_ml = []
    for t_s, at in record.drive:
        changes = pairwise([(0.0, 0.0), (begin_s, case.asked[0][1]), *case.asked[1:]])
        asked_ml = sum((rate - before) / 3600 * max(t_s - at_s, 0.0) for (_, before), (at_s, rate) in changes)
        over_ml += [(at - begin) * step_ml - asked_ml] if t_s >= case.fault.at_s else []
    return over_ml


def judge(cases: Sequence[Any], results: Sequence[Any]) -> list[Finding]:
    pairs: list[tuple[Case, Result]] = list(zip(cases, results, strict=True))
    kinds = {kind: [pair for pair in pairs if pair[0].fault.kind == kind] for kind in SPANS}
    missed = [case.fault.kind for case, result in pairs if not result.found]
    findings = [judged("any single fault: undetected", "0", pairs, f"{_counts(missed)} of {len(pairs)}", not missed)]
    findable = [pair for pair in pairs if pair[0].fault.kind != UNFINDABLE]
    missed = [case.fault.kind for case, result in findable if not result.found]
    got = f"{_counts(missed)} of {len(findable)}"
    findings.append(judged(f"any but an {UNFINDABLE}: undetected", "0", findable, got, not missed))
    over = [(case, result.over_ml) for case, result in pairs]
    findings.append(_worst("any single fault: over-infusion by the motor", MOST_OVER_ML, over))
    for kind in SIPHONS:
        late = [result.delay_s for _, result in kinds[kind] if result.delay_s > MOST_WAIT_S]
        got = f"later in {len(late)} of {len(kinds[kind])}" + (f", {max(late):.1f} s at worst" if late else "")
        findings.append(judged(f"{kind}: until the alarm", f"<= {MOST_WAIT_S:g} s", kinds[kind], got, not late))
        unbooked = [(case, result.unbooked_ml) for case, result in kinds[kind]]
        findings.append(_worst(f"{kind}: flowed and not booked", MOST_UNBOOKED_ML, unbooked))
    findings += [_right("any single fault", pairs), _right(f"any but an {UNFINDABLE}", findable)]
    findings += [_right(kind, mine) for kind, mine in kinds.items() if not all(result.right for _, result in mine)]
    early = [result.early for _, result in pairs if result.early]
    got = f"{_counts(early)} of {len(pairs)}"
    return [*findings, judged("before the fault: alarms", "none", pairs, got, not early)]


def _right(what: str, mine: list[tuple[Case, Result]]) -> Finding:
    what, asked = f"{what}: the alarm is the right one", f">= {LEAST_RIGHT:g} %"
    if not mine:
        return no_run(what, asked)
    wrong = [result.alarm or "none" for _, result in mine if not result.right]
    share = 100 * (1 - len(wrong) / len(mine))
    got = f"{share:.2f} % of {len(mine)}" + (f"; else {_counts(wrong)}" if wrong else "")
    return Finding(what, asked, got, share >= LEAST_RIGHT)


def _worst(what: str, most_ml: float, each: list[tuple[Case, float]]) -> Finding:
    what, asked = f"{what}, worst", f"<= {most_ml:g} mL"
    if not each:
        return no_run(what, asked)
    more, (case, ml) = sum(ml > most_ml for _, ml in each), max(each, key=lambda one: one[1])
    severity = f"{case.fault.severity:.3g} " if case.fault.severity is not None else ""
    got = f"{ml:.3f} mL: {case.fault.kind} {severity}at {case.asked[0][1]:g} mL/h, {case.pump.reservoir}; "
    got += f"more in {more} of {len(each)}"
    return Finding(what, asked, got, not more)


def _counts(names: list[str]) -> str:
    each = [f"{name} {count}" for name, count in Counter(names).most_common()]
    return f"{len(names)} ({', '.join(each)})" if names else "0"


STUDY = Study("single faults", 2000, cases, run, judge)
