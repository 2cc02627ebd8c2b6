"""Runs under 32-bit MicroPython: bytes allocated by steps in a steady state, one line a case, with all that
watches turned on, the link idle and the guard beside it: told the orders, shown the encoder.

A case is a state that moves the motor, a syringe and a rate. The motor is the shortest that keeps the
contract: it gives what was ordered as time goes by. Prints `state rate_cml_h step_pl steps bytes`, then for some
frames of a host `REQUEST word 0 steps bytes` with the reply, and at the end the same of a loop known to allocate.
"""

import gc
from binascii import crc32

from pumpcore.controller import Controller
from pumpcore.guard import ANSWER_BYTES, Guard
from pumpcore.orders import Orders
from pumpcore.pump import Pump, Serial
from pumpcore.records import ACCEPTED, Inputs, Outputs
from pumpcore.session import Hash, Session
from pumpcore.setup import Setup
from pumpcore.states import ACKNOWLEDGE, INFUSING, KVO, PROGRAM, SILENCE, START, STATE_NAMES
from pumpcore.units import CLOCK_MASK

STEADY_STEPS = 400
REQUEST_STEPS = 8  # of 16 bytes each; the last are idle
CODE_SUM = 0x2A5F1C73
TICKS_PER_MS = 12_500


def advance(due, ticks, inputs, outputs):
    """Give the queued steps of the next `ticks`, the first in `due` ticks; return when the next is due."""
    while due <= ticks and inputs.steps_queued:
        due += outputs.intervals_ticks[0]
        inputs.steps_done = (inputs.steps_done + 1) & CLOCK_MASK
        inputs.steps_queued -= 1
    return due - ticks


def ordered(outputs):
    total = 0
    for i in range(outputs.segments):
        total += outputs.counts[i]
    return total


class Host(Serial):
    """Says what it is told to, and forgets what is said to it."""

    def __init__(self):
        self.line = b""
        self.at = 0

    def receive(self, buffer):
        count = 0
        while count < len(buffer) and self.at < len(self.line):
            buffer[count] = self.line[self.at]
            count += 1
            self.at += 1
        return count

    def send(self, line, count):
        pass


host = Host()


def ask(pump, now, inputs, outputs, request, beside):
    inputs.request = request
    beside.sense(now, inputs)
    pump.step(now, inputs, outputs, host)
    beside.follow(now, inputs, outputs)
    inputs.request = 0
    if outputs.answer != ACCEPTED:
        raise ValueError("request %d refused: %d" % (request, outputs.answer))
    if outputs.flush:
        inputs.steps_queued = 0
    inputs.steps_queued += ordered(outputs)


class Beside:
    """The guard, what it is told, and sensors that follow the steps."""

    def __init__(self, step_pl):
        self.guard = Guard(step_pl * 3_200 // 4_096 * 999 // 1_000)
        self.orders = Orders()
        self.answer = bytearray(ANSWER_BYTES)
        self.tested = 0  # the air detector's sender is off
        self.step_pl = step_pl
        self.steps = self.rest_pl = 0

    def sense(self, now, inputs):
        inputs.second_ms = now
        # 4096 counts are 3200 steps
        inputs.encoder_counts = (inputs.steps_done // 25 * 32 + inputs.steps_done % 25 * 32 // 25) & CLOCK_MASK
        pl = self.rest_pl + ((inputs.steps_done - self.steps) & CLOCK_MASK) * self.step_pl
        self.steps = inputs.steps_done
        self.rest_pl = pl % 1_000
        inputs.flowed_nl = (inputs.flowed_nl + pl // 1_000) & CLOCK_MASK
        inputs.pressure_pa = 1_300 + (now // 100 & 15)
        inputs.air_permille = 1_000 if self.tested else 0

    def follow(self, now, inputs, outputs):
        self.tested = outputs.air_test
        self.orders.write(now, inputs, outputs)
        if self.orders.prescribed:
            self.guard.tell(now, self.orders.prescription)
        if self.orders.ordered:
            self.guard.tell(now, self.orders.order)
        self.guard.look(now, inputs.encoder_counts, self.answer)
        inputs.guard = self.answer[2]


def run(pump, now, inputs, outputs, steps, beside):
    """The clock after `steps` steps, each at the time the one before asked for."""
    due = outputs.intervals_ticks[0]
    for _ in range(steps):
        beside.sense(now, inputs)
        inputs.key_down = now >> 11 & 1  # somebody presses it for 2 s, again and again
        then = pump.step(now, inputs, outputs, host)
        beside.follow(now, inputs, outputs)
        inputs.steps_queued += ordered(outputs)
        due = advance(due, ((then - now) & CLOCK_MASK) * TICKS_PER_MS, inputs, outputs)
        now = then
    return now


def measure(state, rate_cml_h, step_pl, start_ms):
    watched = {
        "steps_per_turn": 3_200,
        "compliance_nl_kpa": 21_715,
        "upstream_pa": 16_000,
        "back_off": 1,
        "flow_sensor": 1,
        "rollers": 1,  # a passage of 17, 555 and 752 uL
        "suck_back_permille": 120,
        "air_window_ul": 10,
    }
    tested = {"air_test": 1, "second_clock": 1, "code_sum": CODE_SUM, "signal_test": 1}
    setup = Setup(step_pl, 9_000_000, restarts=3, barrel_um=28_590, **watched, **tested)
    pump = Pump(Controller(setup), Session(b"", b"", Hash()))
    beside = Beside(step_pl)
    inputs = Inputs()
    outputs = Outputs()
    inputs.barrel_um = 28_590
    inputs.code_sum = CODE_SUM
    inputs.rate_cml_h = rate_cml_h
    inputs.kvo_cml_h = rate_cml_h
    inputs.vtbi_ul = 1 if state == KVO else 8_000_000
    ask(pump, start_ms, inputs, outputs, SILENCE, beside)  # the first step plays the signals
    ask(pump, start_ms, inputs, outputs, ACKNOWLEDGE, beside)
    ask(pump, start_ms, inputs, outputs, PROGRAM, beside)
    ask(pump, start_ms, inputs, outputs, START, beside)
    now = start_ms
    while outputs.state != state:
        inputs.steps_done += inputs.steps_queued
        inputs.steps_queued = 0
        ask(pump, now, inputs, outputs, ACKNOWLEDGE, beside)
    now = run(pump, now, inputs, outputs, 3, beside)
    gc.collect()
    before = gc.mem_alloc()
    run(pump, now, inputs, outputs, STEADY_STEPS, beside)
    print(STATE_NAMES[outputs.state], rate_cml_h, step_pl, STEADY_STEPS, gc.mem_alloc() - before)


def measure_request(pump, number, words):
    """What hearing a frame and answering it allocates, as it comes the second time: the first may fill a table."""
    inputs = Inputs()
    outputs = Outputs()
    used = 0
    for i in range(2):
        text = ">%d %s" % (number + i, words)
        host.line = ("%s *%08X\n" % (text, crc32(text.encode()))).encode()
        host.at = 0
        gc.collect()
        before = gc.mem_alloc()
        for _ in range(REQUEST_STEPS):
            pump.step(0, inputs, outputs, host)
        used = gc.mem_alloc() - before
    print("REQUEST", words.split()[0], 0, REQUEST_STEPS, used)


def control():
    """What the measure says of a loop that does allocate: a list of one number each time."""
    gc.collect()
    before = gc.mem_alloc()
    kept = None
    for number in range(STEADY_STEPS):
        kept = [number]
    print("CONTROL", 0, 0, STEADY_STEPS, gc.mem_alloc() - before, kept)


for step_pl in (5_422, 173_530, 235_000):
    for rate_cml_h in (1, 100, 500, 9_877, 39_024, 120_000):
        if rate_cml_h <= Setup(step_pl, 1_000).most_rate_cml_h:
            measure(INFUSING, rate_cml_h, step_pl, 0)
            measure(KVO, rate_cml_h, step_pl, 0)
            measure(INFUSING, rate_cml_h, step_pl, CLOCK_MASK - 3_000)  # the clock wraps on the way
asked = Pump(Controller(Setup(173_530, 50_000)), Session(b"", b"", Hash()))
measure_request(asked, 1, "status")
measure_request(asked, 1, "senses")
measure_request(asked, 1, "program 500 10000 100")
measure_request(asked, 3, "alive")
control()
