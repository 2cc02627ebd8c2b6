"""Whether a bubble in the line is caught, at any rate, and how much of it has passed the detector by then.

A single bubble comes to the detector once slack and friction of the start are past. The limit is 40 uL, the
detector's window 10 uL. What has passed the detector is told in the end, when the line has relaxed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from random import Random
from typing import Any

from pumpcore.units import TICKS_PER_MS
from pumphost.studies.study import Finding, Study, judged, no_run
from pumpsim.bench import Bench
from pumpsim.scenario import Line, Noise, Pump, Scenario, Supply, Therapy

LIMIT_UL = 40
MOST_PAST_UL = 20.0
CAUGHT_FROM_UL, QUIET_BELOW_UL = 50.0, 30.0
EXACT_UL = 29.0, 30.0, 50.0, 51.0
RATES_ML_H = 0.1, 1200.0
SYRINGES = ("BD Plastipak 50", "BD Plastipak 50", "BD Plastipak 10", "BD Plastipak 5")
MOST_SYRINGE_ML_H = 100.0
TUBES = {"silicone 0.8 mm": 1000.0, "silicone 1.6 mm": 1200.0, "silicone 2.4 mm": 1200.0}  # mL/h at most
SETTLED_UL = 200.0, 300.0  # pumped by then: slack and friction of the start, 130 uL, are past
SEEN_UL = 150.0  # a bubble of which so much has passed without an alarm has been missed
REST_S = 120.0  # for the line to relax, and at least one test of the detector


@dataclass(frozen=True)
class Case:
    volume_ul: float
    rate_ml_h: float
    reservoir: str
    seed: int

    @property
    def pump(self) -> Pump:
        if self.reservoir in TUBES:
            return Pump(drive="peristaltic", tube=self.reservoir, bubble_ul=LIMIT_UL)
        return Pump(syringe=self.reservoir, bubble_ul=LIMIT_UL)


@dataclass(frozen=True)
class Result:
    alarms: tuple[str, ...]
    state: str
    past_ul: float  # the detector, beyond the limit

    @property
    def caught(self) -> bool:
        return "AIR_BUBBLE" in self.alarms and self.state == "ALARM"


def cases(runs: int) -> list[Case]:
    return [_case(seed) for seed in range(runs)]


def _case(seed: int) -> Case:
    """Three in five are drawn from the whole range, one is an exact volume, one too small to alarm."""
    chance = Random(f"bubble {seed}")
    rate_ml_h = round(_log_uniform(chance, *RATES_ML_H), 2)
    tubes = [tube for tube, most in TUBES.items() if rate_ml_h <= most]
    syringe = rate_ml_h <= MOST_SYRINGE_ML_H and chance.random() < 0.6
    reservoir = chance.choice(SYRINGES if syringe else tubes)
    volume_ul = round(_log_uniform(chance, QUIET_BELOW_UL, 1_000.0), 1)
    if seed % 5 == 3:
        volume_ul = EXACT_UL[seed // 5 % len(EXACT_UL)]
    elif seed % 5 == 4:
        volume_ul = round(chance.uniform(3.0, QUIET_BELOW_UL - 0.1), 1)
    return Case(volume_ul, rate_ml_h, reservoir, seed)


def _log_uniform(chance: Random, least: float, most: float) -> float:
    return exp(chance.uniform(log(least), log(most)))


def comes_ms(case: Case) -> int:
    """When the bubble's head comes to the detector."""
    return round(Random(case.seed).uniform(*SETTLED_UL) / (case.rate_ml_h / 3.6) * 1_000)


def scenario(case: Case) -> Scenario:
    passes_s = min(case.volume_ul, SEEN_UL) * 1.3 / (case.rate_ml_h / 3.6)
    return Scenario(
        name="a bubble in the line",
        duration_s=round(comes_ms(case) / 1_000 + passes_s + REST_S, 3),
        seed=case.seed,
        trace_every_s=30.0,
        pump=case.pump,
        supply=Supply(bag_ml=1000.0),
        line=Line(set="IV administration set" if case.pump.tube else "1.5 m x 1.0 mm"),
        noise=Noise(model="bedside"),
        therapy=[Therapy(rate_ml_h=case.rate_ml_h, vtbi_ml=5_000.0)],
    )


def run(case: Case) -> Result:
    bench = Bench(scenario(case))
    plant = bench.plant
    bench.env.run(comes_ms(case))
    plant.advance(comes_ms(case) * TICKS_PER_MS)
    bubble = plant.inject_air(case.volume_ul)
    record = bench.run()
    alarms = tuple(note.code for note in record.events if note[1::2] == ("alarm", "raised"))
    past_ul = bubble.past(plant.outlet_ul, 0.0) - LIMIT_UL
    return Result(alarms, record.rows[-1].state, past_ul)


def judge(cases: Sequence[Any], results: Sequence[Any]) -> list[Finding]:
    pairs: list[tuple[Case, Result]] = list(zip(cases, results, strict=True))
    large = [pair for pair in pairs if pair[0].volume_ul >= CAUGHT_FROM_UL]
    caught = [pair for pair in large if pair[1].caught]
    missed = [case for case, result in large if not result.caught]
    what = f"bubbles of {CAUGHT_FROM_UL:g} uL and more, limit {LIMIT_UL} uL"
    got = f"{len(caught)} of {len(large)}{_of(missed, ', missed: ')}"
    findings = [judged(f"{what}: caught, motor stopped", "all", large, got, not missed)]
    for drive, mine in (
        ("syringes", [pair for pair in large if pair[0].pump.syringe]),
        ("rollers", [pair for pair in large if pair[0].pump.tube]),
    ):
        past = [(result.past_ul, case) for case, result in mine]
        findings.append(_worst(f"{what}, {drive}: past the detector beyond the limit", past))
    small = [pair for pair in pairs if pair[0].volume_ul < QUIET_BELOW_UL]
    false = [case for case, result in small if "AIR_BUBBLE" in result.alarms]
    got = f"{len(false)} of {len(small)}{_of(false, ': ')}"
    findings.append(judged(f"bubbles below {QUIET_BELOW_UL:g} uL alone: alarms", "none", small, got, not false))
    between = [pair for pair in pairs if QUIET_BELOW_UL <= pair[0].volume_ul < CAUGHT_FROM_UL]
    got = f"{sum(result.caught for _, result in between)} of {len(between)}"
    findings.append(judged("bubbles between: caught", "told", between, got, True))
    others = [(case, result) for case, result in pairs if set(result.alarms) - {"AIR_BUBBLE"}]
    codes = ", ".join(sorted({code for _, result in others for code in result.alarms} - {"AIR_BUBBLE"}))
    got = f"{len(others)} of {len(pairs)} runs {codes}".rstrip() + _of([case for case, _ in others], ": ")
    findings.append(judged("bubbles: other alarms", "none", pairs, got, not others))
    return findings


def _worst(what: str, beyond: list[tuple[float, Case]]) -> Finding:
    """Of all, alarm or none: what is caught late has passed as well."""
    asked = f"<= {MOST_PAST_UL:g} uL"
    if not beyond:
        return no_run(what, asked)
    too_far = [case for ul, case in beyond if ul > MOST_PAST_UL]
    ul, case = max(beyond, key=lambda pair: pair[0])
    got = f"{ul:.1f} uL at worst, {_name(case)}; too much in {len(too_far)} of {len(beyond)}{_of(too_far, ': ')}"
    return Finding(what, asked, got, not too_far)


def _of(cases: list[Case], begin: str) -> str:
    """The slowest of them by name."""
    names = [_name(case) for case in sorted(cases, key=lambda case: case.rate_ml_h)]
    return begin + "; ".join(names[:3]) + (" ..." if len(names) > 3 else "") if names else ""


def _name(case: Case) -> str:
    return f"{case.volume_ul:g} uL at {case.rate_ml_h:g} mL/h, {case.reservoir}"


STUDY = Study("air bubbles", 400, cases, run, judge)
