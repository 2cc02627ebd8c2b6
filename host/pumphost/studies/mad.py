"""A controller that heeds its own alarms no longer, and may run the motor as fast as it goes."""

from pumpcore.controller import Controller
from pumpcore.motion import MOST_RUN_STEPS
from pumpcore.records import MOST_SEGMENTS, Inputs, Outputs
from pumpcore.setup import LEAST_INTERVAL_TICKS, MOST_RATE_CML_H
from pumpcore.states import FINISH, HALT, KEEP_OPEN
from pumpcore.units import later_ms

AGAIN_MS = 10  # a loop that is mad comes round as often as the guard looks


class Mad(Controller):
    """Raises its alarms and goes on all the same. Once `stuck` it orders full speed, and says so if `frank`."""

    stuck = frank = False

    def _take(self, event: int) -> None:
        if event not in (HALT, KEEP_OPEN, FINISH):
            super()._take(event)

    def step(self, now_ms: int, inputs: Inputs, outputs: Outputs) -> int:
        then_ms = super().step(now_ms, inputs, outputs)
        if not self.stuck:
            return then_ms
        outputs.rate_cml_h = MOST_RATE_CML_H if self.frank else outputs.rate_cml_h
        outputs.flush, outputs.segments = False, MOST_SEGMENTS
        outputs.intervals_ticks[:] = [LEAST_INTERVAL_TICKS] * MOST_SEGMENTS
        outputs.counts[:] = [MOST_RUN_STEPS] * MOST_SEGMENTS
        return later_ms(now_ms, AGAIN_MS)
