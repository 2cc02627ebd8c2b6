"""An air detector, looked at: the helpers of the tests of air."""

from pumpcore.air import Air
from pumpcore.setup import Setup
from pumpcore.units import CLOCK_MASK

AIR, CLEAR = 1_000, 0


def air_of(step_pl, **limits):
    return Air(Setup(step_pl, 50_000, **limits))


def look(air, permille, steps):
    """By steps: there is no encoder."""
    air.look(permille, steps, -1, 0)


def at(air, now_ms, permille, steps):
    """A step of the loop: the page is turned, then the detector is looked at."""
    air.follow(now_ms & CLOCK_MASK)
    look(air, permille, steps)


def fifths(**limits):
    """A step of 0.2 uL."""
    return air_of(200_000, **limits)
