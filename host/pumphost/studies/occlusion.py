"""How long until a blocked line is found, against the time its pressure takes to a plain limit of 40 kPa.

A 50 mL syringe infuses; at a random moment, once the stopper moves, the line is blocked at the cannula. The plain
limit's time is C (40 kPa - P) / Q by formula, with C of syringe and line.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from random import Random
from typing import Any, Literal

from pumphost.studies.study import Finding, Study, no_run, percentile
from pumpsim.bench import Bench
from pumpsim.scenario import Fault, Line, Mechanics, Noise, Pump, Scenario, Therapy

LIMIT_KPA = 40.0
PATIENT_KPA = 1.3
SETTLED_UL = 200.0, 400.0  # pumped by then: slack and friction of the start, 130 uL, are past
LINE = Line(set="1.5 m x 1.0 mm")


@dataclass(frozen=True)
class Case:
    rate_ml_h: float
    compliance_ul_kpa: float
    noise: Literal["bedside", "harsh"]
    seed: int

    @property
    def plain_s(self) -> float:
        whole_ul_kpa = self.compliance_ul_kpa + LINE.tubing.compliance_ul_kpa
        return whole_ul_kpa * (LIMIT_KPA - PATIENT_KPA) / (self.rate_ml_h / 3.6)


ASKED = {("bedside", 1.0): 10, ("bedside", 0.1): 20, ("harsh", 1.0): 25, ("bedside", 5.0): None}


def cases(runs: int) -> list[Case]:
    return [
        Case(rate, compliance, noise, seed)  # type: ignore[arg-type]
        for noise, rate in ASKED
        for compliance in (15.0, 21.0)
        for seed in range(runs)
    ]


def scenario(case: Case, blocked_s: float, lasts_s: float) -> Scenario:
    return Scenario(
        name="how long until a blocked line is found",
        duration_s=blocked_s + lasts_s,
        seed=case.seed,
        trace_every_s=30.0,
        pump=Pump(syringe="BD Plastipak 50"),
        mechanics=Mechanics(compliance_ul_kpa=case.compliance_ul_kpa),
        line=LINE,
        noise=Noise(model=case.noise),
        therapy=[Therapy(rate_ml_h=case.rate_ml_h, vtbi_ml=49.0)],
        fault=[Fault(at_s=blocked_s, kind="occlusion-downstream")],
    )


def run(case: Case) -> tuple[float, bool]:
    """From the blockage to the alarm, as a share of the plain limit's time; and whether it came before the blockage."""
    blocked_s = round(Random(case.seed).uniform(*SETTLED_UL) / (case.rate_ml_h / 3.6), 1)
    record = Bench(scenario(case, blocked_s, round(case.plain_s * 1.1))).run()
    alarms_s = [note.t_s for note in record.events if note[1::2] == ("alarm", "raised") and is_block(note.code)]
    if alarms_s and alarms_s[0] < blocked_s:
        return inf, True
    return ((alarms_s[0] - blocked_s) / case.plain_s if alarms_s else inf), False


def is_block(code: str) -> bool:
    return code == "OCCLUSION_DOWNSTREAM"


def judge(cases: Sequence[Any], results: Sequence[Any]) -> list[Finding]:
    findings = []
    for (noise, rate), most in ASKED.items():
        for compliance in (15.0, 21.0):
            mine = [
                result
                for case, result in zip(cases, results, strict=True)
                if (case.noise, case.rate_ml_h, case.compliance_ul_kpa) == (noise, rate, compliance)
            ]
            shares = [100 * share for share, early in mine if not early]
            early = sum(early for _, early in mine)
            what = f"blocked line at {rate:g} mL/h, C = {compliance:g} uL/kPa, {noise}: time to alarm, p95"
            asked = f"<= {most} % of the plain limit's" if most else "told"
            if not shares:
                findings.append(no_run(what, asked))
                continue
            late, middle = percentile(shares, 95), percentile(shares, 50)
            got = f"{late:.1f} % (median {middle:.1f} %, {len(shares)} runs, {early} before)"
            findings.append(Finding(what, asked, got, most is None or late <= most))
    return findings


STUDY = Study("blocked lines", 200, cases, run, judge)
