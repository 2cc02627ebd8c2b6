"""One step of the pump: count what moved, answer what was asked, watch, order what comes next.

`Controller.step` is the only door. It is called with the clock's reading and the inputs of that
instant, fills the outputs, and returns when it wants to run again. An edge, a key or a frame may call
it earlier; nothing depends on how often it runs.
"""

from .air import Bubble
from .alarms import (
    AIR_BUBBLE,
    GO_ON,
    INFUSION_COMPLETE,
    INFUSION_NEAR_END,
    OCCLUSION_DOWNSTREAM,
    RESERVOIR_EMPTY,
    RESERVOIR_LOW,
    STOP_PUMP,
    TABLE,
    Alarms,
)
from .dose import MANY_STEPS, Dose, refuse_program
from .motion import Motion
from .occlusion import Occlusion
from .records import ACCEPTED, NOTHING_ASKED, REFUSED_HERE, REFUSED_RATE, UNKNOWN_REQUEST, Inputs, Outputs
from .setup import Setup
from .states import (
    ACKNOWLEDGE,
    FINISH,
    HALT,
    IDLE,
    INFUSING,
    KEEP_OPEN,
    KVO,
    MOVING,
    PROGRAM,
    REFUSED,
    REQUESTS,
    RESUME,
    SET_RATE,
    START,
    STOP,
    next_state,
)
from .units import later_ms


class Controller:
    """The pump's behaviour. Its state changes only in `_take`, by the table in states.py."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.state = IDLE
        self.alarms = Alarms()
        self.dose = Dose(setup)
        self.motion = Motion(setup)
        self.occlusion = Occlusion(setup)
        self.bubble = Bubble(setup)

    def step(self, now_ms: int, inputs: Inputs, outputs: Outputs) -> int:
        """Run once; return the clock's reading (modulo 2**30 ms) at which to run next."""
        steps = self.motion.count(inputs.steps_done)
        self.dose.book(steps)
        self.alarms.raised = 0
        outputs.answer = self._answer(inputs) if inputs.request else NOTHING_ASKED
        if MOVING[self.state]:
            self._watch(inputs, steps)
        self._drive(now_ms, inputs.steps_queued, outputs)
        self._report(outputs)
        return now_ms if outputs.flush else later_ms(now_ms, self.motion.window_ms)

    # Requests

    def _answer(self, inputs: Inputs) -> int:
        """Do what is asked, or say why not and change nothing."""
        request = inputs.request
        if not 0 < request <= REQUESTS:
            return UNKNOWN_REQUEST
        if next_state(self.state, request) == REFUSED:
            return REFUSED_HERE
        if request == PROGRAM:
            answer = refuse_program(self.setup, inputs)
            if answer != ACCEPTED:
                return answer
            self.dose.program(inputs.rate_cml_h, inputs.vtbi_ul, inputs.kvo_cml_h)
        elif request == SET_RATE:
            if not 1 <= inputs.rate_cml_h <= self.setup.most_rate_cml_h:
                return REFUSED_RATE
            self.dose.set_rate(inputs.rate_cml_h)
            if not self.dose.near_end():
                self.alarms.forget(INFUSION_NEAR_END)
        elif request == START:  # a new infusion does not begin under the alarms of the last
            self.alarms.acknowledge()
            self.alarms.rearm()
        elif request == RESUME:
            self.alarms.rearm()
        elif request == ACKNOWLEDGE:
            self.alarms.acknowledge()
        elif request == STOP:
            self.dose.drop()
        self._take(request)
        return ACCEPTED

    def _take(self, event: int) -> None:
        state = next_state(self.state, event)
        if state != REFUSED:
            self.state = state

    # Hazards

    def _watch(self, inputs: Inputs, steps: int) -> None:
        """While the motor has orders: look for what must stop it, end it, or be told."""
        dose = self.dose
        if self.occlusion.found(inputs.pressure_pa):
            self._alarm(OCCLUSION_DOWNSTREAM)
        if self.bubble.too_large(inputs.air_permille, steps):
            self._alarm(AIR_BUBBLE)
        if dose.pumped_ul >= dose.low_at_ul:
            self._alarm(RESERVOIR_LOW)
            if dose.pumped_ul >= dose.empty_at_ul:
                self._alarm(RESERVOIR_EMPTY)
        if self.state == INFUSING:
            if dose.near_end():
                self._alarm(INFUSION_NEAR_END)
            if dose.steps_left() == 0:
                self._alarm(INFUSION_COMPLETE)

    def _alarm(self, code: int) -> None:
        """Latch it and do what its row says. The state table has the last word on what that changes."""
        self.alarms.raise_alarm(code)
        action = TABLE[code].action
        if action == STOP_PUMP:
            self._take(HALT)
        elif action != GO_ON:
            self._take(KEEP_OPEN if self.dose.keep_open_cml_h() else FINISH)

    # Motor

    def _drive(self, now_ms: int, steps_queued: int, outputs: Outputs) -> None:
        """Order the steps that the state calls for. A new rate begins by dropping the queue; what comes next
        is ordered in the step after, which knows what was given until then."""
        rate_cml_h = 0
        steps_left = MANY_STEPS
        if self.state == INFUSING:
            rate_cml_h = self.dose.rate_cml_h
            steps_left = self.dose.steps_left()
        elif self.state == KVO:
            rate_cml_h = self.dose.keep_open_cml_h()
        outputs.flush = rate_cml_h != self.motion.rate_cml_h
        if outputs.flush:
            outputs.segments = 0
            self.motion.set_rate(rate_cml_h, now_ms, steps_queued)
        else:
            self.motion.order(now_ms, steps_queued, steps_left, outputs)

    def _report(self, outputs: Outputs) -> None:
        outputs.state = self.state
        outputs.rate_cml_h = self.motion.rate_cml_h
        outputs.pumped_ul = self.dose.pumped_ul
        outputs.left_ul = self.dose.left_ul()
        outputs.alarms = self.alarms.latched
        outputs.alarms_raised = self.alarms.raised
        outputs.alarm_shown = self.alarms.shown
        outputs.alarm_reason = self.alarms.reason
