"""Which pin is what, one table a port: (GPIO, name, direction, what). The numbers stand nowhere else.

From reset to boot.py all of them are inputs, of which the chip at most pulls some weakly down: ENABLE needs a resistor
of 10 kOhm to 3.3 V, or the motor's driver is on, and GATE one to ground. `hardware/pinout.csv` is made from PICO, and a
test holds the two together.
"""

import sys

from pumpcore.units import const

PICO = (
    (2, "GATE", "out", "an edge each time the guard is content: retriggers the external timer that gates the motor"),
    (3, "BUZZER", "out, PWM", "passive buzzer through a transistor"),
    (4, "ENCODER_SDA", "I2C0", "AS5600, address 0x36, 400 kHz"),
    (5, "ENCODER_SCL", "I2C0", "AS5600"),
    (6, "DISPLAY_SDA", "I2C1", "SSD1306 128x64, address 0x3C, 400 kHz"),
    (7, "DISPLAY_SCL", "I2C1", "SSD1306"),
    (10, "STEP", "out", "a rising edge is a step"),
    (11, "DIR", "out", "which way the motor turns"),
    (12, "ENABLE", "out", "low switches the motor's driver on; 10 kOhm to 3.3 V"),
    (13, "DRIVER_FAULT", "in, pull-up", "low: the driver has a fault (DRV8825)"),
    (14, "START_KEY", "in, pull-up", "to ground; in the menu: the digit up, at the end confirm"),
    (15, "STOP_KEY", "in, pull-up", "to ground; in the menu: the digit down, at the end leave"),
    (16, "CYAN_LED", "out", "alarm of low priority, and reminders"),
    (17, "YELLOW_LED", "out", "alarm of medium priority"),
    (18, "RED_LED", "out", "alarm of high priority"),
    (19, "SILENCE_KEY", "in, pull-up", "to ground: silences the audio; in the menu: back"),
    (20, "SELECT_KEY", "in, pull-up", "to ground: the menu, and its next field"),
    (21, "SEATED_SWITCH", "in, pull-up", "low: the plunger's flange is held"),
    (22, "AIR_SENDER", "out", "low switches the air detector's sender off for its test"),
    (24, "VBUS_SENSE", "in", "on the Pico itself (not a Pico W): high while USB power is there, which is the mains"),
    (26, "PRESSURE_ADC", "ADC0", "pressure in the line"),
    (27, "AIR_ADC", "ADC1", "air detector"),
    (28, "BATTERY_ADC", "ADC2", "battery, divided by 3"),
)

# ESP32-WROOM on a DevKitC. Left alone: 6 to 11 (flash), 12 (flash voltage at reset), 1 and 3 (serial). GPIO 0 is the
# BOOT button, 2 and 15 may be low at reset, 34 to 39 only go in and have no pull-up. ADC1 alone is used.
ESP32 = (
    (4, "GATE", "out", "an edge each time the guard is content: retriggers the external timer that gates the motor"),
    (13, "BUZZER", "out, PWM", "passive buzzer through a transistor"),
    (21, "ENCODER_SDA", "I2C0", "AS5600, address 0x36, 400 kHz"),
    (22, "ENCODER_SCL", "I2C0", "AS5600"),
    (18, "DISPLAY_SDA", "I2C1", "SSD1306 128x64, address 0x3C, 400 kHz"),
    (19, "DISPLAY_SCL", "I2C1", "SSD1306"),
    (25, "STEP", "out", "a rising edge is a step"),
    (26, "DIR", "out", "which way the motor turns"),
    (27, "ENABLE", "out", "low switches the motor's driver on; 10 kOhm to 3.3 V"),
    (23, "DRIVER_FAULT", "in, pull-up", "low: the driver has a fault (DRV8825)"),
    (32, "START_KEY", "in, pull-up", "to ground; in the menu: the digit up, at the end confirm"),
    (33, "STOP_KEY", "in, pull-up", "to ground; in the menu: the digit down, at the end leave"),
    (17, "CYAN_LED", "out", "alarm of low priority, and reminders"),
    (2, "YELLOW_LED", "out", "alarm of medium priority"),
    (15, "RED_LED", "out", "alarm of high priority"),
    (14, "SILENCE_KEY", "in, pull-up", "to ground: silences the audio; in the menu: back"),
    (0, "SELECT_KEY", "in, pull-up", "to ground: the menu, and its next field"),
    (16, "SEATED_SWITCH", "in, pull-up", "low: the plunger's flange is held"),
    (5, "AIR_SENDER", "out", "low switches the air detector's sender off for its test"),
    (35, "VBUS_SENSE", "in", "high while the mains supply is there; 5 V divided by 2"),
    (36, "PRESSURE_ADC", "ADC1_0", "pressure in the line"),
    (39, "AIR_ADC", "ADC1_3", "air detector"),
    (34, "BATTERY_ADC", "ADC1_6", "battery, divided by 3"),
)

TABLE = ESP32 if sys.platform == "esp32" else PICO


def gpio(name: str) -> int:
    """Of this port's table."""
    for row in TABLE:
        if row[1] == name:
            return row[0]
    raise ValueError("no pin is called %s" % name)


GATE = gpio("GATE")
BUZZER = gpio("BUZZER")
ENCODER_SDA = gpio("ENCODER_SDA")
ENCODER_SCL = gpio("ENCODER_SCL")
DISPLAY_SDA = gpio("DISPLAY_SDA")
DISPLAY_SCL = gpio("DISPLAY_SCL")
STEP = gpio("STEP")
DIR = gpio("DIR")
ENABLE = gpio("ENABLE")
DRIVER_FAULT = gpio("DRIVER_FAULT")
START_KEY = gpio("START_KEY")
STOP_KEY = gpio("STOP_KEY")
CYAN_LED = gpio("CYAN_LED")
YELLOW_LED = gpio("YELLOW_LED")
RED_LED = gpio("RED_LED")
SILENCE_KEY = gpio("SILENCE_KEY")
SELECT_KEY = gpio("SELECT_KEY")
SEATED_SWITCH = gpio("SEATED_SWITCH")
AIR_SENDER = gpio("AIR_SENDER")
VBUS_SENSE = gpio("VBUS_SENSE")
PRESSURE_ADC = gpio("PRESSURE_ADC")
AIR_ADC = gpio("AIR_ADC")
BATTERY_ADC = gpio("BATTERY_ADC")

MOTOR_ON = const(0)  # levels of ENABLE (A4988, DRV8825, TMC2209)
MOTOR_OFF = const(1)
FORWARD = const(1)  # levels of DIR, assumed: turn round one coil of the motor if it runs backwards
BACKWARD = const(0)
