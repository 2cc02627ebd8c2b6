"""The bench: SimPy turns the crank of the shipped controller, in here or in a process, against the virtual pump.

SimPy's time counts whole milliseconds. One process is the loop of firmware/main.py: read, step, obey,
wait until the time the step asked for. The others bring what happens from outside, user events and
faults, and take down the trace. An event wakes the loop early, as a key does on a board.
"""

from collections.abc import Callable, Generator
from contextlib import suppress
from math import inf
from typing import Any

import simpy

from pumpcore.controller import Controller
from pumpcore.records import NOTHING_ASKED, Inputs, Outputs
from pumpcore.states import (
    ACKNOWLEDGE,
    EVENT_NAMES,
    MOVING,
    PAUSE,
    PROGRAM,
    RELOAD,
    RESUME,
    SET_RATE,
    SILENCE,
    START,
    STOP,
)
from pumpcore.units import CLOCK_MASK, TICKS_PER_MS
from pumpsim.catalogue import syringes
from pumpsim.engine import Boot, CpythonEngine, Engine, cpython
from pumpsim.faults import STARTS
from pumpsim.motor import BadOrder
from pumpsim.peristaltic import PeristalticDrive
from pumpsim.ports import Ports
from pumpsim.protector import LEAST_WAIT_MS, Protector
from pumpsim.record import DEAD, OFF, Record
from pumpsim.rig import fill_of, patient_kpa, plant_of, setup_of
from pumpsim.scenario import Event, Fault, Scenario
from pumpsim.sensors import FlowSensor, PressureSensor
from pumpsim.surroundings import ROOM_C, Battery, Warmth
from pumpsim.syringe import SyringeDrive

Process = Generator[simpy.Event, Any, None]

ACTIONS = {
    "program": PROGRAM,
    "start": START,
    "pause": PAUSE,
    "resume": RESUME,
    "stop": STOP,
    "rate": SET_RATE,
    "acknowledge": ACKNOWLEDGE,
    "reload": RELOAD,
    "silence": SILENCE,
}

EDGES = {"door-open", "key-stuck", "syringe-unseated", "wrong-syringe", "battery-drain"}  # faults that move a switch
LOST = "LOST"  # of a request that never reached the controller


class Environment(simpy.Environment):
    """SimPy's, with a short cut for whoever waits while nothing else is to happen. `leaps` unless somebody takes it
    event by event: only `run` says how far it may go."""

    leaps = True

    def skip(self, delay: int) -> bool:
        """Let `delay` pass at once, if nothing is scheduled until then; whether it has passed."""
        then = self._now + delay
        if not self.leaps or (self._queue and self._queue[0][0] <= then):
            return False
        self._now = then
        return True


class AlarmClock(simpy.Event):
    """A timeout that is set again and again, as long as it has gone off each time."""

    def set(self, delay: int) -> "AlarmClock":
        self.callbacks, self._ok, self._value = [], True, None
        self.env.schedule(self, delay=delay)
        return self


class Bench:
    """One run of one scenario. `clock_ms` is what the controller's clock reads at the start; `boot` makes a pump's
    firmware at power-on."""

    def __init__(self, scenario: Scenario, clock_ms: int = 0, boot: Boot = cpython) -> None:
        self.scenario = scenario
        self.clock_ms = clock_ms
        self.plant = plant_of(scenario)
        noise = scenario.noise
        pressure = PressureSensor(noise.model, scenario.seed, noise.offset_kpa, noise.quantum_kpa)
        self.ports = Ports(self.plant, pressure, FlowSensor(scenario.seed) if scenario.pump.flow_sensor else None)
        self.boot = boot
        self.pump: Engine = boot(setup_of(scenario))
        self.protector = Protector(self.pump.setup, self.plant, self.ports.encoder)
        self.battery = Battery()
        self.warmth = Warmth()
        self.flipped_cml_h = 0  # what a flipped bit last left in the controller's rate
        self.rooms_c = [ROOM_C]  # the hottest of them is around the pump
        self.windings_open = self.keys_stuck = 0
        self.syringes = [scenario.pump.syringe or ""]  # the last of them is in the pump
        self.inputs = Inputs()
        self.troubled = False  # since the first fault the pump's own state is not what it was at the start
        self.outputs = Outputs()
        self.record = Record()
        self.env = Environment()
        self.dead = False  # for good, until it boots
        self.holds = 0  # the loop stands still while there is one
        self.outages = 0  # and has no power while there is one
        self.drains_ma: list[float] = []
        self.dying: simpy.Process | None = None
        self.flat = False
        self.go_on = self.env.event()
        self.hosted = False  # a host asks, nobody in the scenario
        self._feel(0, self.inputs)
        self._see_signals()
        self._program()
        if not any(event.action == "start" for event in scenario.event):
            self.ports.ask(START)
        self.guard_due_ms = 0  # when the guard looks next, at the latest
        self.loop_due_ms: float = 0  # when the loop comes round next
        self.guarding = False  # by a timer of the guard's own
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
        env, ports, inputs, record = self.env, self.ports, self.inputs, self.record
        alarm_clock = AlarmClock(env)
        while True:
            while self.holds:
                with suppress(simpy.Interrupt):
                    yield self.go_on
            now = int(env.now)
            clock = (now + self.clock_ms) & CLOCK_MASK
            ports.read(now, inputs)
            if self.troubled:
                self._feel(now, inputs)
            outputs = self.outputs
            then = self.pump.step(clock, inputs, outputs, ports)
            self.protector.hear(now, clock, inputs, outputs)
            try:
                ports.obey(now, outputs)
            except BadOrder as error:
                self._die_of(error)
                continue
            changed = record.step(now, inputs, outputs)
            if changed:
                record.row(now, inputs, outputs, self.plant)
            wait = 0 if ports.requests else (then - clock) & CLOCK_MASK
            self.loop_due_ms = now + wait
            if changed or self.guard_due_ms <= now + wait:  # rather here, where the plant has just been looked at
                self._guard(now)
                self._guard_meanwhile()
            if env.skip(wait):
                continue
            try:
                yield alarm_clock.set(wait)
            except simpy.Interrupt:  # somebody pressed a key
                alarm_clock = AlarmClock(env)

    def _guard_meanwhile(self) -> None:
        """Let the guard look by a timer of its own if the loop does not come round before that is due."""
        if self.guard_due_ms < self.loop_due_ms and not self.guarding:
            self.guarding = True
            self.env.process(self._look_after())

    def _look_after(self) -> Process:
        while self.guard_due_ms < self.loop_due_ms:
            yield self.env.timeout(max(self.guard_due_ms - int(self.env.now), LEAST_WAIT_MS))
            if self.env.now >= self.guard_due_ms:
                self._catch_up()
                self._guard(int(self.env.now))
        self.guarding = False

    def _guard(self, now_ms: int) -> None:
        if not self.outages and self.protector.look(now_ms):
            self.inputs.guard = self.protector.answer[2]
            self.record.event(now_ms, "guard", self.protector.reason, "stopped")
        self.guard_due_ms = now_ms + self.protector.wait_ms()

    def _die_of(self, error: BadOrder) -> None:
        """A driver refuses an order: an exception ends the loop, as it ends main.py on a board, and nothing comes of
        what it still wanted."""
        self.hold()
        self.dead = True
        self.record.event(int(self.env.now), "loop", DEAD, str(error))

    def _feel(self, now_ms: int, inputs: Inputs) -> None:
        """The switches, the clamp around the barrel, the pump's own power and warmth."""
        drive, battery = self.plant.drive, self.battery
        if isinstance(drive, PeristalticDrive):
            inputs.door_closed = int(not drive.lifts)
        else:
            inputs.seated = int(not (isinstance(drive, SyringeDrive) and drive.loose))
            inputs.barrel_um = round(syringes()[self.syringes[-1]].barrel_mm * 1_000)
        inputs.on_mains = int(not self.drains_ma)
        inputs.battery_mv = round(battery.volts(now_ms / 1000) * 1_000)
        inputs.housing_dc = round(self.warmth.celsius(now_ms / 1000) * 10)
        inputs.code_sum = self.ports.code.read(now_ms)
        inputs.winding_ok = int(not (self.windings_open and MOVING[self.outputs.state]))
        inputs.key_down = int(self.keys_stuck > 0)
        inputs.link_up = int(not self.ports.link_drops)

    def leave_to_host(self) -> None:
        """Nobody programs, starts or asks anything else of the pump at its keys: before it runs. What happens to the
        patient happens all the same."""
        self.hosted = True
        self.ports.requests.clear()
        self._see_signals()

    def _see_signals(self) -> None:
        """The first step plays them; a user sees and hears them."""
        self.ports.ask(NOTHING_ASKED)
        self.ports.ask(ACKNOWLEDGE)

    def _program(self) -> None:
        """The prescription is entered at power-on, and started unless an event does that later."""
        therapy = self.scenario.therapy[0]
        rate, kvo = round(therapy.rate_ml_h * 100), round(therapy.kvo_ml_h * 100)
        self.ports.ask(PROGRAM, rate, round(therapy.vtbi_ml * 1000), kvo)

    def _happen(self, event: Event) -> Process:
        yield self.env.timeout(_ms(event.at_s))
        now = int(self.env.now)
        if event.height_cm is not None:
            self._catch_up()
            self.plant.circuit.patient_kpa = patient_kpa(self.scenario.patient, event.height_cm)
            self.plant.renew()
            self.record.event(now, "patient", "HEIGHT", f"{event.height_cm:g} cm")
        elif self.hosted:
            return
        elif self.outages or self.dead or (event.via == "link" and self.ports.link_drops):
            self.record.event(now, "user", EVENT_NAMES[ACTIONS[event.action]], LOST)
        else:
            if event.action == "reload":
                self._catch_up()
                self.plant.reload(fill_of(self.scenario))
            for _ in range(max(self.ports.bounces) if event.via == "keys" else 1):
                self._ask(event)
            self.loop.interrupt()

    def _ask(self, event: Event) -> None:
        if event.action == "program":
            self._program()
        else:
            self.ports.ask(ACTIONS[event.action], round((event.rate_ml_h or 0) * 100))

    def _fail(self, fault: Fault) -> Process:
        yield self.env.timeout(_ms(fault.at_s))
        self._catch_up()
        self.troubled = True
        end = STARTS[fault.kind](self, fault)
        if fault.kind in EDGES:
            self.loop.interrupt()
        self.record.event(int(self.env.now), "fault", fault.kind, "on")
        if fault.until_s is not None:
            yield self.env.timeout(_ms(fault.until_s) - _ms(fault.at_s))
            self._catch_up()
            end()
            if fault.kind in EDGES:
                self.loop.interrupt()
            self.record.event(int(self.env.now), "fault", fault.kind, "off")

    def _catch_up(self) -> None:
        self.plant.advance(int(self.env.now) * TICKS_PER_MS)

    # What faults do to the pump as a whole

    @property
    def controller(self) -> Controller:
        """Where it can be reached into: in this Python."""
        assert isinstance(self.pump, CpythonEngine)
        return self.pump.controller

    @property
    def plunger(self) -> SyringeDrive:
        assert isinstance(self.plant.drive, SyringeDrive)
        return self.plant.drive

    @property
    def rollers(self) -> PeristalticDrive:
        assert isinstance(self.plant.drive, PeristalticDrive)
        return self.plant.drive

    def hold(self) -> None:
        """The loop does not come round any more."""
        self.holds += 1
        self.loop_due_ms = inf
        self._guard_meanwhile()

    def release(self) -> None:
        self.holds -= 1
        if not self.holds:
            self.go_on.succeed()
            self.go_on = self.env.event()

    def lose_power(self) -> None:
        """The motor stops at once; what the controller knew is gone."""
        self.hold()
        self.outages += 1
        self.plant.motor.lose_power()
        self.protector.lose_power()
        self.inputs.guard = 0
        self.outputs = Outputs()
        self._row(int(self.env.now))

    def regain_power(self) -> None:
        """With the last outage over, the controller boots."""
        self.outages -= 1
        if self.dead:
            self.dead = False
            self.release()
        if not self.outages:
            self.pump = self.boot(setup_of(self.scenario))
            self.protector = Protector(self.pump.setup, self.plant, self.ports.encoder)
            self.ports.requests.clear()
            self.ports.code.booted_ms = int(self.env.now)
        self.release()

    def drain_battery(self, load_ma: float) -> Callable[[], None]:
        """The mains fail, and the battery gives `load_ma` until it is flat. Back on the mains it keeps its charge."""
        self.drains_ma.append(load_ma)
        self._load_battery()

        def recover() -> None:
            self.drains_ma.remove(load_ma)
            self._load_battery()

        return recover

    def _load_battery(self) -> None:
        if self.dying and self.dying.is_alive:
            self.dying.interrupt()
        if self.flat and not self.drains_ma:
            self.flat = False
            self.regain_power()
        if not self.flat:
            self.battery.draw(self.env.now / 1000, sum(self.drains_ma))
        if self.drains_ma and not self.flat:
            self.dying = self.env.process(self._die())

    def _die(self) -> Process:
        with suppress(simpy.Interrupt):
            yield self.env.timeout(_ms(self.battery.dies_in_s()))
            self._catch_up()
            self.lose_power()
            self.flat = True
            self.battery.draw(self.env.now / 1000, 0.0)

    def feel_room(self) -> None:
        self.warmth.surround(self.env.now / 1000, max(self.rooms_c))

    # The trace

    def _take_rows(self) -> Process:
        every = _ms(self.scenario.trace_every_s or min(max(self.scenario.duration_s / 720, 1.0), 10.0))
        while True:
            self._row(int(self.env.now))
            yield self.env.timeout(every)

    def _row(self, now_ms: int) -> None:
        self.plant.advance(now_ms * TICKS_PER_MS)
        self.record.row(
            now_ms, self.inputs, self.outputs, self.plant, OFF if self.outages else DEAD if self.dead else None
        )


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
