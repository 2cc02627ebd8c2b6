"""What the pump itself lives from: mains and battery, warmth, a clock that is right, a memory that keeps.

Looked at in every state; what follows is the table's business.
"""

from .alarms import (
    BATTERY_EMPTY,
    BATTERY_LOW,
    CLOCK_FAULT,
    GUARD_STOPPED,
    LINK_LOST,
    MEMORY_FAULT,
    ON_BATTERY,
    OVERHEAT,
    Alarms,
)
from .clocks import Clocks
from .dose import Dose
from .records import Inputs
from .setup import Setup
from .units import const

LOW_MV = const(6_800)  # of two lithium cells under load: 10 % of the charge and more; assumed
EMPTY_MV = const(6_300)  # before the supply of the controller cuts off at 6.0 V; assumed
HOT_DC = const(550)  # Open PCA R6.4: over 55 C


class Vitals:
    def __init__(self, setup: Setup, alarms: Alarms, dose: Dose) -> None:
        self.second_clock = setup.second_clock
        self.alarms = alarms
        self.dose = dose
        self.clocks = Clocks()

    def look(self, now_ms: int, inputs: Inputs, state_sound: bool) -> None:
        alarms = self.alarms
        if not inputs.on_mains:
            alarms.raise_alarm(ON_BATTERY)
            if inputs.battery_mv < LOW_MV:
                alarms.raise_alarm(BATTERY_LOW)
                if inputs.battery_mv < EMPTY_MV:
                    alarms.raise_alarm(BATTERY_EMPTY)
        if inputs.housing_dc > HOT_DC:
            alarms.raise_alarm(OVERHEAT)
        if inputs.guard:
            alarms.raise_alarm(GUARD_STOPPED)
        if not inputs.link_up:
            alarms.raise_alarm(LINK_LOST)
        if inputs.second_ms < 0:
            if self.second_clock:  # it does not answer
                alarms.raise_alarm(CLOCK_FAULT)
        elif self.clocks.differ(now_ms, inputs.second_ms):
            alarms.raise_alarm(CLOCK_FAULT)
        if not (state_sound and self.dose.sound()):
            alarms.raise_alarm(MEMORY_FAULT)
