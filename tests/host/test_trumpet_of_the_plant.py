"""The trumpet curve of the virtual pump itself, where it is known from the screw's error alone."""

import math
from pathlib import Path

import numpy as np
import pytest

from pumphost.capture import Capture
from pumphost.trumpet import WINDOWS_MIN, analyse
from pumpsim.bench import Bench
from pumpsim.scenario import Line, Mechanics, Pump, Scenario, Therapy

AREA_MM2 = math.pi / 4 * 26.59**2


@pytest.mark.parametrize("rate_ml_h", [1.0, 2.0, 5.0, 20.0])
@pytest.mark.parametrize("wobble_mm", [0.003, 0.01])
def test_a_pure_screw_error_gives_the_analytic_trumpet(rate_ml_h, wobble_mm, record_property):
    """Flow r (1 + a sin(2 pi t / P0 + phase)) with a = 2 pi e / pitch and P0 the time of a turn, 555.3 uL: the mean
    over P minutes is off by at most a |sin(pi P / P0) / (pi P / P0)|. To 0.2 percentage points."""
    scenario = Scenario(
        name="a pure screw error",
        duration_s=7230.0,
        trace_every_s=5.0,
        pump=Pump(syringe="BD Plastipak 50"),
        mechanics=Mechanics(stopper="ideal", wobble_mm=wobble_mm, step_error_mm=0.0, gap_mm=0.0),
        line=Line(set="1.5 m x 1.0 mm"),
        therapy=[Therapy(rate_ml_h=rate_ml_h, vtbi_ml=60.0)],
    )
    rows = Bench(scenario).run().rows
    t_s, volume_ml = (np.array([getattr(row, name) for row in rows]) for name in ("t_s", "delivered_ml"))
    trumpet = analyse(Capture(Path("simulated.csv"), t_s, volume_ml), rate_ml_h)
    turn_min = AREA_MM2 / (rate_ml_h * 1000 / 60)
    worst = 0.0
    for minutes, high, low in zip(WINDOWS_MIN, trumpet.ep_max, trumpet.ep_min, strict=True):
        angle = math.pi * minutes / turn_min
        bound = 100 * 2 * math.pi * wobble_mm * abs(math.sin(angle) / angle)
        worst = max(worst, abs(high - bound), abs(low + bound))
        if minutes + turn_min <= 60:  # the analysed hour shows every phase
            assert high == pytest.approx(bound, abs=0.2)
            assert low == pytest.approx(-bound, abs=0.2)
        else:
            assert -bound - 0.2 < low <= high < bound + 0.2
    record_property("worst of trumpet of a pure screw error, points off", worst)
