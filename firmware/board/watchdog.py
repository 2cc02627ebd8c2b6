"""The chip's watchdog: not fed for 8 s, it starts the chip anew.

It is there so that a pump whose loop hangs comes back, stopped, and says so; a program that is to be flashed must not
be cut off by it. On RP2040 and RP2350 it can be switched off again, by a bit of its control register; elsewhere it
cannot.
"""

import sys

import machine
from machine import WDT

from pumpcore.units import const

MOST_MS = const(8_000)  # the RP2040 counts to 8.3 s
CONTROL = (0x4005_8000, 0x400D_8000)  # WATCHDOG_CTRL: RP2040 datasheet 4.7.6, RP2350 datasheet 12.9.7
CLEARS = 0x3000  # the same register, where a bit written clears it: 2.1.2, and 2.1.3
RUNS = 1 << 30


class Watchdog:
    def __init__(self) -> None:
        self.wdt = WDT(timeout=MOST_MS)
        self.feed = self.wdt.feed

    def release(self) -> None:
        """It never bites again, where that can be done."""
        if sys.platform == "rp2":
            rp2350 = "RP2350" in sys.implementation._machine
            machine.mem32[CONTROL[rp2350] + CLEARS] = RUNS
