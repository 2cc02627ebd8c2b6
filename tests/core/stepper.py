"""A step generator that keeps the driver's contract to the tick, and the ideal it is held against.

Pulses are whole ticks apart and kept as runs, so that 24 h at 20,000 steps/s need no loop over steps.
"""

import random
from collections import deque

from pumpcore.controller import Controller
from pumpcore.records import ACCEPTED, Inputs, Outputs
from pumpcore.setup import LEAST_INTERVAL_TICKS, Setup
from pumpcore.states import PROGRAM, START
from pumpcore.units import CLOCK_MASK, TICKS_PER_MS


class Stepper:
    """Gives what is queued. Times in ticks since power-on."""

    def __init__(self):
        self.controller_ahead = lambda: 2**30  # the most that may be queued
        self.watch = None  # called with each run: (time of the pulse before, interval, pulses)
        self.now = 0
        self.last = 0  # the pulse before the next, or the moment the queue was filled
        self.given = 0
        self.queue = deque()
        self.way = 1
        self.dry = 0  # how often a queue in use ran out

    def queued(self):
        return sum(count for _, count in self.queue)

    def advance(self, now):
        self.now = now
        while self.queue:
            interval, count = self.queue[0]
            due = min((now - self.last) // interval, count)
            if due:
                if self.watch:
                    self.watch(self.last, interval, due)
                self.given += self.way * due
                self.last += due * interval
            if due < count:
                self.queue[0] = (interval, count - due)
                return
            self.queue.popleft()
            if not self.queue:
                self.dry += 1

    def obey(self, outputs):
        if outputs.flush:
            self.queue.clear()
        if not self.queue:
            self.last = self.now
            self.way = -1 if outputs.backward else 1
        for i in range(outputs.segments):
            interval, count = outputs.intervals_ticks[i], outputs.counts[i]
            assert interval >= LEAST_INTERVAL_TICKS and count > 0, f"no segment of {count} pulses {interval} apart"
            self.queue.append((interval, count))
        ahead = self.controller_ahead()
        assert self.queued() <= ahead, f"{self.queued()} steps queued where {ahead} were wanted"


class Ideal:
    """Holds every pulse against k * v / r after the start; times in ticks, exact in integers.

    Within a run of equal intervals the deviation is a straight line, so its ends are its extremes.
    """

    def __init__(self, step_grains, rate_cml_h, start_ticks):
        self.step_grains = step_grains
        self.rate_cml_h = rate_cml_h
        self.start_ticks = start_ticks
        self.pulses = 0
        self.worst = 0  # in 1 / rate_cml_h of a tick

    def __call__(self, before, interval, pulses):
        for k in (1, pulses):
            ideal = (self.pulses + k) * self.step_grains
            given = (before + k * interval - self.start_ticks) * self.rate_cml_h
            self.worst = max(self.worst, abs(given - ideal))
        self.pulses += pulses

    @property
    def worst_us(self):
        return self.worst / self.rate_cml_h * 0.08

    def pulses_due(self, ticks):
        """Pulses an ideal motor has given at `ticks`."""
        return (ticks - self.start_ticks) * self.rate_cml_h // self.step_grains


def as_it_likes(seed):
    """Lateness of a loop that comes anywhere from at once to late by 0.99 of its window."""
    chance = random.Random(seed)
    return lambda window_ms: chance.randint(1 - window_ms, int(window_ms * 0.99)) if window_ms else 0


class Rig:
    """A controller and a stepper under one clock that counts ticks without end."""

    def __init__(self, step_pl, reservoir_ul=99_999_000, clock_ms=0, **limits):
        self.controller = Controller(Setup(step_pl, reservoir_ul, low_ul=0, empty_ul=0, **limits))
        self.inputs = Inputs()
        self.outputs = Outputs()
        self.stepper = Stepper()
        self.stepper.controller_ahead = lambda: self.controller.motion.ahead_steps
        self.clock_ms = clock_ms
        self.now_ms = 0
        self.next_ms = 0

    def step(self, now_ms):
        """Run the controller at `now_ms` since power-on; its own clock may have started elsewhere."""
        self.now_ms = now_ms
        self.stepper.advance(now_ms * TICKS_PER_MS)
        self.inputs.steps_done = self.stepper.given & CLOCK_MASK
        self.inputs.steps_queued = self.stepper.queued()
        clock = (now_ms + self.clock_ms) & CLOCK_MASK
        wait = (self.controller.step(clock, self.inputs, self.outputs) - clock) & CLOCK_MASK
        self.stepper.obey(self.outputs)
        self.inputs.request = 0
        self.next_ms = now_ms + wait

    def ask(self, request, now_ms=None, rate_cml_h=0, vtbi_ul=0, kvo_cml_h=0):
        self.inputs.request = request
        self.inputs.rate_cml_h = rate_cml_h
        self.inputs.vtbi_ul = vtbi_ul
        self.inputs.kvo_cml_h = kvo_cml_h
        self.step(self.now_ms if now_ms is None else now_ms)
        return self.outputs.answer

    def start(self, rate_cml_h, vtbi_ul=99_999_000, kvo_cml_h=0):
        assert self.ask(PROGRAM, rate_cml_h=rate_cml_h, vtbi_ul=vtbi_ul, kvo_cml_h=kvo_cml_h) == ACCEPTED
        assert self.ask(START) == ACCEPTED

    def run(self, until_ms, late=lambda window_ms: 0):
        """Step whenever asked for, `late` ms later than that, until `until_ms`."""
        while True:
            then = self.next_ms + late(self.next_ms - self.now_ms)
            if then > until_ms:
                break
            self.step(then)
        self.step(until_ms)

    def run_out_of(self, state, limit_ms=3_600_000, late_ms=0):
        """Run until the state is another one; it must be, within `limit_ms`."""
        while self.outputs.state == state:
            assert self.now_ms <= limit_ms
            self.step(self.next_ms + late_ms)
