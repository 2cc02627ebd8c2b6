"""Alarm signals with a clock, read back as edges.

Assumed: IEC 60601-1-8, from memory. Its figures are written out in the tests; none of the module's own is used.
"""

from itertools import pairwise
from typing import NamedTuple

from pumpcore.alarms import HIGH, LOW, MEDIUM
from pumpcore.signals import Signals
from pumpcore.states import IDLE
from pumpcore.units import CLOCK_MASK

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
RECORD_MS = 65_000  # a minute, and what is left of a burst then
PRIORITIES = (HIGH, MEDIUM, LOW)
NEARLY_WRAPPED = CLOCK_MASK - 5_000

NOTES_HZ = {"c": 262, "d": 294, "e": 330, "g": 392, "C": 523}
MELODIES = {HIGH: "CdgCdCdgCd", MEDIUM: "Cdg", LOW: "ec"}


class Shown(NamedTuple):
    hz: int
    red: int
    yellow: int
    cyan: int
    silent: int
    paused_too_long: int


NOTHING = Shown(0, 0, 0, 0, 0, 0)


class Rig:
    """Signals with a clock that starts at `clock_ms`; `now_ms` counts from there and never wraps."""

    def __init__(self, clock_ms=0):
        self.signals = Signals()
        self.clock_ms = clock_ms
        self.now_ms = 0
        self.state, self.priority, self.link_up = IDLE, 0, 1
        self.edges = [(0, NOTHING)]
        self.look()

    @property
    def clock(self):
        return (self.clock_ms + self.now_ms) & CLOCK_MASK

    @property
    def shown(self):
        s = self.signals
        return Shown(s.buzzer_hz, s.red, s.yellow, s.cyan, s.silent, s.paused_too_long)

    @property
    def next_ms(self):
        return self.now_ms + ((self.signals.next_ms - self.clock) & CLOCK_MASK)

    def look(self, raised=0, **changed):
        for name, value in changed.items():
            setattr(self, name, value)
        self.signals.look(self.clock, self.state, self.priority, raised, self.link_up)
        if self.edges[-1][0] == self.now_ms > 0:
            self.edges.pop()  # only the last of a millisecond counts
        if self.shown != self.edges[-1][1]:
            self.edges.append((self.now_ms, self.shown))
        return self.shown

    def alarm(self, priority):
        return self.look(priority=priority, raised=1 << 1)

    def silence(self, remote=0):
        self.signals.silence(self.clock, remote)
        return self.look()

    def touch(self):
        self.signals.touched(self.clock)
        return self.look()

    def unconfirmed(self, value):
        self.signals.unconfirmed = value
        return self.look()

    def run(self, wait_ms, each_ms=0):
        """Look every `each_ms` for `wait_ms`, or, without it, only when the signals ask for it."""
        end_ms = self.now_ms + wait_ms
        then_ms = self.now_ms + each_ms if each_ms else self.next_ms
        while then_ms < end_ms:
            self.now_ms = then_ms
            self.look()
            then_ms = self.now_ms + each_ms if each_ms else self.next_ms
        self.now_ms = end_ms
        return self.look()

    def spans(self, name):
        """[start, length, value] of what was on and went off again."""
        found, start_ms, value = [], 0, 0
        for at_ms, shown in self.edges:
            new = getattr(shown, name)
            if new != value:
                if value:
                    found.append((start_ms, at_ms - start_ms, value))
                start_ms, value = at_ms, new
        return found

    def lights(self):
        """What the LEDs show, edge by edge."""
        found = [(0, (0, 0, 0))]
        for at_ms, shown in self.edges:
            if shown[1:4] != found[-1][1]:
                found.append((at_ms, shown[1:4]))
        return found

    def bursts(self):
        """Pulses of the buzzer, apart where 2.5 s pass without one."""
        found = []
        for start_ms, length_ms, hz in self.spans("hz"):
            if not found or start_ms - sum(found[-1][-1][:2]) >= 2_500:
                found.append([])
            found[-1].append((start_ms, length_ms, hz))
        return found

    def burst_starts(self):
        return [burst[0][0] for burst in self.bursts()]


def record_of(priority, clock_ms=0, each_ms=1):
    rig = Rig(clock_ms)
    rig.alarm(priority)
    rig.run(RECORD_MS, each_ms)
    return rig


def spaces_of(burst):
    return [later[0] - sum(earlier[:2]) for earlier, later in pairwise(burst)]


def rests_of(bursts):
    return [later[0][0] - sum(earlier[-1][:2]) for earlier, later in pairwise(bursts)]
