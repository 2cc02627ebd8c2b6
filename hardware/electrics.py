"""The electrical figures of hardware/README.md, each by its formula: driver current, ADC counts, the guard's timer.

Voltages in V, currents in A, resistances in ohms, capacitances in F, times in ms, pressures in kPa.
"""

from itertools import product
from typing import NamedTuple

ADC_FULL = 65_535  # what machine.ADC.read_u16 gives at ADC_V
ADC_V = 3.3

SENSOR_ZERO_V = 0.5  # the pressure sensor's, at 0 kPa and 5.00 V
SENSOR_V_PER_KPA = 0.04  # 4.5 V at 100 kPa
PRESSURE_SHARE = 20 / (10 + 20)  # of the sensor's voltage, behind 10 and 20 kOhm
BATTERY_SHARE = 10 / (20 + 10)

AIR_UP_OHM, AIR_DOWN_OHM, AIR_COLLECTOR_OHM = 10e3, 100e3, 1e3  # at AIR_ADC
SATURATED_V = 0.05  # of the transistor, with 0.3 mA; assumed

TMC2209_SENSE_OHM = 0.11  # on the module
TMC2209_INNER_OHM = 0.02
TMC2209_FULL_V = 0.325
TMC2209_FULL_VREF = 2.5
DRV8825_SENSE_OHM = 0.1  # on Pololu's carrier


def tmc2209_vref(rms_a: float) -> float:
    """VREF for a coil current: I = 0.325 V / (R + 0.02 ohm) / sqrt 2 * VREF / 2.5 V.

    After chapters 8 and 9 of its data sheet (rev. 1.03), whose table this meets: 1.92 A at 0.10, 1.64 A at 0.12 ohm.
    """
    return rms_a * 2**0.5 * (TMC2209_SENSE_OHM + TMC2209_INNER_OHM) / TMC2209_FULL_V * TMC2209_FULL_VREF


def drv8825_vref(rms_a: float) -> float:
    """VREF for a coil current; the chip's formula, VREF = 5 R I, is of the sine's peak."""
    return 5 * DRV8825_SENSE_OHM * rms_a * 2**0.5


def counts_of(volts: float) -> int:
    return round(min(max(volts / ADC_V, 0.0), 1.0) * ADC_FULL)


def pressure_counts(kpa: float) -> int:
    return counts_of((SENSOR_ZERO_V + SENSOR_V_PER_KPA * kpa) * PRESSURE_SHARE)


def air_counts() -> tuple[int, int]:
    """With fluid in the detector, which gives 5 V and pulls the level down, and with air: far from either end."""
    conductances = 1 / AIR_UP_OHM + 1 / AIR_DOWN_OHM + 1 / AIR_COLLECTOR_OHM
    fluid_v = (ADC_V / AIR_UP_OHM + SATURATED_V / AIR_COLLECTOR_OHM) / conductances
    return counts_of(fluid_v), counts_of(ADC_V * AIR_DOWN_OHM / (AIR_UP_OHM + AIR_DOWN_OHM))


def battery_counts(volts: float) -> int:
    return counts_of(volts * BATTERY_SHARE)


# The timer: two resistors in parallel, so that one that opens does not leave the output on for ever, and two
# capacitors in series, so that one that shorts does not. Either doubles the time at most.
TIMER_OHM = 150e3
TIMER_F = 2.2e-6
TIMER_K = 1.0  # t = K R C of the SN74AHC123A and SN74LVC1G123; 74HC123 has 0.45 to 0.55: other parts
TOLERANCES = (0.10, 0.01, 0.05)  # of K (assumed, for the chip and 3.3 V +-5 %), R and C
MOST_MS = 200.0  # what the guard's stop may take; with 20 ms of looks less than 80 uL at 1200 mL/h
LEAST_MS = 50.0  # two and a half edges of a GATE that rises every 20 ms


class Span(NamedTuple):
    least: float
    nominal: float
    most: float


def timer_ms(resistors: int = 2, capacitors: int = 2) -> Span:
    """How long the motor stays on after the last edge, with so many of the two resistors and capacitors sound."""
    nominal = TIMER_K * TIMER_OHM / resistors * TIMER_F / capacitors * 1e3
    shares = [
        (1 + k * TOLERANCES[0]) * (1 + r * TOLERANCES[1]) * (1 + c * TOLERANCES[2])
        for k, r, c in product((-1, 1), repeat=3)
    ]
    return Span(nominal * min(shares), nominal, nominal * max(shares))


def driver_on(enable: int, timer_runs: bool, driver_en: int | None = None) -> bool:
    """Whether the driver is on: its EN pin is ENABLE OR not Q, and low is on. `driver_en` is a net that is stuck."""
    level = driver_en if driver_en is not None else enable | (not timer_runs)
    return not level


class Failure(NamedTuple):
    """One fault in the chain, and what the chain does when the guard then wants the motor off.

    `enable` is the level of the net, `timer_runs` whether Q is high 200 ms after the guard fell silent.
    """

    what: str
    enable: int
    timer_runs: bool
    driver_en: int | None
    then: str


ON, OFF = 0, 1
FAILURES = (
    Failure("GATE stuck low", ON, False, None, "no edges: off"),
    Failure("GATE stuck high", ON, False, None, "no edges: off"),
    Failure("GATE wire broken", ON, False, None, "pull-down at B: off"),
    Failure("a timer resistor opens", ON, timer_ms(resistors=1).most > MOST_MS, None, "time doubles: off"),
    Failure("a timer capacitor shorts", ON, timer_ms(capacitors=1).most > MOST_MS, None, "time doubles: off"),
    Failure("a capacitor opens", ON, False, None, "time near 0: off"),
    Failure("U2's output stuck off", ON, False, None, "off: pump will not run"),
    Failure("U2's output stuck on", ON, True, None, "ON: only ENABLE and orders stop it"),
    Failure("ENABLE stuck low (on)", ON, False, None, "timer alone: off"),
    Failure("ENABLE stuck high", OFF, False, None, "off: pump will not run"),
    Failure("3V3 to U2, U3 lost", ON, False, 1, "pull-up at EN: off"),
    Failure("DRIVER_EN stuck low", ON, False, 0, "ON: only orders stop it"),
    Failure("DRIVER_EN stuck high", ON, False, 1, "off: pump will not run"),
)
LATENT = tuple(failure.what for failure in FAILURES if driver_on(failure.enable, failure.timer_runs, failure.driver_en))
