"""The pump on a chip: what the boards of all ports have in common, as main.py sees it.

A port adds how pulses are given, which timer the guard has, and how its ADC is read. What the pump is, apart from what
stands in its settings, is here: a syringe pump with an AS5600 on the motor's shaft, which can turn back, and whose air
detector can be switched off to see whether it sees.
"""

import os
import time

import machine
from machine import I2C, Pin

from board.analog import air_permille, battery_mv, mean, pressure_pa
from board.buzzer import Buzzer
from board.code import sealed_sum, whole_code
from board.display import Display
from board.encoder import Encoder
from board.hashing import Sha256
from board.keys import Keys
from board.pins import (
    AIR_SENDER,
    BACKWARD,
    CYAN_LED,
    DIR,
    DISPLAY_SCL,
    DISPLAY_SDA,
    DRIVER_FAULT,
    ENABLE,
    ENCODER_SCL,
    ENCODER_SDA,
    FORWARD,
    MOTOR_OFF,
    MOTOR_ON,
    RED_LED,
    SEATED_SWITCH,
    VBUS_SENSE,
    YELLOW_LED,
)
from board.protector import Protector
from board.segments import Segments
from board.settings import RANDOM_BYTES, STEPS_PER_TURN, Settings
from board.usb import Usb
from pumpcore.events import RESET, SETTINGS_LOST, WATCHDOG
from pumpcore.menu import Menu
from pumpcore.pump import Serial
from pumpcore.records import Inputs, Outputs
from pumpcore.screen import Screen
from pumpcore.session import Session
from pumpcore.setup import Setup
from pumpcore.states import MOVING
from pumpcore.units import CLOCK_MASK, const, later_ms, until_ms

TYPE_CHECKING = False  # MicroPython has no `typing`; a type checker takes this name for true
if TYPE_CHECKING:
    from board.analog import Converter

I2C_HZ = const(400_000)
ENCODER_US = const(1_000)  # longest transfer, in microseconds: it takes 130
DISPLAY_US = const(10_000)  # and 3000
AIR_SETTLES_MS = const(2)  # after its sender was switched; assumed
DRAW_EVERY_MS = const(200)  # assumed
DRAW_MS = const(8)  # the longest turn that draws: not begun if the next step is due sooner; assumed


class Hardware(Serial):
    """Made once, with the motor off."""

    def __init__(
        self, stepper: Segments, timer: int, pressure: "Converter", air: "Converter", battery: "Converter"
    ) -> None:
        self.enable = Pin(ENABLE, Pin.OUT, value=MOTOR_OFF)
        self.direction = Pin(DIR, Pin.OUT, value=FORWARD)
        self.stepper = stepper
        self.timer = timer
        self.pressure = pressure
        self.air = air
        self.battery = battery
        self.encoder = Encoder(_i2c(0, ENCODER_SDA, ENCODER_SCL, ENCODER_US))
        self.air_sender = Pin(AIR_SENDER, Pin.OUT, value=1)
        self.air_testing = 0
        self.driver_fault = Pin(DRIVER_FAULT, Pin.IN, Pin.PULL_UP)
        self.seated = Pin(SEATED_SWITCH, Pin.IN, Pin.PULL_UP)
        self.mains = Pin(VBUS_SENSE, Pin.IN)
        self.red = Pin(RED_LED, Pin.OUT, value=0)
        self.yellow = Pin(YELLOW_LED, Pin.OUT, value=0)
        self.cyan = Pin(CYAN_LED, Pin.OUT, value=0)
        self.buzzer = Buzzer()
        self.usb = Usb()
        self.settings = Settings()
        self.code = whole_code()
        self.pump_setup = self._setup()
        self.menu = Menu(self.pump_setup)
        self.keys = Keys(self.menu)
        self.screen = Screen(self.menu, self.cause())
        self.display = Display(_i2c(1, DISPLAY_SDA, DISPLAY_SCL, DISPLAY_US), self.screen)
        self.draw_ms = self.now_ms()
        self.outputs = Outputs()  # as obeyed last
        self.protector: Protector | None = None

    # At power-on

    def setup(self) -> Setup:
        return self.pump_setup

    def _setup(self) -> Setup:
        return self.settings.setup(
            steps_per_turn=STEPS_PER_TURN,
            back_off=1,
            air_test=1,
            code_sum=sealed_sum() or self.code.sum,
            signal_test=1,
        )

    def session(self) -> Session:
        return Session(self.settings.key, os.urandom(RANDOM_BYTES), Sha256())

    def cause(self) -> int:
        """Also noted in the settings, if it was not power-on. On a Pico `machine.reset` is a watchdog's, too."""
        if self.settings.lost:
            return SETTINGS_LOST
        reset = machine.reset_cause()
        if reset == machine.PWRON_RESET:
            return 0
        cause = WATCHDOG if reset == machine.WDT_RESET else RESET
        if self.settings.reset != cause:
            self._note(cause)
        return cause

    def _note(self, cause: int) -> None:
        """On flash that is full or dead nothing is noted, and the pump runs all the same."""
        self.settings.reset = cause
        try:
            self.settings.save()
        except OSError:
            return

    def guard(self, setup: Setup) -> None:
        self.protector = Protector(self.settings.count_pl, self.encoder, self.enable, self.timer)

    # In the loop

    def now_ms(self) -> int:
        return time.ticks_ms() & CLOCK_MASK  # type: ignore[operator]  # the stub hides that it is an int

    def read(self, inputs: Inputs) -> None:
        """Fill in what the sensors, the counter and the keys say."""
        keys, stepper, protector = self.keys, self.stepper, self.protector
        keys.poll(self.now_ms())
        stepper.feed()
        inputs.steps_done = given = stepper.given()
        inputs.steps_queued = stepper.queued(given)
        if protector:
            inputs.encoder_counts = protector.counts()
            inputs.guard = protector.reason
        inputs.pressure_pa = pressure_pa(mean(self.pressure))
        inputs.air_permille = air_permille(mean(self.air))
        inputs.battery_mv = battery_mv(self.battery.read_u16())  # its limits are 0.5 V apart
        inputs.on_mains = self.mains()
        inputs.seated = 1 - self.seated()
        inputs.winding_ok = self.driver_fault()
        inputs.code_sum = self.code.sum
        inputs.key_down = 1 if keys.held else 0
        keys.read(inputs)

    def tell(self, now_ms: int, inputs: Inputs, outputs: Outputs) -> None:
        if self.protector:
            self.protector.tell(now_ms, inputs, outputs)

    def obey(self, outputs: Outputs) -> None:
        """Drop the queue if told so, switch the motor if the guard is content, queue what is ordered, show and
        sound."""
        self.outputs = outputs
        stepper, protector = self.stepper, self.protector
        if outputs.flush:
            stepper.flush()
            self.direction(BACKWARD if outputs.backward else FORWARD)
        moving = MOVING[outputs.state] and protector is not None and protector.content
        self.enable(MOTOR_ON if moving else MOTOR_OFF)
        if outputs.segments:
            self._queue(outputs)
        stepper.feed()
        if outputs.air_test != self.air_testing:
            self.air_testing = outputs.air_test
            self.air_sender.value(0 if outputs.air_test else 1)
            time.sleep_ms(AIR_SETTLES_MS)  # the next reading may be at once
        self.red(outputs.red)
        self.yellow(outputs.yellow)
        self.cyan(outputs.cyan)
        self.buzzer.sound(outputs.buzzer_hz)
        self.keys.follow(outputs)

    def _queue(self, outputs: Outputs) -> None:
        for i in range(outputs.segments):
            self.stepper.order(outputs.intervals_ticks[i], outputs.counts[i])

    def receive(self, buffer: bytearray) -> int:
        return self.usb.receive(buffer)

    def send(self, line: bytearray, count: int) -> None:
        self.usb.send(line, count)

    def wait_until(self, then_ms: int) -> None:
        """Return at `then_ms`, or as soon as a key or a host asks for something. Meanwhile the guard is told that its
        order stands, pulses are fed, the code is summed, and the display follows."""
        if self.protector:
            self.protector.renew()
        now_ms = self.now_ms()
        while not (self.keys.request or self.usb.waiting()) and until_ms(now_ms, then_ms) > 0:
            time.sleep_ms(1)
            self.stepper.feed()
            self.code.read_a_slice()
            now_ms = self.now_ms()
            self.keys.poll(now_ms)
            if until_ms(now_ms, then_ms) >= DRAW_MS:
                self._show(now_ms)

    def _show(self, now_ms: int) -> None:
        if until_ms(now_ms, self.draw_ms) <= 0:
            self.draw_ms = later_ms(now_ms, DRAW_EVERY_MS)
            self.screen.write(self.outputs)
        else:
            self.display.turn(now_ms)

    # At the end

    def stop(self) -> None:
        """Drop what is queued, let go of the motor, and light the red LED: nobody looks after it any more."""
        self.enable.value(MOTOR_OFF)
        if self.protector:
            self.protector.end()
        self.stepper.flush()
        self.buzzer.sound(0)
        self.red.value(1)

    def release(self) -> None:
        self.stop()
        if self.protector:
            self.protector.release()


def _i2c(number: int, sda: int, scl: int, timeout_us: int) -> I2C:
    return I2C(number, sda=Pin(sda), scl=Pin(scl), freq=I2C_HZ, timeout=timeout_us)
