"""Step pulses of an ESP32, by its RMT: bursts of a few pulses, each timed to the microsecond by the hardware.

The RMT could repeat one burst for ever, and then a loop that hangs would leave the motor running. So it never loops: a
burst has at most MOST_PULSES pulses and lasts no longer than BURST_US, and the loop starts each anew, while it
waits. What has been ordered and not begun is given only as long as somebody comes round to give it.

Pulses keep to an absolute time: interval by interval from the first one after a standstill, in microseconds with the
rest carried, so that nothing is lost in the mean. A burst that starts late has its intervals shortened by a quarter
at most until it is back in time. A burst is booked when it is over, not before.

A burst of the fastest pulses must outlast a turn of the loop's wait, or they come late each time: hence
LEAST_STEP_TICKS, more than pumpcore asks for.
"""

import time

from esp32 import RMT
from machine import Pin

from board.pins import STEP
from board.segments import Segments
from pumpcore.units import CLOCK_MASK, const, until_ms

MHZ_80 = const(80)  # divided by this, a tick of the RMT is 1 us
HIGH_US = const(2)  # the A4988 needs 1 us, the DRV8825 1.9 us
MOST_PULSES = const(64)
BURST_US = const(20_000)
LEAST_STEP_TICKS = const(3_125)  # 250 us, 4000 steps/s: 64 of them are 16 ms
FLUSH_MS = const(30)  # a burst is over by then
TICKS_PER_25 = const(2)  # us in 25 ticks of 80 ns


class Stepper(Segments):
    def __init__(self) -> None:
        super().__init__()
        self.rmt = RMT(0, pin=Pin(STEP, Pin.OUT, value=0), clock_div=MHZ_80)
        # Low and high of each pulse; write_pulses takes a whole list, so there is one of each length.
        self.bursts = [[0] * (2 * count) for count in range(MOST_PULSES + 1)]
        self.gaps_us = [0] * MOST_PULSES
        self.done = 0  # pulses of the bursts that are over, modulo 2**30
        self.giving = 0  # pulses of the one under way
        self.due_us = 0  # when the next pulse is, by ticks_us
        self.rose_us = 0  # when the last one did
        self.rest = 0  # of a microsecond, in 25ths
        self.timed = False  # that holds; at a standstill it does not
        self.taken = 0  # pulses of the first segment that have gone

    def given(self) -> int:
        self._book()
        return self.done

    def feed(self) -> None:
        """Give the next burst, if the one before is over and a pulse is due within it."""
        self._book()
        if self.giving:
            return
        if not self.waiting:
            self.timed = False
            return
        now_us = _clock_us()
        if not self.timed:
            self.timed = True
            self.due_us = self.rose_us = now_us
            self.rest = 0
            self._next_due()
        count = self._gather(now_us)
        if count:
            burst = self.bursts[count]
            for i in range(count):
                burst[2 * i] = self.gaps_us[i] - HIGH_US if i else self.gaps_us[i]
                burst[2 * i + 1] = HIGH_US
            self.giving = count
            self.rmt.write_pulses(burst, False)

    def flush(self) -> None:
        """The burst under way is given whole: 20 ms at most."""
        self.waiting = self.taken = 0
        self.timed = False
        for _ in range(FLUSH_MS):
            self._book()
            if not self.giving:
                break
            time.sleep_ms(1)
        self.ordered = (self.done + self.giving) & CLOCK_MASK

    def _book(self) -> None:
        if self.giving and self.rmt.wait_done(timeout=0):
            self.done = (self.done - CLOCK_MASK - 1 + self.giving) & CLOCK_MASK
            self.giving = 0

    def _gather(self, now_us: int) -> int:
        """Fill `gaps_us`, each from the rise before, with what is due within a burst; how many."""
        count = 0
        at_us = min(until_ms(now_us, self.rose_us), 0)  # of the last rise, from now; the same sum, in microseconds
        while self.waiting and count < MOST_PULSES:
            interval_us = self._interval_us()
            rise_us = max(until_ms(now_us, self.due_us), at_us + interval_us - interval_us // 4, 1)
            if rise_us > BURST_US:
                break
            self.gaps_us[count] = rise_us - max(at_us, 0)
            at_us = rise_us
            count += 1
            self._took_one()
        self.rose_us = (now_us - CLOCK_MASK - 1 + at_us) & CLOCK_MASK
        return count

    def _took_one(self) -> None:
        self.taken += 1
        if self.taken == self.counts[self.first]:
            self.taken = 0
            self.take()
        if self.waiting:
            self._next_due()
        else:
            self.timed = False

    def _interval_us(self) -> int:
        return self.intervals_ticks[self.first] // 25 * TICKS_PER_25

    def _next_due(self) -> None:
        ticks = self.intervals_ticks[self.first]
        rest = self.rest + ticks % 25 * TICKS_PER_25
        self.due_us = (self.due_us - CLOCK_MASK - 1 + ticks // 25 * TICKS_PER_25 + rest // 25) & CLOCK_MASK
        self.rest = rest % 25


def _clock_us() -> int:
    return time.ticks_us() & CLOCK_MASK  # type: ignore[operator]  # the stub hides that it is an int
