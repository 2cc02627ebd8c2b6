"""The studies themselves: that what they judge is what happens."""

import pytest

from pumphost.studies import air, guard, occlusion, release, single_faults
from pumphost.studies.study import carry_out


@pytest.mark.parametrize("rollers", [False, True], ids=["syringe", "rollers"])
def test_the_guard_is_asked_every_10_ms_whenever_the_loop_comes_round(rollers):
    """Full speed is 35 uL in 10 ms on a 50 mL syringe: one look left out in this run, and 0.1 mL are exceeded."""
    cases = [case for case in guard.cases(12) if case.kind == guard.STUCK and case.rollers == rollers]
    wrong_in_step = next(case for case in cases if case.moment_ms % guard.LOOK_MS)
    too_much_ul, reason, _ = guard.run(wrong_in_step)
    assert reason == "DOSE"
    assert too_much_ul <= guard.MOST_UL


def test_a_row_without_a_run_says_so_and_falls_short_whatever_it_asks_for():
    """The first case is a bubble of 30 to 50 uL: nothing is known of larger and of smaller ones."""
    rows = [(finding.got == "no run", finding.ok) for finding in carry_out(air.STUDY, 1)]
    assert rows == [(True, False)] * 4 + [(False, True)] * 2


@pytest.mark.parametrize("study", [air, occlusion, release, single_faults])
def test_nothing_run_is_nothing_shown(study):
    findings = study.judge([], [])
    assert len(findings) >= 5
    assert {(finding.got, finding.ok) for finding in findings} == {("no run", False)}
