"""The emulated Pico in its pump: what leaves the STEP pin turns the virtual pump's screw, and what the plant makes of
that comes back as voltages and as the encoder's angle.

Pins and sensors' scales are those of the port, read from firmware/board by their names.
"""

import sys
from types import SimpleNamespace

from rp2040py.utils.fifo import FIFO

from assemble import Rig, load
from encoder import As5600
from pico import TICK_NS, Pico, Port
from pumphost.pump import Pump
from pumpsim.motor import Run, StepMotor
from pumpsim.rig import plant_of
from pumpsim.scenario import Line, Mechanics, Scenario, Therapy
from pumpsim.scenario import Pump as Rigged
from pumpsim.sensors import COUNTS_PER_TURN

STANDS_S = 0.05
LOOK_NS = 5_000_000.0  # the plant is brought up to date as often, and at each look the sensors with it

# A rig that is stiff, so that a blocked line is found within a fraction of a second: steel tube and a rigid rod.
STIFF = Scenario(
    name="an emulated Pico's pump",
    duration_s=60,
    pump=Rigged(syringe="BD Plastipak 50"),
    mechanics=Mechanics(stopper="ideal", compliance_ul_kpa=0.5, wobble_mm=0, step_error_mm=0, backlash_mm=0, gap_mm=0),
    line=Line(length_m=0.5, inner_diameter_mm=2.0, cannula="14G"),
    therapy=[Therapy(rate_ml_h=1200, vtbi_ml=10)],
)

# What stands still in this rig: levels of inputs, where the port has them.
LEVELS = {"SEATED_SWITCH": 0, "VBUS_SENSE": 1}
ENCODER_BUS = 0
BATTERY_MV = 8_000
NO_PATIENCE_S = 0.0  # of real time: the port has its own, in simulated time


def port_names() -> SimpleNamespace:
    """What the modules of the port have at their top, whichever of them has it."""
    load(Rig())
    modules = [module for name, module in sys.modules.items() if name.startswith("board.")]
    return SimpleNamespace(**{name: value for module in modules for name, value in vars(module).items()})


class PinMotor(StepMotor):
    """Turns with the edges that were seen on a pin. `idle` counts those that came with the driver off."""

    def __init__(self) -> None:
        super().__init__()
        self.edges: list[int] = []  # ticks of those not taken yet
        self.pulses = 0  # since power-on
        self.idle = 0
        self.at_ticks: list[int] = []  # of every pulse

    def pulse(self, ticks: int, driven: bool) -> None:
        self.pulses += 1
        self.at_ticks.append(ticks)
        if driven:
            self.edges.append(ticks)
        else:
            self.idle += 1

    def take(self, to_ticks: int) -> list[Run]:
        runs = []
        for ticks in self.edges:
            runs.append((self.last_ticks, 1, ticks - self.last_ticks))
            self.last_ticks = ticks
            self.given += self.way
        self.edges.clear()
        return runs


class Wired:
    """A Pico with a plant. `pump()` is the host's end of its cable."""

    def __init__(self, image) -> None:
        self.port = port_names()
        self.pico = Pico(image)
        self.pico.mcu.pio[0].machines[0].tx_fifo = FIFO(self.port.FIFO_WORDS)  # joined: the emulator does not see that
        self.plant = plant_of(STIFF)
        self.motor = self.plant.motor = PinMotor()
        gpio = self.pico.mcu.gpio
        self.enable, self.direction = gpio[self.port.ENABLE], gpio[self.port.DIR]
        gpio[self.port.STEP].add_listener(self._step)
        self.direction.add_listener(lambda new, old: self._turn_round())
        for name, level in LEVELS.items():
            if hasattr(self.port, name):
                gpio[getattr(self.port, name)].set_input_value(level)
        self.encoder = As5600(self.pico.mcu, ENCODER_BUS, lambda: self.encoder_counts)
        gpio[self.port.AIR_SENDER].add_listener(lambda new, old: self._catch_up())
        self.clock = self.pico.clock.create_alarm(self._look)
        self._look()

    def pump(self) -> Pump:
        return Pump(Port(self.pico), patience_s=NO_PATIENCE_S)

    def run(self, most_s, until=lambda: False):
        return self.pico.run(most_s, until)

    @property
    def ticks(self) -> int:
        return int(self.pico.now_ns / TICK_NS)

    @property
    def now_s(self) -> float:
        return self.pico.now_ns / 1e9

    @property
    def last_pulse_s(self) -> float:
        return self.motor.at_ticks[-1] * TICK_NS / 1e9

    def stands(self) -> bool:
        """No pulse has come for longer than orders reach."""
        return self.now_s - self.last_pulse_s > STANDS_S

    def _step(self, new, old) -> None:
        """The emulator does not show a machine of PIO the pins that another one puts out: that is done here."""
        high = new.value == 1
        self.pico.mcu.gpio[self.port.STEP].set_input_value(high)
        if high:
            self.motor.pulse(self.ticks, self.enable.value.value == self.port.MOTOR_ON)

    def _turn_round(self) -> None:
        self._catch_up()
        self.motor.way = 1 if self.direction.value.value == self.port.FORWARD else -1

    def _look(self) -> None:
        self._catch_up()
        self.clock.schedule(LOOK_NS)

    def _catch_up(self) -> None:
        port, plant = self.port, self.plant
        plant.advance(self.ticks)
        pressure = port.PRESSURE_ZERO + plant.line_kpa * 1_000 * 8_192 / port.PA_IN_8192
        self._show(port.PRESSURE_ADC, pressure)
        sender_off = self.pico.mcu.gpio[port.AIR_SENDER].value.value == 0
        air = 1_000 if sender_off else plant.air_permille
        self._show(port.AIR_ADC, port.AIR_NONE + air * (port.AIR_FULL - port.AIR_NONE) / 1_000)
        self._show(port.BATTERY_ADC, BATTERY_MV * 65_535 / port.BATTERY_MV)

    def _show(self, gpio: int, counts: float) -> None:
        """Counts of 16 bits; the converter has 12."""
        self.pico.mcu.adc.channel_values[gpio - 26] = min(max(round(counts) >> 4, 0), 0xFFF)

    @property
    def encoder_counts(self) -> int:
        """Of the screw's angle, within a turn."""
        return int(self.plant.drive.turns * COUNTS_PER_TURN) % COUNTS_PER_TURN

    # What happens to the line

    def block(self) -> None:
        self.plant.circuit.blocks += 1
        self.plant.renew()

    def free(self) -> None:
        self.plant.circuit.blocks -= 1
        self.plant.renew()

    def inject_air(self, volume_ul: float) -> None:
        self.plant.inject_air(volume_ul)
