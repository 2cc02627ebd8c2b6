"""Records story.trace: every input the controller got while story.toml ran on the virtual pump.

    python tests/portable/record.py        writes it anew, after a change of the inputs or of the story

The first line names the fields; then a line a step: the clock, and all fields of Inputs.
"""

from pathlib import Path

from pumpcore.records import Inputs
from pumpcore.units import CLOCK_MASK
from pumpsim.bench import Bench
from pumpsim.loading import load

HERE = Path(__file__).parent
STORY = HERE / "story.toml"
TRACE = HERE / "story.trace"
FIELDS = tuple(vars(Inputs()))


class Tap:
    """A pump that notes what goes into it."""

    def __init__(self, pump):
        self.pump = pump
        self.lines = [" ".join(("now_ms", *FIELDS)) + "\n"]

    def step(self, now_ms, inputs, outputs, serial):
        fields = [getattr(inputs, name) for name in FIELDS]
        self.lines.append(" ".join(map(str, [now_ms, *fields])) + "\n")
        return self.pump.step(now_ms, inputs, outputs, serial)


def record():
    """The lines of the trace."""
    bench = Bench(load(STORY), clock_ms=CLOCK_MASK - 100_000)
    tap = bench.pump = Tap(bench.pump)
    bench.run()
    return tap.lines


if __name__ == "__main__":
    TRACE.write_text("".join(record()), encoding="ascii")
