"""Runs under 32-bit MicroPython: bytes allocated by steps in a steady state, one line a case.

A case is a state that moves the motor, a syringe and a rate. The motor is the shortest that keeps the
contract: it gives what was ordered as time goes by. Prints `state rate_cml_h step_pl steps bytes`, and
at the end the same of a loop known to allocate.
"""

import gc

from pumpcore.controller import Controller
from pumpcore.records import ACCEPTED, Inputs, Outputs
from pumpcore.setup import Setup
from pumpcore.states import ACKNOWLEDGE, INFUSING, KVO, PROGRAM, START, STATE_NAMES
from pumpcore.units import CLOCK_MASK

STEADY_STEPS = 400
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


def ask(controller, now, inputs, outputs, request):
    inputs.request = request
    controller.step(now, inputs, outputs)
    inputs.request = 0
    if outputs.answer != ACCEPTED:
        raise ValueError("request %d refused: %d" % (request, outputs.answer))
    if outputs.flush:
        inputs.steps_queued = 0
    inputs.steps_queued += ordered(outputs)


def run(controller, now, inputs, outputs, steps):
    """The clock after `steps` steps, each at the time the one before asked for."""
    due = outputs.intervals_ticks[0]
    for _ in range(steps):
        then = controller.step(now, inputs, outputs)
        inputs.steps_queued += ordered(outputs)
        due = advance(due, ((then - now) & CLOCK_MASK) * TICKS_PER_MS, inputs, outputs)
        now = then
    return now


def measure(state, rate_cml_h, step_pl, start_ms):
    controller = Controller(Setup(step_pl, 9_000_000))
    inputs = Inputs()
    outputs = Outputs()
    inputs.pressure_pa = 1_300
    inputs.rate_cml_h = rate_cml_h
    inputs.kvo_cml_h = rate_cml_h
    inputs.vtbi_ul = 1 if state == KVO else 8_000_000
    ask(controller, start_ms, inputs, outputs, PROGRAM)
    ask(controller, start_ms, inputs, outputs, START)
    now = start_ms
    while outputs.state != state:
        inputs.steps_done += inputs.steps_queued
        inputs.steps_queued = 0
        ask(controller, now, inputs, outputs, ACKNOWLEDGE)
    now = run(controller, now, inputs, outputs, 3)
    gc.collect()
    before = gc.mem_alloc()
    run(controller, now, inputs, outputs, STEADY_STEPS)
    print(STATE_NAMES[outputs.state], rate_cml_h, step_pl, STEADY_STEPS, gc.mem_alloc() - before)


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
control()
