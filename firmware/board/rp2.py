"""The Raspberry Pi Pico (RP2040, RP2350): pulses by PIO, the guard's timer a virtual one of the system timer.

Type-checked, its PIO programs run cycle by cycle in the tests and its drivers against stand-ins; not yet run on a
board.
"""

from machine import ADC, Pin

from board.hardware import Hardware
from board.pins import AIR_ADC, BATTERY_ADC, PRESSURE_ADC
from board.stepper import Stepper
from pumpcore.units import const

VIRTUAL_TIMER = const(-1)


class Board(Hardware):
    def __init__(self) -> None:
        super().__init__(
            Stepper(),
            VIRTUAL_TIMER,
            pressure=ADC(Pin(PRESSURE_ADC)),
            air=ADC(Pin(AIR_ADC)),
            battery=ADC(Pin(BATTERY_ADC)),
        )
