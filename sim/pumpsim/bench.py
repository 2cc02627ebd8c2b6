"""The bench: SimPy turns the crank of the shipped controller against the virtual pump.

SimPy's time counts whole milliseconds. One process is the loop of firmware/main.py: read, step, obey,
wait until the time the step asked for. The others bring what happens from outside, user events and
faults, and take down the trace. An event wakes the loop early, as a key does on a board.
"""

from collections.abc import Callable, Generator
from typing import Any

import simpy

from pumpcore.controller import Controller
from pumpcore.records import Inputs, Outputs
from pumpcore.states import ACKNOWLEDGE, PAUSE, PROGRAM, RESUME, SET_RATE, START, STOP
from pumpcore.units import CLOCK_MASK, TICKS_PER_MS
from pumpsim.faults import KINDS
from pumpsim.ports import Ports
from pumpsim.record import Record
from pumpsim.rig import plant_of, setup_of
from pumpsim.scenario import Event, Fault, Scenario
from pumpsim.sensors import PressureSensor

Process = Generator[simpy.Event, Any, None]

ACTIONS = {
    "start": START,
    "pause": PAUSE,
    "resume": RESUME,
    "stop": STOP,
    "rate": SET_RATE,
    "acknowledge": ACKNOWLEDGE,
}


class Bench:
    """One run of one scenario. `clock_ms` is what the controller's clock reads at the start."""

    def __init__(self, scenario: Scenario, clock_ms: int = 0) -> None:
        self.scenario = scenario
        self.clock_ms = clock_ms
        self.plant = plant_of(scenario)
        self.ports = Ports(self.plant, PressureSensor(scenario.noise.model, scenario.seed))
        self.controller = Controller(setup_of(scenario.pump))
        self.inputs = Inputs()
        self.outputs = Outputs()
        self.record = Record()
        self.env = simpy.Environment()
        self._program()
        self.loop = self.env.process(self._run_loop())
        for event in scenario.event:
            self.env.process(self._happen(event))
        for fault in scenario.fault:
            self.env.process(self._fail(fault))
        self.env.process(self._take_rows())

    def run(self, progress: Callable[[float], None] = lambda share: None) -> Record:
        """Run to the end; `progress` is told the share done, up to a hundred times."""
        end = _ms(self.scenario.duration_s)
        for part in range(1, 101):
            if end * part // 100 > self.env.now:
                self.env.run(end * part // 100)
            progress(part / 100)
        self._row(end)
        return self.record

    def _run_loop(self) -> Process:
        env, ports, inputs, outputs = self.env, self.ports, self.inputs, self.outputs
        step, record, offset = self.controller.step, self.record, self.clock_ms
        while True:
            now = int(env.now)
            clock = (now + offset) & CLOCK_MASK
            ports.read(now, inputs)
            then = step(clock, inputs, outputs)
            ports.obey(now, outputs)
            if record.step(now, inputs, outputs):
                record.row(now, inputs, outputs, self.plant)
            wait = 0 if ports.requests else (then - clock) & CLOCK_MASK
            try:
                yield env.timeout(wait)
            except simpy.Interrupt:  # somebody pressed a key
                continue

    def _program(self) -> None:
        """The prescription is entered at power-on, and started unless an event does that later."""
        therapy = self.scenario.therapy[0]
        rate, kvo = round(therapy.rate_ml_h * 100), round(therapy.kvo_ml_h * 100)
        self.ports.ask(PROGRAM, rate, round(therapy.vtbi_ml * 1000), kvo)
        if not any(event.action == "start" for event in self.scenario.event):
            self.ports.ask(START)

    def _happen(self, event: Event) -> Process:
        yield self.env.timeout(_ms(event.at_s))
        self.ports.ask(ACTIONS[event.action], round((event.rate_ml_h or 0) * 100))
        self.loop.interrupt()

    def _fail(self, fault: Fault) -> Process:
        kind = KINDS[fault.kind]
        severity = kind.usual() if fault.severity is None else fault.severity
        yield self.env.timeout(_ms(fault.at_s))
        self.plant.advance(int(self.env.now) * TICKS_PER_MS)
        end = kind.start(self.plant, severity)
        self.record.event(int(self.env.now), "fault", fault.kind, "on")
        if fault.until_s is not None:
            yield self.env.timeout(_ms(fault.until_s) - _ms(fault.at_s))
            self.plant.advance(int(self.env.now) * TICKS_PER_MS)
            end()
            self.record.event(int(self.env.now), "fault", fault.kind, "off")

    def _take_rows(self) -> Process:
        every = _ms(self.scenario.trace_every_s or min(max(self.scenario.duration_s / 720, 1.0), 10.0))
        while True:
            self._row(int(self.env.now))
            yield self.env.timeout(every)

    def _row(self, now_ms: int) -> None:
        self.plant.advance(now_ms * TICKS_PER_MS)
        self.record.row(now_ms, self.inputs, self.outputs, self.plant)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
