"""A controller that tests itself, programmed, and what it has raised."""

from pumpcore.records import ACCEPTED
from pumpcore.states import PROGRAM
from stepper import Rig

STEP_PL = 173_530
CODE = 0x1234567


def rig_ready(**limits):
    rig = Rig(STEP_PL, **limits)
    assert rig.ask(PROGRAM, rate_cml_h=5_000, vtbi_ul=90_000, kvo_cml_h=100) == ACCEPTED
    return rig


def raised(rig):
    return {code for code in range(30) if rig.outputs.alarms & 1 << code}
