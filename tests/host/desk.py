"""A pump on the desk: the port's side of pyserial, with the shipped pump behind it and no time but its own.

A write lets the pump step until it has heard all of it; reading gives what it has said. `clock_ms` is the pump's, and
only moves when told: nothing here waits.
"""

import hmac

from pumpcore.controller import Controller
from pumpcore.pump import Pump, Serial
from pumpcore.records import Inputs, Outputs
from pumpcore.session import Hash, Session
from pumpcore.setup import Setup

STEP_PL = 173_530


class Hashing(Hash):
    def hmac(self, key, message):
        return hmac.digest(key, message, "sha256")


class Desk(Serial):
    """What a serial port looks like to `pumphost.line.Line`, and to the pump. `damage` is asked what becomes of each
    line on its way, as a list of lines: none, another, several; its second argument is "to" or "from" the pump."""

    def __init__(self, key=b"", damage=None, cause=0, **setup):
        self.controller = Controller(Setup(STEP_PL, 50_000, **setup))
        self.pump = Pump(self.controller, Session(key, b"seed", Hashing()), cause)
        self.inputs, self.outputs = Inputs(), Outputs()
        self.clock_ms = 0
        self.damage = damage or (lambda line, way: [line])
        self.to_pump, self.from_pump = bytearray(), bytearray()
        self.is_open = True
        self.requests = []  # that reached the controller, with its answers
        self.step()

    def step(self, after_ms=0):
        self.clock_ms += after_ms
        self.inputs.request, self.inputs.link_up = 0, 1
        self.inputs.steps_done += sum(self.outputs.counts[: self.outputs.segments])
        self.pump.step(self.clock_ms, self.inputs, self.outputs, self)
        if self.inputs.request:
            self.requests.append((self.inputs.request, self.outputs.answer))

    # The pump's side

    def receive(self, buffer):
        count = min(len(buffer), len(self.to_pump))
        buffer[:count] = self.to_pump[:count]
        del self.to_pump[:count]
        return count

    def send(self, line, count):
        for damaged in self.damage(bytes(line[:count]), "from"):
            self.from_pump += damaged

    # The host's side

    def write(self, data):
        for damaged in self.damage(bytes(data), "to"):
            self.to_pump += damaged
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
        self.is_open = False
