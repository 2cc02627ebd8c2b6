"""What a newly built pump reads, beside what it should: README.md's table, by the pump itself.

    mpremote run hardware/bringup.py        with the firmware copied, no syringe and no tube in the pump

It turns the motor once forward and once back, then tries to with the guard's GATE at rest: a motor that moves then is
not held by the timer, and the pump must not be used. Nothing else of the firmware runs meanwhile.
"""

import time

from machine import ADC, I2C, Pin

from board.pins import (
    AIR_ADC,
    AIR_SENDER,
    BATTERY_ADC,
    DIR,
    DISPLAY_SCL,
    DISPLAY_SDA,
    DRIVER_FAULT,
    ENABLE,
    ENCODER_SCL,
    ENCODER_SDA,
    GATE,
    PRESSURE_ADC,
    SEATED_SWITCH,
    SELECT_KEY,
    SILENCE_KEY,
    START_KEY,
    STEP,
    STOP_KEY,
)

STEPS_PER_TURN = 3200
COUNTS_PER_TURN = 4096
STEP_US = 1000  # 19 turns a minute; GATE rises every other step
TIMER_MS = 300  # more than the guard's timer may take
NEAR_COUNTS = 20  # of a turn: the encoder's error of 1 degree and the motor's
STILL_COUNTS = 4
ENCODER, DISPLAY, RAW_ANGLE = 0x36, 0x3C, 0x0C
READINGS = 64


def say(what, got, right, ok):
    print("%-4s %-34s %10s   %s" % ("ok" if ok else "BAD", what, got, right))
    return ok


def mean(gpio):
    adc = ADC(Pin(gpio))
    return sum([adc.read_u16() for _ in range(READINGS)]) // READINGS


class Rig:
    def __init__(self):
        self.enable = Pin(ENABLE, Pin.OUT, value=1)
        self.gate = Pin(GATE, Pin.OUT, value=0)
        self.step = Pin(STEP, Pin.OUT, value=0)
        self.direction = Pin(DIR, Pin.OUT, value=1)
        self.sender = Pin(AIR_SENDER, Pin.OUT, value=1)
        self.encoder = I2C(0, scl=Pin(ENCODER_SCL), sda=Pin(ENCODER_SDA), freq=400_000)
        self.display = I2C(1, scl=Pin(DISPLAY_SCL), sda=Pin(DISPLAY_SDA), freq=400_000)

    def angle(self):
        high, low = self.encoder.readfrom_mem(ENCODER, RAW_ANGLE, 2)
        return (high << 8 | low) & (COUNTS_PER_TURN - 1)

    def turn(self, steps, forward, gated):
        """Counts that the encoder moved, and the driver's current is off again."""
        self.direction.value(forward)
        self.enable.value(0)
        for i in range(TIMER_MS):  # with current it jumps to a full step: that is not counted
            self.gate.value(gated and i & 1)
            time.sleep_ms(1)
        counts, before = 0, self.angle()
        for i in range(steps):
            if gated:
                self.gate.value(i & 1)
            self.step.value(1)
            time.sleep_us(STEP_US // 2)
            self.step.value(0)
            time.sleep_us(STEP_US // 2)
            if not i % 64:  # 82 counts: far less than half a turn
                angle = self.angle()
                counts += (angle - before + COUNTS_PER_TURN // 2) % COUNTS_PER_TURN - COUNTS_PER_TURN // 2
                before = angle
        counts += (self.angle() - before + COUNTS_PER_TURN // 2) % COUNTS_PER_TURN - COUNTS_PER_TURN // 2
        self.enable.value(1)
        self.gate.value(0)
        return counts


def look(rig):
    """At rest: levels, counts, who answers on the buses."""
    good = True
    for name, gpio in (
        ("START_KEY", START_KEY),
        ("STOP_KEY", STOP_KEY),
        ("SILENCE_KEY", SILENCE_KEY),
        ("SELECT_KEY", SELECT_KEY),
        ("SEATED_SWITCH", SEATED_SWITCH),
        ("DRIVER_FAULT", DRIVER_FAULT),
    ):
        level = Pin(gpio, Pin.IN, Pin.PULL_UP).value()
        good &= say(name, level, "1: up, empty, no fault", level == 1)
    counts = mean(PRESSURE_ADC)
    good &= say("PRESSURE_ADC, open to the air", counts, "6620 +-250", abs(counts - 6620) < 250)
    counts = mean(AIR_ADC)
    good &= say("AIR_ADC, nothing in the detector", counts, "59600 +-1500: air", abs(counts - 59_600) < 1500)
    counts = mean(BATTERY_ADC)
    good &= say("BATTERY_ADC", counts, "42000 to 55700", 42_000 <= counts <= 55_700)
    found = rig.encoder.scan()
    good &= say("encoder's bus", str(found), "[54]", found == [ENCODER])
    found = rig.display.scan()
    return say("display's bus", str(found), "[60]", found == [DISPLAY]) and good


def move(rig):
    """A turn each way, and none without the guard."""
    counts = rig.turn(STEPS_PER_TURN, 1, True)
    good = say("a turn forward, counts", counts, "4096 +-20", abs(counts - COUNTS_PER_TURN) <= NEAR_COUNTS)
    counts = rig.turn(STEPS_PER_TURN, 0, True)
    good &= say("a turn back, counts", counts, "-4096 +-20", abs(counts + COUNTS_PER_TURN) <= NEAR_COUNTS)
    counts = rig.turn(STEPS_PER_TURN // 10, 1, False)
    return say("GATE at rest, counts", counts, "0 +-4: held off", abs(counts) <= STILL_COUNTS) and good


def main():
    rig = Rig()
    try:
        good = look(rig)
        good = ENCODER in rig.encoder.scan() and move(rig) and good
    finally:
        rig.enable.value(1)
    print("all as it should be" if good else "NOT as it should be: see hardware/README.md")


main()
