"""Any single fault, at a random time, rate and severity: is it found, is the alarm the right one, what does it cost.

A pump infuses in `bedside` noise; once slack and friction of its start are past, one fault of kinds.py begins and
stays. SPANS says how bad each is drawn, and why no milder: what changes nothing that matters is no hazard. What it
leaves out: a power cut, after which nothing is left that could alarm, and the wrong syringes that a clamp around the
barrel cannot tell apart: BD 60 and Monoject 60, within 0.4 mm of a BD 50 and 0.4 % of what it moves.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, inf, log
from random import Random
from typing import Any

from pumpcore.records import Inputs, Outputs
from pumpcore.watch import BARREL_UM
from pumphost.studies.study import Finding, Study
from pumpsim.bench import Bench
from pumpsim.catalogue import TUBES, syringes
from pumpsim.kinds import KINDS
from pumpsim.plant import KPA_PER_CM, Plant
from pumpsim.record import Record
from pumpsim.rig import patient_kpa, step_ul
from pumpsim.scenario import Event, Fault, Line, Noise, Patient, Pump, Scenario, Supply, Therapy
from pumpsim.surroundings import ROOM_C, WARMING_S

SYRINGE_ML_H, ROLLER_ML_H = (0.5, 100.0), (5.0, 500.0)
SETTLED_UL, SETTLED_S = (150.0, 350.0), (5.0, 60.0)  # pumped by then, and as much longer
MOST_OVER_ML, MOST_WAIT_S, MOST_UNBOOKED_ML, LEAST_RIGHT = 0.1, 2.0, 0.1, 99.0
SIPHONS = "door-open", "syringe-unseated", "free-flow"
KEYS = "key-bounce"
BUBBLE_UL = 100  # the limit
HOT_C = 55.0
LOST_UL = 15.0  # a 64th of a turn and a bit
SMALL_UL = 18_000.0  # a 20 mL syringe is drawn if it lasts
ROLLED = tuple(TUBES)[:3]  # the last needs a gear
BAG_CM, BELOW_CM = 60.0, (-130.0, -20.0)  # over the pump; the patient below a syringe that siphons


@dataclass(frozen=True)
class Span:
    """`right` are the alarms that name the fault, `ul` and `s` what is pumped and waited on top until it has to be
    found: long enough for a detector that works, and for the harm of one that does not."""

    right: tuple[str, ...]
    ul: float
    s: float
    least: float = 0.0
    most: float = 0.0  # 0: it is there or not
    even: bool = False  # drawn evenly; or else its logarithm is
    signed: bool = False  # either way
    why: str = ""


SPANS = {
    "occlusion-downstream": Span(("OCCLUSION_DOWNSTREAM",), 700, 60),
    "occlusion-partial": Span(
        ("OCCLUSION_PARTIAL", "OCCLUSION_DOWNSTREAM"), 1_200, 60, 25, 1_000,
        why="kPa at this rate: up to half the limit of 40 kPa all is delivered, only later by a few 0.1 mL",
    ),
    "occlusion-upstream": Span(("OCCLUSION_UPSTREAM",), 500, 60),
    "infiltration": Span(
        ("OCCLUSION_PARTIAL", "OCCLUSION_DOWNSTREAM"), 2_000, 60, 0.1, 10,
        why="mL that double the resistance: even soft tissue, and any drug, is hurt by the 2 mL of a run",
    ),
    "free-flow": Span(
        ("FREE_FLOW",), 600, 60, 0.2, 5,
        why="of the rate, by the leak alone, 0.5 mL/h and more: a pump is 5 to 10 % off by itself",
    ),
    "air-bubble": Span(
        ("AIR_BUBBLE",), 600, 70, 120, 5_000, why=f"uL: the limit is {BUBBLE_UL}, and the detector's window 10"
    ),
    "air-train": Span(
        ("AIR_ACCUMULATED", "AIR_BUBBLE"), 8_000, 70, 35, 200,
        why="bubbles of 40 uL each 240: at 30 mL/h and more they are 1 mL in 15 min, less is allowed to pass",
    ),
    "reservoir-empty": Span(
        ("RESERVOIR_EMPTY", "MOTOR_STALL", "SENSOR_FAULT"), 3_600, 60, 0, 1, even=True,
        why="mL left; a syringe's motor stalls once the rod is pressed by 150 N, another 1.4 to 1.9 mL",
    ),
    "motor-stall": Span(("MOTOR_STALL",), 100, 30),
    "lost-steps": Span(("MOTOR_STALL", "UNDER_INFUSION"), 100, 30, 1, 99, why="%: all of them"),
    "door-open": Span(("DOOR_OPEN",), 50, 60),
    "syringe-unseated": Span(("SYRINGE_UNSEATED",), 50, 60),
    "wrong-syringe": Span(("SYRINGE_WRONG",), 400, 30),
    "encoder-stuck": Span(("SENSOR_FAULT",), 100, 60),
    "pressure-stuck": Span(("SENSOR_FAULT",), 500, 120),
    "pressure-offset": Span(
        ("SENSOR_FAULT",), 400, 120, 20, 100, signed=True,
        why="kPa: half the limit, or a patient 2 m higher or lower; a climb is found at any offset",
    ),
    "pressure-noise": Span(
        ("SENSOR_FAULT",), 200, 900, 2, 50, why="kPa: patients who sit up make 1, and a climb is found among them"
    ),
    "air-sensor-stuck": Span(("SENSOR_FAULT",), 200, 70, 0, 1_000, even=True, why="permille: all of them"),
    "battery-drain": Span(("ON_BATTERY",), 20, 30, 10, 20_000, why="mA: all of them, the mains are gone"),
    "overheat": Span(("OVERHEAT",), 0, 60, 60, 120, even=True, why=f"C: the limit is {HOT_C:g}, reached in 20 min"),
    "clock-jump": Span(
        ("CLOCK_FAULT",), 100, 60, 0.25, 86_400, signed=True, why="s: 0.2 s of 500 mL/h are 28 uL"
    ),
    "loop-stall": Span(("GUARD_STOPPED", "LATE_LOOP"), 50, 30),
    "memory-flip": Span(("MEMORY_FAULT",), 150, 30, 0, 16, even=True, why="bit of the rate: all of them"),
    KEYS: Span((), 100, 90, 2, 20, even=True, why="times: all; right if rate and volume are what was asked, no alarm"),
    "link-drop": Span(("LINK_LOST",), 20, 30),
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    kind: str
    pump: Pump
    asked: tuple[tuple[float, float], ...]  # (from s, mL/h), the first of the therapy itself
    fault: Fault
    ends_s: float
    height_cm: float
    seed: int

    @property
    def right(self) -> tuple[str, ...]:
        """What may be told of it."""
        right = SPANS[self.kind].right
        if self.kind == "air-sensor-stuck" and self.fault.amount >= 500:
            return (*right, "AIR_BUBBLE")
        if self.kind == "reservoir-empty" and self.pump.tube:
            return "RESERVOIR_EMPTY", "AIR_BUBBLE"
        return right


@dataclass(frozen=True)
class Result:
    alarm: str  # the first after the fault; empty if there is none
    delay_s: float
    over_ml: float  # by the motor, at the worst moment
    unbooked_ml: float  # into the patient, in the end
    early: tuple[str, ...]  # alarms before the fault
    as_asked: bool  # the pump runs as if nothing were wrong


def cases(runs: int) -> list[Case]:
    """Spread evenly over the kinds, and over both drives where a kind can happen to both."""
    return [_case(list(SPANS)[seed % len(SPANS)], seed // len(SPANS) % 2 == 1, seed) for seed in range(runs)]


def _case(kind: str, rollers: bool, seed: int) -> Case:
    chance, span = Random(f"fault {kind} {seed}"), SPANS[kind]
    rollers = (KINDS[kind].drive or ("peristaltic" if rollers else "syringe")) == "peristaltic"
    least, most = ROLLER_ML_H if rollers else SYRINGE_ML_H
    rate = round(_log_uniform(chance, max(least, 30.0) if kind == "air-train" else least, most), 2)
    ul_s = rate / 3.6
    height_cm = chance.uniform(*BELOW_CM) if kind in SIPHONS and not rollers else 0.0
    at_s = round(chance.uniform(*SETTLED_UL) / ul_s + chance.uniform(*SETTLED_S), 3)
    wait_s = span.ul / ul_s + span.s
    severity = chance.uniform(span.least, span.most) if span.even else _log_uniform(chance, span.least, span.most)
    if kind == "occlusion-partial":
        severity = min(severity / rate, 1_000.0)
    elif kind == "free-flow":  # what leaks by the head between air, or bag, and patient
        head_kpa = (BAG_CM * KPA_PER_CM if rollers else 0.0) - patient_kpa(Patient(), height_cm)
        severity = min(max(head_kpa / (severity * ul_s), 0.001), 100.0)
    elif kind == "overheat":
        wait_s += WARMING_S * log((severity - ROOM_C) / (severity - HOT_C))
    elif kind == "lost-steps":
        wait_s += LOST_UL / ul_s / (severity / 100)
    elif kind == "memory-flip" or kind == KEYS:
        severity = round(severity)
    if span.signed:
        severity *= chance.choice((-1, 1))
    small = (at_s + wait_s) * ul_s < SMALL_UL and chance.random() < 0.5
    held = "BD Plastipak 20" if small else "BD Plastipak 50"
    fault = Fault(
        at_s=at_s,
        kind=kind,
        severity=severity if span.most else None,
        syringe=chance.choice(_others(held)) if kind == "wrong-syringe" else None,
    )
    asked = [(0.0, rate)]
    if kind == KEYS:
        other = round(rate * chance.uniform(0.5, 0.9), 2)
        asked += chance.choice(([(at_s + 20, other)], [(at_s + 20, 0.0), (at_s + 40, rate)]))
    pump = Pump(drive="peristaltic", tube=chance.choice(ROLLED)) if rollers else Pump(syringe=held)
    return Case(kind, pump, tuple(asked), fault, round(at_s + wait_s, 3), height_cm, seed)


def _log_uniform(chance: Random, least: float, most: float) -> float:
    return exp(chance.uniform(log(least), log(most))) if most else 0.0


def _others(held: str) -> list[str]:
    """Syringes that its clamp can tell from this one."""
    rows = syringes()
    return [name for name, row in rows.items() if abs(row.barrel_mm - rows[held].barrel_mm) * 1_000 > BARREL_UM]


def scenario(case: Case) -> Scenario:
    return Scenario(
        name=f"a single fault: {case.kind}",
        duration_s=case.ends_s,
        seed=case.seed,
        trace_every_s=min(max((case.ends_s - case.fault.at_s) / 100, 0.1), 30.0),
        pump=case.pump,
        supply=Supply(bag_ml=1000.0, height_cm=BAG_CM),
        line=Line(set="IV administration set" if case.pump.tube else "1.5 m x 1.0 mm"),
        patient=Patient(height_cm=case.height_cm),
        noise=Noise(model="bedside"),
        therapy=[Therapy(rate_ml_h=case.asked[0][1], vtbi_ml=5_000.0)],
        event=[_event(at_s, rate, before) for (_, before), (at_s, rate) in pairwise(case.asked)],
        fault=[case.fault],
    )


def _event(at_s: float, rate_ml_h: float, before_ml_h: float) -> Event:
    if rate_ml_h and before_ml_h:
        return Event(at_s=at_s, action="rate", rate_ml_h=rate_ml_h)
    return Event(at_s=at_s, action="resume" if rate_ml_h else "pause")


class Travels(Record):
    """A record that also keeps where the drive stood: (s, steps that turned it) at every row."""

    def __init__(self) -> None:
        super().__init__()
        self.travels: list[tuple[float, int]] = []

    def row(self, now_ms: int, inputs: Inputs, outputs: Outputs, plant: Plant, instead: str | None = None) -> None:
        super().row(now_ms, inputs, outputs, plant, instead)
        self.travels.append((now_ms / 1000, plant.drive.position))


def run(case: Case) -> Result:
    story, at_s = scenario(case), case.fault.at_s
    bench = Bench(story)
    record = bench.record = Travels()
    bench.run()
    told = [note for note in record.events if note[1::2] == ("alarm", "raised") or note.source == "guard"]
    after = [note for note in told if note.t_s >= at_s]
    step_ml = step_ul(story) / 1000
    if case.fault.syringe and case.pump.syringe:  # a step of what is really in the pump
        step_ml *= syringes()[case.fault.syringe].area_mm2 / syringes()[case.pump.syringe].area_mm2
    before_s, before = [travel for travel in record.travels if travel[0] <= at_s][-1]
    over_ml = [
        (steps - before) * step_ml - (asked_ml(case, t_s) - asked_ml(case, before_s))
        for t_s, steps in record.travels
        if t_s >= at_s
    ]
    first, last = [row for row in record.rows if row.t_s <= at_s][-1], record.rows[-1]
    runs = last.state == "INFUSING" and last.set_rate_ml_h == case.asked[-1][1]
    return Result(
        alarm=after[0].code if after else "",
        delay_s=after[0].t_s - at_s if after else inf,
        over_ml=max(over_ml),
        unbooked_ml=(last.delivered_ml - first.delivered_ml) - (last.pumped_ml - first.pumped_ml),
        early=tuple(note.code for note in told if note.t_s < at_s),
        as_asked=runs and abs(over_ml[-1]) <= MOST_OVER_ML,
    )


def asked_ml(case: Case, t_s: float) -> float:
    """What the prescription asked for by then."""
    ends_s = [at_s for at_s, _ in case.asked[1:]] + [inf]
    return sum(
        rate / 3600 * max(min(t_s, end_s) - at_s, 0.0) for (at_s, rate), end_s in zip(case.asked, ends_s, strict=True)
    )


def judge(cases: Sequence[Any], results: Sequence[Any]) -> list[Finding]:
    pairs: list[tuple[Case, Result]] = list(zip(cases, results, strict=True))
    missed = [case for case, result in pairs if not found(case, result)]
    over, worst = max(((result.over_ml, case) for case, result in pairs), key=_first)
    too_much = [case for case, result in pairs if result.over_ml > MOST_OVER_ML]
    wrong = [case for case, result in pairs if not named(case, result)]
    early = sorted({code for _, result in pairs for code in result.early})
    alarmed = sum(bool(result.early) for _, result in pairs)
    share = 100 * (1 - len(wrong) / len(pairs))
    got = f"{len(missed)} of {len(pairs)}{_counts(missed)}"
    findings = [Finding("any single fault: undetected", "0", got, not missed)]
    got = f"{over:.3f} mL, {_name(worst)}; more in {len(too_much)}{_counts(too_much)}"
    asked = f"<= {MOST_OVER_ML:g} mL"
    findings.append(Finding("any single fault: over-infusion by the motor, worst", asked, got, not too_much))
    for kind in SIPHONS:
        mine = [(case, result) for case, result in pairs if case.kind == kind]
        findings += _siphoned(kind, mine) if mine else []
    asked, got = f">= {LEAST_RIGHT:g} %", f"{share:.2f} % of {len(pairs)} runs"
    findings.append(Finding("any single fault: the alarm is the right one", asked, got, share >= LEAST_RIGHT))
    for kind in sorted({case.kind for case in wrong}):
        findings.append(_misnamed(kind, [pair for pair in pairs if pair[0].kind == kind]))
    got = f"{alarmed} of {len(pairs)} runs {', '.join(early)}".rstrip()
    return [*findings, Finding("before the fault: alarms", "none", got, not early)]


def found(case: Case, result: Result) -> bool:
    return result.as_asked if case.kind == KEYS else bool(result.alarm)


def named(case: Case, result: Result) -> bool:
    return result.as_asked and not result.alarm if case.kind == KEYS else result.alarm in case.right


def _siphoned(kind: str, mine: list[tuple[Case, Result]]) -> list[Finding]:
    waits_s = [result.delay_s for _, result in mine]
    late = sum(wait_s > MOST_WAIT_S for wait_s in waits_s)
    unbooked, case = max(((result.unbooked_ml, case) for case, result in mine), key=_first)
    more = sum(result.unbooked_ml > MOST_UNBOOKED_ML for _, result in mine)
    got = f"{max(waits_s):.1f} s; later in {late} of {len(mine)}"
    findings = [Finding(f"{kind}: until the alarm, worst", f"<= {MOST_WAIT_S:g} s", got, not late)]
    got = f"{unbooked:.2f} mL, {_name(case)}; more in {more} of {len(mine)}"
    return [*findings, Finding(f"{kind}: flowed and not booked, worst", f"<= {MOST_UNBOOKED_ML:g} mL", got, not more)]


def _misnamed(kind: str, mine: list[tuple[Case, Result]]) -> Finding:
    codes = Counter(result.alarm or "none" for case, result in mine if not named(case, result))
    right = len(mine) - codes.total()
    got = f"{right} of {len(mine)}, else " + ", ".join(f"{code} {count}" for code, count in codes.most_common())
    return Finding(f"{kind}: the right alarm", f">= {LEAST_RIGHT:g} %", got, 100 * right >= LEAST_RIGHT * len(mine))


def _first(pair: tuple[float, Case]) -> float:
    return pair[0]


def _counts(cases: list[Case]) -> str:
    counts = Counter(case.kind for case in cases).most_common()
    return ": " + ", ".join(f"{kind} {count}" for kind, count in counts) if counts else ""


def _name(case: Case) -> str:
    severity = f" {case.fault.severity:.3g}" if case.fault.severity is not None else ""
    return f"{case.kind}{severity} at {case.asked[0][1]:g} mL/h, {case.pump.reservoir}"


STUDY = Study("single faults", 2000, cases, run, judge)
