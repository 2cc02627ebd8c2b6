"""Runs under any Python: puts the recorded bytes of traffic.trace into a pump with a key and prints what it answers.

A line of the trace is a step: the clock, the request of a key or 0, what came from the host in hexadecimal digits.
Printed are when the pump wants to run next, what has become of it, and the line that it says. The sessions are opened
and each tag is worked out with what a board has for that: board/hashing.py.
"""

from hashing import Sha256

from pumpcore.controller import Controller
from pumpcore.pump import Pump, Serial
from pumpcore.records import Inputs, Outputs
from pumpcore.session import Session
from pumpcore.setup import Setup

KEY = b"the key of a recorded pump"
SEED = b"seed"


class Host(Serial):
    def __init__(self):
        self.bytes = b""
        self.said = ""

    def receive(self, buffer):
        for i in range(len(self.bytes)):
            buffer[i] = self.bytes[i]
        return len(self.bytes)

    def send(self, line, count):
        self.said = bytes(line[: count - 1]).decode()


def answer(lines):
    pump = Pump(Controller(Setup(173_530, 50_000)), Session(KEY, SEED, Sha256()))
    link, host = pump.link, Host()
    inputs = Inputs()
    outputs = Outputs()
    for line in lines:
        words = line.split()
        inputs.request = int(words[1])
        for i in range(outputs.segments):
            inputs.steps_done += outputs.counts[i]
        host.bytes = bytes.fromhex(words[2]) if len(words) > 2 else b""
        host.said = ""
        next_ms = pump.step(int(words[0]), inputs, outputs, host)
        print(
            next_ms, outputs.state, outputs.answer, outputs.rate_cml_h, outputs.alarms, outputs.silent, inputs.link_up,
            link.last, link.refused, link.reader.bad, link.waiting.digest, link.events.count, len(link.session.own),
            host.said,
        )  # fmt: skip


with open("traffic.trace") as trace:
    answer(trace)
