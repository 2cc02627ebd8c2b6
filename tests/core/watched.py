"""A watch with everything to watch with, and what it raises at each look."""

from pumpcore.alarms import Alarms
from pumpcore.dose import Dose
from pumpcore.records import Inputs
from pumpcore.setup import Setup
from pumpcore.watch import Watch

STEP_PL = 200_000
UL = 5  # steps
RATE = 1_000


class Bench:
    """A watch with everything to watch with, and alarms that may be raised anew at each look."""

    def __init__(self, **changes):
        limits = {
            "steps_per_turn": 4_096,
            "compliance_nl_kpa": 21_700,
            "upstream_pa": 30_000,
            "drops_per_ml": 20,
            "barrel_um": 29_000,
        }
        setup = Setup(STEP_PL, 50_000, **limits | changes)
        self.alarms = Alarms()
        self.dose = Dose(setup)
        self.watch = Watch(setup, self.alarms, self.dose)
        self.inputs = Inputs()
        self.inputs.barrel_um = 29_000
        self.moving = True
        self.watch.start(0)
        self.watch.begin(0, RATE)
        self.look(0)

    def look(self, now_ms, steps=0, follow=True, **fields):
        """The codes that are raised at such inputs, which stay. The shaft follows the steps unless told not to."""
        inputs = self.inputs
        if follow:
            inputs.encoder_counts += steps
        for name, value in fields.items():
            assert hasattr(inputs, name)
            setattr(inputs, name, value)
        self.alarms.rearm()
        self.alarms.raised = 0
        self.watch.look(now_ms, inputs, steps, self.moving)
        return {code for code in range(30) if self.alarms.raised & 1 << code}

    def end(self):
        self.alarms.rearm()
        self.alarms.raised = 0
        self.watch.look_for_the_end()
        return {code for code in range(30) if self.alarms.raised & 1 << code}
