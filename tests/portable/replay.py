"""Runs under any Python: puts the recorded inputs of story.trace through pumpcore and prints the outputs.

The first line of the trace names the fields of Inputs, each line after it is a step: the clock, then those
fields. Printed are when the step wants to run next, all that Outputs says, the ordered segments, and what
the guard, which is told the orders and shown the encoder, answers.
"""

from pumpcore.controller import Controller
from pumpcore.guard import ANSWER_BYTES, Guard
from pumpcore.orders import Orders
from pumpcore.records import Inputs, Outputs
from pumpcore.setup import Setup

SETUP = {
    "near_end_s": 30,
    "steps_per_turn": 3_200,
    "compliance_nl_kpa": 21_715,
    "barrel_um": 28_590,
    "back_off": 1,
    "air_test": 1,
    "flow_sensor": 1,
    "second_clock": 1,
    "code_sum": 0x2A5F1C73,
    "signal_test": 1,
    "air_window_ul": 10,
}
SHOWN = (
    "state", "answer", "rate_cml_h", "motor_cml_h", "pumped_ul", "free_ul", "left_ul", "alarms", "alarms_raised",
    "alarm_shown", "alarm_reason", "buzzer_hz", "red", "yellow", "cyan", "silent", "signal_test", "air_test",
)  # fmt: skip


def replay(lines):
    controller = Controller(Setup(173_531, 50_000, **SETUP))
    guard = Guard(135_435)
    orders = Orders()
    answer = bytearray(ANSWER_BYTES)
    inputs = Inputs()
    outputs = Outputs()
    names = next(lines).split()[1:]
    for line in lines:
        now_ms, *values = [int(word) for word in line.split()]
        for i in range(len(names)):
            setattr(inputs, names[i], values[i])
        next_ms = controller.step(now_ms, inputs, outputs)
        orders.write(now_ms, inputs, outputs)
        if orders.prescribed:
            guard.tell(inputs.second_ms, orders.prescription)
        if orders.ordered:
            guard.tell(inputs.second_ms, orders.order)
        guard.look(inputs.second_ms, inputs.encoder_counts, answer)
        print(
            next_ms,
            *[getattr(outputs, name) for name in SHOWN],
            int(outputs.flush),
            int(outputs.backward),
            outputs.intervals_ticks[: outputs.segments],
            outputs.counts[: outputs.segments],
            *[answer[i] for i in range(ANSWER_BYTES)],
        )


with open("story.trace") as trace:
    replay(iter(trace))
