"""One step of the pump: count what moved, answer what was asked, watch, order what comes next.

`Controller.step` is the only door. It is called with the clock's reading and the inputs of that
instant, fills the outputs, and returns when it wants to run again. An edge, a key or a frame may call
it earlier; nothing depends on how often it runs.
"""

from .alarms import (
    GO_ON,
    INFUSION_NEAR_END,
    OCCLUSION_DOWNSTREAM,
    PAUSED_TOO_LONG,
    RESTART_LIMIT,
    STOP_PUMP,
    TABLE,
    Alarms,
)
from .dose import MANY_STEPS, Dose, refuse_program
from .motion import Motion
from .records import ACCEPTED, NOTHING_ASKED, REFUSED_HERE, REFUSED_RATE, REFUSED_SELF_TEST, UNKNOWN_REQUEST
from .records import Inputs, Outputs
from .relief import Relief
from .restart import Restart
from .selftest import SelfTest
from .setup import Setup
from .states import (
    ACKNOWLEDGE,
    ALARM,
    BACK_OFF,
    FINISH,
    HALT,
    IDLE,
    INFUSING,
    KEEP_OPEN,
    KVO,
    PROGRAM,
    PUMPING,
    REFUSED,
    RELIEF,
    RELOAD,
    RESTART,
    REQUESTS,
    RESUME,
    SET_RATE,
    SILENCE,
    START,
    STOP,
    next_state,
)
from .signals import Signals
from .units import later_ms, until_ms
from .vitals import Vitals
from .watch import Watch


class Controller:
    """The pump's behaviour. Its state changes only in `_take`, by the table in states.py."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.state = IDLE
        self.not_state = ~IDLE  # kept twice, against a flipped bit
        self.alarms = Alarms()
        self.dose = Dose(setup)
        self.motion = Motion(setup)
        self.signals = Signals()
        self.relief = Relief(setup)
        self.restart = Restart(setup)
        self.selftest = SelfTest(setup, self.alarms, self.signals)
        self.vitals = Vitals(setup, self.alarms, self.dose)
        self.watch = Watch(setup, self.alarms, self.dose)

    def step(self, now_ms: int, inputs: Inputs, outputs: Outputs) -> int:
        """Run once; return the clock's reading (modulo 2**30 ms) at which to run next."""
        steps = self.motion.count(inputs.steps_done)
        self.dose.book(steps)
        self.alarms.raised = 0
        outputs.answer = self._answer(now_ms, inputs) if inputs.request else NOTHING_ASKED
        self._watch(now_ms, inputs, steps)
        self._drive(now_ms, inputs.steps_queued, outputs)
        self._signal(now_ms, inputs)
        self._report(outputs)
        if outputs.flush:
            return now_ms
        then_ms = later_ms(now_ms, self.watch.air.wait_ms(self.motion.window_ms))
        return then_ms if until_ms(then_ms, self.signals.next_ms) > 0 else self.signals.next_ms

    # Requests

    def _answer(self, now_ms: int, inputs: Inputs) -> int:
        """Do what is asked, or say why not and change nothing."""
        request = inputs.request
        if not 0 < request <= REQUESTS:
            return UNKNOWN_REQUEST
        if next_state(self.state, request) == REFUSED:
            return REFUSED_HERE
        if request == PROGRAM:
            answer = refuse_program(self.setup, inputs.rate_cml_h, inputs.vtbi_ul, inputs.kvo_cml_h)
            if answer != ACCEPTED:
                return answer
            self.dose.program(inputs.rate_cml_h, inputs.vtbi_ul, inputs.kvo_cml_h)
        elif request == SET_RATE:
            if not 1 <= inputs.rate_cml_h <= self.setup.most_rate_cml_h:
                return REFUSED_RATE
            self.dose.set_rate(inputs.rate_cml_h)
            if not self.dose.near_end():
                self.alarms.forget(INFUSION_NEAR_END)
        elif request == RELOAD:
            self.dose.reload()
            self.relief.falls_at_ul = 0
        elif request == START:
            if not self.selftest.passed(now_ms, inputs):
                return REFUSED_SELF_TEST
            # a new infusion does not begin under the alarms of the last
            self.alarms.acknowledge()
            self.alarms.rearm()
            self._start(now_ms, inputs.pressure_pa)
        elif request == RESUME:
            self.alarms.rearm()
            self._start(now_ms, inputs.pressure_pa)
        elif request == ACKNOWLEDGE:
            self.watch.acknowledge()
            self.alarms.acknowledge()
            self.selftest.acknowledge(now_ms)
        elif request == STOP:
            self.dose.drop()
        elif request == SILENCE:
            self.signals.silence(now_ms, inputs.remote)
        self.signals.touched(now_ms)
        self._take(request)
        return ACCEPTED

    def _start(self, now_ms: int, pressure_pa: int) -> None:
        """Before the pump moves again, for whatever reason."""
        self.watch.start(now_ms)
        self.selftest.start()
        self.relief.take_up(pressure_pa)

    def _take(self, event: int) -> None:
        state = next_state(self.state, event)
        if state != REFUSED:
            self.state = state
            self.not_state = ~state

    # Hazards

    def _watch(self, now_ms: int, inputs: Inputs, steps: int) -> None:
        """Look for hazards, and do the strongest of what the alarms want. The state table has the last word on
        what that changes."""
        pumping = PUMPING[self.state]
        self.alarms.wanted = GO_ON
        self.vitals.look(now_ms, inputs, self.not_state == ~self.state)
        self.selftest.look(now_ms, inputs)
        self.watch.look(now_ms, inputs, steps, pumping)
        if not pumping or self.relief.taking_up:
            self._relieve(now_ms, inputs.pressure_pa, steps)
        if self.state == INFUSING and self.alarms.wanted != STOP_PUMP:
            self.watch.look_for_the_end()
        if self.alarms.wanted == STOP_PUMP:
            self._stop(now_ms, inputs.pressure_pa)
        elif self.alarms.wanted != GO_ON:
            self._take(KEEP_OPEN if self.dose.keep_open_cml_h() else FINISH)

    def _stop(self, now_ms: int, pressure_pa: int) -> None:
        """At once, or by way of backing off if a blocked line is all there is."""
        only_blocked = self.alarms.reason == OCCLUSION_DOWNSTREAM and self.relief.rate_cml_h > 0
        if only_blocked and next_state(self.state, BACK_OFF) != REFUSED:
            climb_pa = self.watch.downstream.climb_pa(pressure_pa)
            self.relief.begin(pressure_pa, climb_pa)
            self.restart.blocked(now_ms, pressure_pa, climb_pa)
            self._take(BACK_OFF)
        else:
            self._take(HALT)
            self.restart.waiting = False

    def _relieve(self, now_ms: int, pressure_pa: int, steps: int) -> None:
        """Back off until it is enough; go on if the line is free again; take up the way back when the pump starts."""
        if self.state == RELIEF:
            if self.relief.done(pressure_pa, steps):
                self._take(HALT)
                self.restart.standing(now_ms)
        elif self.state == ALARM and self.restart.due(now_ms, pressure_pa) and self.alarms.wanted == GO_ON:
            if self.restart.allowed(now_ms):
                self.alarms.acknowledge()
                self.alarms.rearm()
                self._start(now_ms, pressure_pa)
                self._take(RESTART)
            else:
                self.alarms.raise_alarm(RESTART_LIMIT)
        elif self.relief.taking_up:
            self.relief.taken_up(pressure_pa, self.dose.owed_steps)

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
        outputs.rate_cml_h = rate_cml_h
        if self.state == RELIEF or (rate_cml_h and self.relief.taking_up):
            rate_cml_h = self.relief.rate_cml_h
        backward = self.state == RELIEF
        if self.watch.air.recoil.creeps and not backward:
            rate_cml_h = self.watch.air.recoil.slowed(rate_cml_h)
        outputs.flush = rate_cml_h != self.motion.rate_cml_h or backward != self.motion.backward
        outputs.backward = self.motion.backward = backward
        if outputs.flush:
            outputs.segments = 0
            self.motion.set_rate(rate_cml_h, now_ms, steps_queued)
            self.watch.begin(now_ms, rate_cml_h)
        else:
            self.motion.order(now_ms, steps_queued, steps_left, outputs)

    # What a person sees and hears

    def _signal(self, now_ms: int, inputs: Inputs) -> None:
        signals, alarms = self.signals, self.alarms
        priority = TABLE[alarms.shown].priority
        if alarms.raised or inputs.unconfirmed != signals.waiting or signals.stale(now_ms, self.state, priority):
            signals.waiting = inputs.unconfirmed
            self._show(now_ms, priority, inputs.link_up)

    def _show(self, now_ms: int, priority: int, link_up: int) -> None:
        self.signals.look(now_ms, self.state, priority, self.alarms.raised, link_up)
        if self.selftest.playing:
            self.selftest.show(now_ms)
        if self.signals.paused_too_long:
            self.alarms.raise_alarm(PAUSED_TOO_LONG)

    def _report(self, outputs: Outputs) -> None:
        alarms, dose, signals = self.alarms, self.dose, self.signals
        outputs.state = self.state
        outputs.motor_cml_h = self.motion.rate_cml_h
        outputs.pumped_ul = dose.pumped_ul
        outputs.free_ul = dose.free_ul
        outputs.left_ul = dose.left_ul()
        outputs.alarms = alarms.latched
        outputs.alarms_raised = alarms.raised
        outputs.alarm_shown = alarms.shown
        outputs.alarm_reason = alarms.reason
        outputs.buzzer_hz = signals.buzzer_hz
        outputs.red = signals.red
        outputs.yellow = signals.yellow
        outputs.cyan = signals.cyan
        outputs.silent = signals.silent
        outputs.signal_test = 1 if self.selftest.signal_test else 0
        outputs.air_test = self.watch.detector.testing
