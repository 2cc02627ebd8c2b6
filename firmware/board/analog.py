"""Pressure, air and battery by the ADC, the first two the mean of eight readings, in the controller's units.

A wire that is off lets its pin float to an end of the scale, which no sensor that works gives. It is then read as
something that cannot be, and pumpcore.senses takes that for a fault. The sensors are assumed: on another, change the
constants here and nothing else.
"""

from pumpcore.units import const

TYPE_CHECKING = False  # MicroPython has no `typing`; a type checker takes this name for true
if TYPE_CHECKING:
    from typing import Protocol

    class Converter(Protocol):
        """machine.ADC, or what looks like one."""

        def read_u16(self) -> int: ...


READINGS = const(8)  # a bit and a half more than one reading has; sixteen took a millisecond of the loop, emulated

# Pressure: a gauge sensor of 0.5 V at 0 kPa and 4.5 V at 100 kPa, which never gives less than 0.25 V or more than 4.7
# V, brought to two thirds by 10 and 20 kOhm. An ADC of 3.3 V and 16 bits then reads 6620 at zero and 52,958 more at
# 100 kPa.
PRESSURE_ZERO = const(6_620)
PA_IN_8192 = const(15_469)  # Pa in 8192 counts: a ratio whose products stay below 2**30
PRESSURE_LEAST = const(2_648)  # 0.2 V: its wire, or its supply, is off
PRESSURE_MOST = const(62_890)  # 4.75 V: its ground is off
NO_PRESSURE_PA = const(-60_000)  # of a wire that is off; pumpcore.senses.LEAST_PA is more
FULL_PRESSURE_PA = const(200_000)

# Air: a detector that gives a tenth of the scale when all it sees is fluid, and nine tenths when all is air.
AIR_NONE = const(6_554)
AIR_FULL = const(58_982)
AIR_LEAST = const(1_311)  # a fiftieth of the scale from either end: its wire is off
AIR_MOST = const(64_225)
NO_AIR_SENSOR = const(1_001)  # more than there is, so that it counts as air too

BATTERY_MV = const(9_900)  # at full scale: 3.3 V, divided by 3 before


def mean(converter: "Converter") -> int:
    """16 bits."""
    counts = 0
    for _ in range(READINGS):
        counts += converter.read_u16()
    return counts // READINGS


def pressure_pa(counts: int) -> int:
    """-9,000 to 106,000 Pa, or what cannot be."""
    if counts < PRESSURE_LEAST:
        return NO_PRESSURE_PA
    if counts > PRESSURE_MOST:
        return FULL_PRESSURE_PA
    return (counts - PRESSURE_ZERO) * PA_IN_8192 // 8192


def air_permille(counts: int) -> int:
    """0 to 1000, or what cannot be."""
    if not AIR_LEAST <= counts <= AIR_MOST:
        return NO_AIR_SENSOR
    if counts <= AIR_NONE:
        return 0
    return min((counts - AIR_NONE) * 1_000 // (AIR_FULL - AIR_NONE), 1_000)


def battery_mv(counts: int) -> int:
    """0 to 9900 mV. A wire that is off reads as a battery that is empty, which matters once the mains are gone."""
    return counts * BATTERY_MV // 65_535
