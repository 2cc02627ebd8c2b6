"""A calibration bench without a bench: the shipped pump, a virtual plant behind its motor, a virtual balance under the
line, and one clock that only moves when told."""

from datetime import UTC, datetime, timedelta

from host.desk import Hashing

from pumpcore.controller import Controller
from pumpcore.pump import Pump, Serial
from pumpcore.records import Inputs, Outputs
from pumpcore.session import Session
from pumpcore.setup import Setup
from pumpcore.units import CLOCK_MASK, PL_PER_UL, TICKS_PER_MS
from pumpsim.balance import Balance, Scales
from pumpsim.ports import Ports
from pumpsim.rig import fill_of, plant_of, step_ul
from pumpsim.scenario import Line, Mechanics, Scenario, Therapy
from pumpsim.scenario import Pump as PumpTable
from pumpsim.sensors import PressureSensor

SCALES = Scales()
BEGAN = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


def scenario(pitch_mm=1.0, syringe="BD Plastipak 50", stopper="real"):
    return Scenario(
        name="calibration",
        duration_s=1.0,
        pump=PumpTable(syringe=syringe),
        mechanics=Mechanics(pitch_mm=pitch_mm, stopper=stopper),
        line=Line(set="1.5 m x 1.0 mm"),
        therapy=[Therapy(rate_ml_h=1.0, vtbi_ml=1.0)],
    )


class Rig(Serial):
    """The pump's port and the clock of a calibration. The pump is set for the nominal screw of `told`; the one that is
    really in it has `pitch_mm`. `balance_port` is the balance's."""

    def __init__(self, pitch_mm=1.0, scales=SCALES, seed=1, key=b"", **real):
        told = scenario(**real)
        self.step_pl = round(step_ul(told) * PL_PER_UL)
        self.plant = plant_of(scenario(pitch_mm, **real))
        self.ports = Ports(self.plant, PressureSensor("none", seed))
        self.controller = Controller(Setup(self.step_pl, round(fill_of(told))))
        self.pump = Pump(self.controller, Session(key, b"seed", Hashing()))
        self.inputs, self.outputs = Inputs(), Outputs()
        self.now_ms = self.due_ms = 0
        self.to_pump, self.from_pump = bytearray(), bytearray()
        self.balance = Balance(lambda: self.plant.delivered_ul, scales, seed)
        self.balance_port = BalancePort(self)
        self.naps = ()  # what happens as each sleep is over, in turn
        self.step()

    def step(self):
        self.ports.read(self.now_ms, self.inputs)
        then_ms = self.pump.step(self.now_ms, self.inputs, self.outputs, self)
        self.ports.obey(self.now_ms, self.outputs)
        self.due_ms = self.now_ms + ((then_ms - self.now_ms) & CLOCK_MASK)

    def run_to(self, then_ms):
        while self.due_ms <= then_ms:
            self.now_ms = self.due_ms
            self.step()
        self.now_ms = then_ms
        self.plant.advance(then_ms * TICKS_PER_MS)

    # The clock

    def now_s(self):
        return self.now_ms / 1_000

    def sleep_s(self, seconds):
        self.run_to(self.now_ms + max(1, round(seconds * 1_000)))
        for nap in self.naps:
            nap()
            break

    def date(self):
        return BEGAN + timedelta(milliseconds=self.now_ms)

    # The pump's side of the wire

    def receive(self, buffer):
        count = min(len(buffer), len(self.to_pump))
        buffer[:count] = self.to_pump[:count]
        del self.to_pump[:count]
        return count

    def send(self, line, count):
        self.from_pump += line[:count]

    # The host's side

    def write(self, data):
        self.to_pump += data
        while self.to_pump or self.pump.link.more():
            self.step()

    @property
    def in_waiting(self):
        return len(self.from_pump)

    def read(self, size):
        data = bytes(self.from_pump[:size])
        del self.from_pump[:size]
        return data

    def close(self):
        pass


class BalancePort:
    """What a serial port with the virtual balance at its end looks like. `dead` swallows all."""

    def __init__(self, rig):
        self.rig = rig
        self.said = b""
        self.dead = False

    def reset_input_buffer(self):
        self.said = b""

    def write(self, data):
        if not self.dead:
            self.said += self.rig.balance.receive(self.rig.now_s(), data)

    def readline(self):
        line, end, self.said = self.said.partition(b"\n")
        return line + end

    def close(self):
        pass
