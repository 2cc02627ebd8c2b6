"""The ESP32: pulses by RMT, the guard's timer one of the chip's four, the ADC by its calibrated reading.

Type-checked against the port's stubs and tested against stand-ins; **it has not run anywhere**. Its watchdog cannot be
switched off again: Ctrl-C over USB stops the motor, and within 8 s the chip starts anew. To flash it, press Ctrl-C in
the first second after a reset, before main.py has started the guard.
"""

from machine import ADC, Pin

from board.hardware import Hardware
from board.pins import AIR_ADC, BATTERY_ADC, PRESSURE_ADC
from board.rmt import LEAST_STEP_TICKS, Stepper
from pumpcore.setup import Setup
from pumpcore.units import const

FIRST_TIMER = const(0)


class Microvolts:
    """A converter that looks like one of 3.3 V and 16 bits. `read_u16` of an ESP32 is not linear, and `read_uv` is
    corrected by what the chip was measured to do; it ends at some 3.1 V."""

    def __init__(self, gpio: int) -> None:
        self.adc = ADC(Pin(gpio), atten=ADC.ATTN_11DB)

    def read_u16(self) -> int:
        return min(self.adc.read_uv() // 10 * 2_048 // 10_312, 65_535)


class Board(Hardware):
    def __init__(self) -> None:
        super().__init__(
            Stepper(),
            FIRST_TIMER,
            pressure=Microvolts(PRESSURE_ADC),
            air=Microvolts(AIR_ADC),
            battery=Microvolts(BATTERY_ADC),
        )

    def setup(self) -> Setup:
        """No faster than the RMT gives pulses."""
        setup = super().setup()
        setup.most_rate_cml_h = min(setup.most_rate_cml_h, setup.step_grains // LEAST_STEP_TICKS)
        return setup
