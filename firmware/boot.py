"""Runs before anything else: the motor is off and its step pin is low, whatever happened before the reset.

Importing the pins makes no state machine and moves no pin.
"""

from machine import Pin

from board.rp2 import ENABLE, MOTOR_OFF, STEP

Pin(ENABLE, Pin.OUT, value=MOTOR_OFF)
Pin(STEP, Pin.OUT, value=0)
