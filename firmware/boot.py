"""Runs before anything else: the motor is off, its step pin low and the guard's gate shut, whatever was before the
reset.

Of the pump only the table of pins is imported, so that this happens at once, and whatever is wrong with the rest.
"""

from machine import Pin

from board.pins import ENABLE, GATE, MOTOR_OFF, STEP

Pin(ENABLE, Pin.OUT, value=MOTOR_OFF)
Pin(GATE, Pin.OUT, value=0)
Pin(STEP, Pin.OUT, value=0)
