"""The chip's watchdog: not fed for 8 s, it starts the chip anew.

It is there so that a pump whose loop hangs comes back, stopped, and says so; a program that is to be flashed must not
be cut off by it. On RP2040 and RP2350 it can be switched off again, by a bit of its control register; elsewhere it
cannot.
"""

import os
import sys

import machine
from machine import WDT

from pumpcore.units import const

MOST_MS = const(8_000)  # the RP2040 counts to 8.3 s
# WATCHDOG_CTRL, from the chapters on the watchdog in the datasheets of the RP2040 and the RP2350; with CLEARS added, a
# bit that is written clears that bit.
CONTROL = 0x400D_8000 if "RP2350" in os.uname().machine else 0x4005_8000
CLEARS = 0x3000
RUNS = 1 << 30
CAN_BE_SWITCHED_OFF = sys.platform == "rp2"


class Watchdog:
    def __init__(self) -> None:
        self.wdt = WDT(timeout=MOST_MS)

    def feed(self) -> None:
        self.wdt.feed()

    def release(self) -> None:
        """It never bites again, where that can be done."""
        if CAN_BE_SWITCHED_OFF:
            machine.mem32[CONTROL + CLEARS] = RUNS
