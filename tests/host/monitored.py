"""A pump on the desk that infuses, somebody who watches it, and a wire that can be cut. No time but the pump's."""

import serial
from host.desk import Desk

from pumphost.line import PortError
from pumphost.monitoring.watching import Watch
from pumphost.pump import Pump


class Wire(Desk):
    """A desk whose wire can be cut; `after` lets the pump turn as it was ordered, a second at a time."""

    cut = False

    def write(self, data):
        if self.cut:
            raise serial.SerialException("unplugged")
        super().write(data)

    def after(self, seconds):
        for _ in range(seconds):
            self.step(1_000)


class Bench:
    """`wire`, with 36 mL/h and 10 mL running behind it, and `watch`; `opened` counts how often."""

    def __init__(self, key=b"", known=True, **setup):
        self.wire = Wire(key, **setup)
        self.key = key if known else b""
        self.opened = 0
        with Pump(self.wire, key) as pump:
            pump.confirm(pump.program(36.0, 10.0).digest)
            pump.start()
        self.watch = Watch(self.open, 0.5, self.now_s)

    def open(self):
        if self.wire.cut:
            raise PortError("there is no /dev/pump")
        self.opened += 1
        return Pump(self.wire, self.key)

    @property
    def now_s(self):
        return self.wire.clock_ms / 1_000

    def look(self, after_s=0):
        """Look once a second; the last snapshot."""
        for _ in range(after_s):
            self.wire.after(1)
            self.watch.look(self.now_s)
        self.watch.look(self.now_s)
        return self.watch.snapshot

    def do(self, action):
        self.watch.want(action)
        return self.look().outcome
