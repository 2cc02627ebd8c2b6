"""What comes when a blocked line is freed: the bolus that was stored in it, with backing off.

A 50 mL syringe infuses; the line is blocked, the pump finds it and backs off, and two minutes later the
line is freed. The bolus is what then flows into the patient; what flows out of the patient, at any time
after the blockage, is told apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from pumphost.studies.occlusion import SETTLED_UL, Case, scenario
from pumphost.studies.study import Finding, Study, no_run, percentile
from pumpsim.bench import Bench
from pumpsim.scenario import Fault

RATES = (1.0, 5.0)
MOST_ML, MOST_BACK_ML = 0.05, 0.01
FREED_S, AFTER_S = 120.0, 120.0


@dataclass(frozen=True)
class Released:
    found: bool
    bolus_ml: float
    back_ml: float  # out of the patient, after the release


def cases(runs: int) -> list[Case]:
    return [
        Case(rate, compliance, "bedside", seed) for rate in RATES for compliance in (15.0, 21.0) for seed in range(runs)
    ]


def run(case: Case) -> Released:
    blocked_s = round(Random(case.seed).uniform(*SETTLED_UL) / (case.rate_ml_h / 3.6), 1)
    first = scenario(case, blocked_s, round(case.plain_s * 1.1))
    events = Bench(first).run().events
    stopped_s = [note.t_s for note in events if note[1:3] == ("state", "ALARM") and note.t_s > blocked_s]
    if not stopped_s:
        return Released(False, 0.0, 0.0)
    freed_s = stopped_s[0] + FREED_S
    fault = Fault(at_s=blocked_s, until_s=freed_s, kind="occlusion-downstream")
    again = first.model_copy(update={"fault": [fault], "duration_s": freed_s + AFTER_S, "trace_every_s": 1.0})
    rows = Bench(again).run().rows
    before = max(row.delivered_ml for row in rows if row.t_s <= freed_s)
    after = [row.delivered_ml - before for row in rows if row.t_s >= freed_s]
    return Released(True, max(after), max(0.0, -min(after)))


def judge(cases: Sequence[Any], results: Sequence[Any]) -> list[Finding]:
    findings = []
    for rate in RATES:
        for compliance in (15.0, 21.0):
            mine = [
                result
                for case, result in zip(cases, results, strict=True)
                if (case.rate_ml_h, case.compliance_ul_kpa) == (rate, compliance) and result.found
            ]
            what = f"line freed after an occlusion at {rate:g} mL/h, C = {compliance:g} uL/kPa"
            back_asked = f"<= {MOST_BACK_ML:g} mL"
            if not mine:
                findings += [
                    no_run(f"{what}: bolus, p95", f"<= {MOST_ML:g} mL"),
                    no_run(f"{what}: back, worst", back_asked),
                ]
                continue
            bolus_ml = percentile([result.bolus_ml for result in mine], 95)
            middle_ml = percentile([result.bolus_ml for result in mine], 50)
            got = f"{bolus_ml:.3f} mL (median {middle_ml:.3f}, {len(mine)} runs)"
            findings.append(Finding(f"{what}: bolus, p95", f"<= {MOST_ML:g} mL", got, bolus_ml <= MOST_ML))
            back_ml = max(result.back_ml for result in mine)
            findings.append(Finding(f"{what}: back, worst", back_asked, f"{back_ml:.4f} mL", back_ml <= MOST_BACK_ML))
    return findings


STUDY = Study("freed lines", 100, cases, run, judge)
