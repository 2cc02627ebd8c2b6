"""The virtual step generator: the same contract as the one on a board, kept to the tick.

It holds runs of (interval, pulses) and gives them one after another; a pulse comes one interval after
the one before. When the queue is empty the motor stands still.
"""

from collections import deque

from pumpcore.records import Outputs
from pumpcore.setup import LEAST_INTERVAL_TICKS

Run = tuple[int, int, int]  # pulses after a tick: (that tick, pulses, ticks between them)


class BadOrder(ValueError):
    """A segment that no motor can give."""


class StepMotor:
    """Times in ticks of 80 ns since power-on."""

    def __init__(self) -> None:
        self.given = 0
        self.last_ticks = 0  # the pulse before the next one
        self.queued = 0
        self.way = 1  # -1: what is queued turns back
        self.queue: deque[tuple[int, int]] = deque()  # of (interval, pulses), neighbours differ in interval

    def obey(self, outputs: Outputs, now_ticks: int) -> None:
        """Take an order at `now_ticks`; the queue must have been run up to there."""
        if outputs.flush:
            self.queue.clear()
            self.queued = 0
        if not self.queue:
            self.last_ticks = now_ticks
            self.way = -1 if outputs.backward else 1
        for i in range(outputs.segments):
            self._append(outputs.intervals_ticks[i], outputs.counts[i])

    def lose_power(self) -> None:
        """It stands still, and counts from 0 when power is back."""
        self.queue.clear()
        self.queued = self.given = 0

    def _append(self, interval: int, pulses: int) -> None:
        if interval < LEAST_INTERVAL_TICKS or pulses < 1:
            raise BadOrder(f"no segment of {pulses} pulses {interval} ticks apart")
        self.queued += pulses
        if self.queue and self.queue[-1][0] == interval:
            pulses += self.queue.pop()[1]
        self.queue.append((interval, pulses))

    def take(self, to_ticks: int) -> list[Run]:
        """Give every pulse that falls due by `to_ticks`."""
        runs, queue = [], self.queue
        while queue:
            interval, pulses = queue[0]
            due = (to_ticks - self.last_ticks) // interval
            if due < pulses:
                if not due:
                    break
                queue[0] = (interval, pulses - due)
                pulses = due
            else:
                queue.popleft()
            runs.append((self.last_ticks, pulses, interval))
            self.last_ticks += pulses * interval
            self.given += self.way * pulses
            self.queued -= pulses
        return runs
