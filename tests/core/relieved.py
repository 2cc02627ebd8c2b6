"""A pump that backs off, its line, and a syringe with a dead band.

A step is 0.2 uL where nothing else is said: five are a microlitre.
"""

from pumpcore.relief import Relief
from pumpcore.setup import Setup
from pumpcore.states import RELIEF
from pumpcore.units import TICKS_PER_MS
from stepper import Rig

STEP_PL = 200_000
UL = 5
NL_KPA = 21_700
BASE_PA = 500
BAND_UL = 200


def relief_of(step_pl=STEP_PL, back_off=1):
    return Relief(Setup(step_pl, 50_000, back_off=back_off))


class Line:
    """A pump with a 50 mL syringe: its stopper is pressed forward at once, and drawn back 200 uL later."""

    def __init__(self, rate_cml_h=1_000, vtbi_ul=20_000, kvo_cml_h=0, **limits):
        self.rig = Rig(STEP_PL, compliance_nl_kpa=NL_KPA, **{"back_off": 1} | limits)
        self.blocked = False
        self.stopper_pl = self.open_pl = 0
        self.flicker = 0
        self.lifted_pa = 0
        self.rig.start(rate_cml_h, vtbi_ul=vtbi_ul, kvo_cml_h=kvo_cml_h)

    @property
    def state(self):
        return self.rig.outputs.state

    @property
    def pumped_pl(self):
        dose = self.rig.controller.dose
        return dose.pumped_ul * 1_000_000 + dose.pumped_pl

    def step(self):
        """The next one. The reading flickers by a pascal, as that of a sensor which lives."""
        rig = self.rig
        rig.stepper.advance(rig.next_ms * TICKS_PER_MS)
        screw_pl = rig.stepper.given * STEP_PL
        self.stopper_pl = min(max(self.stopper_pl, screw_pl), screw_pl + BAND_UL * 1_000_000)
        if not self.blocked:
            self.open_pl = self.stopper_pl
        self.flicker ^= 1
        rig.inputs.pressure_pa = BASE_PA + (self.stopper_pl - self.open_pl) // NL_KPA + self.flicker
        rig.inputs.pressure_pa += self.lifted_pa
        rig.step(rig.next_ms)

    def run(self, ms):
        then = self.rig.now_ms + ms
        while self.rig.next_ms <= then:
            self.step()

    def run_to(self, state, limit_ms=60_000):
        """The pressure read in the step that got there."""
        then = self.rig.now_ms + limit_ms
        while self.state != state:
            assert self.rig.now_ms <= then
            self.step()
        return self.rig.inputs.pressure_pa

    def block(self):
        """Flow for 12 s, then none. The pressure at the alarm."""
        self.run(12_000)
        self.blocked = True
        return self.run_to(RELIEF)
