"""The buzzer: a square wave by PWM, touched only when the note changes."""

from machine import PWM, Pin

from board.pins import BUZZER
from pumpcore.units import const

HALF = const(32_768)  # of each wave it is on
FIRST_HZ = const(440)  # never heard: PWM needs some frequency before there is a note


class Buzzer:
    def __init__(self) -> None:
        self.pwm = PWM(Pin(BUZZER), freq=FIRST_HZ, duty_u16=0)
        self.hz = 0

    def sound(self, hz: int) -> None:
        """This note from now on, 0 for none."""
        if hz == self.hz:
            return
        if hz:
            self.pwm.freq(hz)
        self.pwm.duty_u16(HALF if hz else 0)
        self.hz = hz
