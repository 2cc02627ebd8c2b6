"""Runs under any Python: puts the recorded inputs of story.trace through pumpcore and prints the outputs.

A line a step: when it wants to run next, what Outputs says, and the ordered segments.
"""

from pumpcore.controller import Controller
from pumpcore.records import Inputs, Outputs
from pumpcore.setup import Setup


def replay(lines):
    controller = Controller(Setup(173_531, 50_000, near_end_s=30))
    inputs = Inputs()
    outputs = Outputs()
    for line in lines:
        (
            now_ms,
            inputs.steps_done,
            inputs.steps_queued,
            inputs.pressure_pa,
            inputs.air_permille,
            inputs.request,
            inputs.rate_cml_h,
            inputs.vtbi_ul,
            inputs.kvo_cml_h,
        ) = [int(word) for word in line.split()]
        next_ms = controller.step(now_ms, inputs, outputs)
        print(
            next_ms,
            outputs.state,
            outputs.answer,
            outputs.rate_cml_h,
            outputs.pumped_ul,
            outputs.left_ul,
            outputs.alarms,
            outputs.alarm_shown,
            outputs.alarm_reason,
            int(outputs.flush),
            outputs.intervals_ticks[: outputs.segments],
            outputs.counts[: outputs.segments],
        )


with open("story.trace") as trace:
    replay(trace)
