"""What runs on the board: its own drivers, moved by hand, while the pump's loop and guard stand still.

`pump` is the Board that main.py would have. GATE is turned over while the motor is on, as the guard would do it: an
external timer lets go of the driver otherwise. Whether it does is seen by keeping GATE still on purpose.
"""

PREPARE = """
import time
from machine import Pin
from board.analog import air_permille, battery_mv, mean, pressure_pa
from board.code import sealed_sum
from board.pins import BACKWARD, FORWARD, GATE, MOTOR_OFF, MOTOR_ON
from board.port import Board
from board.settings import NAMES, Settings
from pumpcore.units import CLOCK_HALF, CLOCK_MASK
pump = Board()
gate = Pin(GATE, Pin.OUT, value=0)


def wait(ms, rest=None):
    for turn in range(ms // 5):
        gate.value(turn & 1 if rest is None else rest)
        pump.stepper.feed()
        pump.encoder.read()
        time.sleep_ms(5)


def moved(before, now):
    return ((now - before + CLOCK_HALF) & CLOCK_MASK) - CLOCK_HALF


def turn(steps, interval_ticks, ms, level, rest=None):
    pump.stepper.flush()
    pump.direction.value(level)
    pump.enable.value(MOTOR_ON)
    try:
        wait(100)
        wait(500, rest)  # with GATE at rest the timer has let go by then
        given, counts = pump.stepper.given(), pump.encoder.read()
        pump.stepper.order(interval_ticks, steps)
        wait(ms, rest)
        return moved(given, pump.stepper.given()), moved(counts, pump.encoder.read())
    finally:
        pump.enable.value(MOTOR_OFF)
        gate.value(0)


def key_within(key, ms):
    others = [one for one in (pump.keys.start, pump.keys.stop, pump.keys.silence, pump.keys.select) if one is not key]
    for turn in range(ms // 10):
        if key.held():
            return not any([one.held() for one in others])
        time.sleep_ms(10)
    return False


def lights(red, yellow, cyan):
    pump.red.value(red)
    pump.yellow.value(yellow)
    pump.cyan.value(cyan)


def settings_kept():
    before = Settings()
    if before.lost:
        return False
    before.save()
    after = Settings()
    same = [getattr(before, name) == getattr(after, name) for name in NAMES] + [before.key == after.key]
    return after.count == before.count and not after.lost and all(same)
"""
SUMS = "(pump.code.sum, sealed_sum())"
ENCODER = "[pump.encoder.read() for i in range(10)]"
TURN = "turn({steps}, {interval_ticks}, {ms}, {level})"
TURN_WITH_GATE_AT = "turn({steps}, {interval_ticks}, {ms}, FORWARD, {rest})"
SENSORS = (
    "(pressure_pa(mean(pump.pressure)), air_permille(mean(pump.air)), battery_mv(mean(pump.battery)), "
    "pump.driver_fault.value())"
)
LIGHTS = "lights({}, {}, {})"
SOUND = "pump.buzzer.sound({})"
KEY = "key_within(pump.keys.{}, {})"
SETTINGS = "settings_kept()"
NOT_FED = "from board.watchdog import Watchdog\nWatchdog()\nwhile True:\n    pass"
CLOCK_MS = "__import__('time').ticks_ms()"
