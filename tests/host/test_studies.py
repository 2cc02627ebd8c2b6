"""The studies themselves: that what they judge is what happens."""

import pytest

from pumphost.studies import guard


@pytest.mark.parametrize("rollers", [False, True], ids=["syringe", "rollers"])
def test_the_guard_is_asked_every_10_ms_whenever_the_loop_comes_round(rollers):
    """Full speed is 35 uL in 10 ms on a 50 mL syringe: one look left out in this run, and 0.1 mL are exceeded."""
    cases = [case for case in guard.cases(12) if case.kind == guard.STUCK and case.rollers == rollers]
    wrong_in_step = next(case for case in cases if case.moment_ms % guard.LOOK_MS)
    too_much_ul, reason, _ = guard.run(wrong_in_step)
    assert reason == "DOSE"
    assert too_much_ul <= guard.MOST_UL
