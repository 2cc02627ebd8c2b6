"""The virtual step generator: the same contract as the one on a board, kept to the tick.

It holds runs of (interval, pulses) and gives them one after another; a pulse comes one interval after
the one before. When the queue is empty the motor stands still.
"""

from collections import deque

from pumpcore.records import Outputs
from pumpcore.setup import LEAST_INTERVAL_TICKS


class StepMotor:
    """Times in ticks of 80 ns since power-on."""

    def __init__(self) -> None:
        self.given = 0
        self.last_ticks = 0  # the pulse before the next one
        self.queued = 0
        self.queue: deque[tuple[int, int]] = deque()  # of (interval, pulses), neighbours differ in interval

    def obey(self, outputs: Outputs, now_ticks: int) -> None:
        """Take an order at `now_ticks`; the queue must have been run up to there."""
        if outputs.flush:
            self.queue.clear()
            self.queued = 0
        if not self.queue:
            self.last_ticks = now_ticks
        for i in range(outputs.segments):
            self._append(outputs.intervals_ticks[i], outputs.counts[i])

    def _append(self, interval: int, pulses: int) -> None:
        if interval < LEAST_INTERVAL_TICKS or pulses < 1:
            raise ValueError(f"no segment of {pulses} pulses {interval} ticks apart")
        self.queued += pulses
        if self.queue and self.queue[-1][0] == interval:
            pulses += self.queue.pop()[1]
        self.queue.append((interval, pulses))

    def next_run(self, to_ticks: int) -> int:
        """Pulses of the run in front that fall due by `to_ticks`; their times are `last_ticks` plus
        multiples of the run's interval."""
        if not self.queue:
            return 0
        interval, pulses = self.queue[0]
        due = (to_ticks - self.last_ticks) // interval
        return due if due < pulses else pulses

    def give(self, pulses: int) -> None:
        """Book `pulses` of the run in front as given."""
        interval, left = self.queue[0]
        self.given += pulses
        self.queued -= pulses
        self.last_ticks += pulses * interval
        if pulses == left:
            self.queue.popleft()
        else:
            self.queue[0] = (interval, left - pulses)
