"""A pressure sense, and what it counts in: steps and minutes."""

from pumpcore.senses import PressureSense
from pumpcore.setup import Setup

UL = 5  # steps of 0.2 uL
MINUTE_MS = 60_000


def pressure_of(compliance_nl_kpa=21_700):
    return PressureSense(Setup(200_000, 50_000, compliance_nl_kpa=compliance_nl_kpa))
