"""How often a pump on a ward cries wolf: days without any fault, but with all that happens beside a bed.

Each run is a day in `bedside` noise: a start, then every 20 to 60 minutes somebody changes the rate, pauses for some
minutes, sits up or lies down, or changes the reservoir, and always before it runs dry. Pumps: syringes of
50, 20 and 10 mL and, in every fifth run, rollers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from pumphost.studies.study import Finding, Study
from pumpsim.bench import Bench
from pumpsim.rig import fill_of
from pumpsim.scenario import Event, Line, Noise, Pump, Scenario, Supply, Therapy

DAY_S = 86_400
SYRINGES: dict[str, tuple[float, ...]] = {
    "BD Plastipak 50": (0.5, 1, 2, 5, 10),
    "BD Plastipak 20": (0.5, 1, 2, 5),
    "BD Plastipak 10": (0.1, 0.5, 1, 2),
}
ROLLER_RATES: tuple[float, ...] = (5, 10, 25)
KNOWN = {"RESERVOIR_LOW", "PAUSED_TOO_LONG"}  # told rightly in such a day
MOST_PER_1000_H = 1.0


@dataclass(frozen=True)
class Case:
    seed: int


def cases(runs: int) -> list[Case]:
    return [Case(seed) for seed in range(runs)]


def scenario(case: Case) -> Scenario:
    """A day, drawn from the case's seed."""
    chance = Random(f"day {case.seed}")
    syringe = chance.choice(list(SYRINGES))
    pump, rates, line = Pump(syringe=syringe), SYRINGES[syringe], "1.5 m x 1.0 mm"
    if case.seed % 5 == 4:
        pump, rates, line = Pump(drive="peristaltic", tube="silicone 1.6 mm"), ROLLER_RATES, "IV administration set"
    day = Scenario(
        name="a day on the ward",
        duration_s=DAY_S,
        seed=case.seed,
        trace_every_s=30.0,
        pump=pump,
        supply=Supply(bag_ml=1000.0),
        line=Line(set=line),
        noise=Noise(model="bedside"),
        therapy=[Therapy(rate_ml_h=chance.choice(rates), vtbi_ml=5_000.0)],
    )
    return day.model_copy(update={"event": _events(day, rates, chance)})


def _events(day: Scenario, rates: Sequence[float], chance: Random) -> list[Event]:
    events: list[Event] = []
    at_s, left_ml = 0.0, fill_of(day) / 1000
    rate_ml_h = day.therapy[0].rate_ml_h
    while True:
        stride_s = chance.uniform(1_200, 3_600)
        if at_s + stride_s + 700 > DAY_S:
            return events
        at_s += stride_s
        left_ml -= rate_ml_h * stride_s / 3600
        what = chance.choice(["rate", "pause", "height", "reload"])
        if left_ml < max(rates) * 2 + 2:
            what = "reload"
        if what == "rate":
            rate_ml_h = chance.choice(rates)
            events.append(Event(at_s=at_s, action="rate", rate_ml_h=rate_ml_h))
        elif what == "height":
            height_cm = min(max(chance.gauss(0, 20), -50), 50)
            events.append(Event(at_s=at_s, action="height", height_cm=height_cm))
        else:
            lasts_s = chance.uniform(30, 600)
            events.append(Event(at_s=at_s, action="pause"))
            if what == "reload":
                left_ml = fill_of(day) / 1000
                events.append(Event(at_s=at_s + lasts_s / 2, action="reload"))
            events.append(Event(at_s=at_s + lasts_s, action="resume"))
            at_s += lasts_s


def run(case: Case) -> tuple[list[str], float]:
    """Alarms that nothing explains, and the hours until the first that stopped the pump, or all."""
    day = scenario(case)
    bench = Bench(day)
    record = bench.run()
    alarms = [note.code for note in record.events if note[1::2] == ("alarm", "raised") and note.code not in KNOWN]
    stopped_s = [note.t_s for note in record.events if note[1:3] == ("state", "ALARM")]
    return alarms, (stopped_s[0] if stopped_s else DAY_S) / 3600


def judge(cases: Sequence[Any], results: Sequence[Any]) -> list[Finding]:
    hours = sum(hours for _, hours in results)
    codes = [code for alarms, _ in results for code in alarms]
    findings = []
    for code in sorted({"OCCLUSION_DOWNSTREAM", "SENSOR_FAULT", *codes}):
        per_1000_h = codes.count(code) / hours * 1000
        asked = f"<= {MOST_PER_1000_H:g} in 1000 h" if code == "OCCLUSION_DOWNSTREAM" else "none"
        ok = per_1000_h <= MOST_PER_1000_H if code == "OCCLUSION_DOWNSTREAM" else not per_1000_h
        got = f"{codes.count(code)} in {hours:.0f} h: {per_1000_h:.2f} in 1000 h"
        findings.append(Finding(f"false {code}, days in bedside noise", asked, got, ok))
    return findings


STUDY = Study("days without a fault", 210, cases, run, judge)
