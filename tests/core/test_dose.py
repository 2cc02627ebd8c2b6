"""What is left of a volume, in microlitres and in steps, near its end and past it.

A step of 0.2 uL; 5 mL are asked for, so whole steps meet the end.
"""

import pytest

from pumpcore.dose import MANY_STEPS, Dose
from pumpcore.setup import Setup


@pytest.mark.parametrize(
    ("steps", "left_ul", "steps_left"),
    [
        (0, 5_000, MANY_STEPS),
        (19_996, 1_001, MANY_STEPS),  # 3999.2 uL are pumped
        (20_000, 1_000, 5_000),  # 1 mL: from here on in steps
        (24_998, 1, 2),
        (24_999, 1, 1),
        (25_000, 0, 0),
        (25_001, 0, 0),
        (30_000, 0, 0),
        (30_005, 0, 0),  # more than 1 mL too far is as much the end
        (400_000, 0, 0),
    ],
)
def test_what_is_left_on_the_way_to_the_end_and_past_it(steps, left_ul, steps_left):
    dose = Dose(Setup(200_000, 50_000))
    dose.program(1_000, 5_000, 0)
    dose.book(steps)
    assert (dose.left_ul(), dose.steps_left()) == (left_ul, steps_left)


@pytest.mark.parametrize(("vtbi_ul", "steps_left"), [(1, 7), (2, 13), (3, 20)])
def test_the_end_is_met_to_the_nearest_step(vtbi_ul, steps_left):
    """Of 0.15 uL: 6.67, 13.33 and 20 steps."""
    dose = Dose(Setup(150_000, 50_000))
    dose.program(1_000, vtbi_ul, 0)
    assert dose.steps_left() == steps_left
