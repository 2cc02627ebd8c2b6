"""What the pump stands on and lives from: its battery and the warmth around it."""

from math import exp, inf

BATTERY_MAH = 2_000.0  # assumed: two lithium cells in series
FULL_V, FLAT_V = 8.4, 6.4  # open-circuit voltage, taken as straight between; assumed
CUT_OFF_V = 6.0  # under load; assumed
INNER_OHM = 0.15  # assumed

ROOM_C = 23.0
WARMING_S = 600.0  # time constant of the housing; assumed


class Battery:
    """Charged full on the mains. Times in s, currents in mA."""

    def __init__(self) -> None:
        self.charge = 1.0
        self.load_ma = 0.0
        self.at_s = 0.0

    def draw(self, now_s: float, load_ma: float) -> None:
        """From now on `load_ma`."""
        self.charge = self._charge(now_s)
        self.load_ma, self.at_s = load_ma, now_s

    def _charge(self, now_s: float) -> float:
        return max(0.0, self.charge - self.load_ma * (now_s - self.at_s) / 3600 / BATTERY_MAH)

    def volts(self, now_s: float) -> float:
        return FLAT_V + (FULL_V - FLAT_V) * self._charge(now_s) - self.load_ma / 1000 * INNER_OHM

    def dies_in_s(self) -> float:
        """How long from the last change of the load until it falls to the cut-off voltage."""
        if not self.load_ma:
            return inf
        charge = (CUT_OFF_V + self.load_ma / 1000 * INNER_OHM - FLAT_V) / (FULL_V - FLAT_V)
        return max(0.0, self.charge - max(charge, 0.0)) * BATTERY_MAH * 3600 / self.load_ma


class Warmth:
    """The housing follows its surroundings with one time constant. In degrees C."""

    def __init__(self) -> None:
        self.around_c = self.was_c = ROOM_C
        self.at_s = 0.0

    def surround(self, now_s: float, around_c: float) -> None:
        """From now on it is so warm around the pump."""
        self.was_c = self.celsius(now_s)
        self.around_c, self.at_s = around_c, now_s

    def celsius(self, now_s: float) -> float:
        return self.around_c + (self.was_c - self.around_c) * exp(-(now_s - self.at_s) / WARMING_S)
