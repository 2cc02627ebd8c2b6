"""A line to feed with pressures, a block at a time.

Levels are in Pa, sums in sixteenths of a Pa. A 50 mL syringe: 21,700 nL/kPa, so at 1 mL/h a blocked line
gains 5 s * 1000 / 3600 uL/s / 21.7 uL/kPa = 64 Pa in a block, 1024 sixteenths, of which 307 are taken off.
"""

from pumpcore.occlusion import BLOCK_MS, Downstream
from pumpcore.setup import Setup
from pumpcore.units import CLOCK_MASK

STEP_PL = 173_530
SYRINGE_NL_KPA = 21_700


def line_of(rate_cml_h=100, compliance_nl_kpa=SYRINGE_NL_KPA, now_ms=0, **limits):
    line = Downstream(Setup(STEP_PL, 50_000, compliance_nl_kpa=compliance_nl_kpa, **limits))
    line.begin(now_ms, rate_cml_h)
    return line


def feed(line, levels, now_ms=0):
    """One reading in each block, at its end. Whether the line was blocked by then, for each."""
    found = []
    for level_pa in levels:
        now_ms = (now_ms + BLOCK_MS) & CLOCK_MASK
        found.append(line.found(now_ms, level_pa))
    return found
