"""One elastic volume behind one resistance: the syringe and the line as the flow feels them.

    C dP/dt = q_in - (P - P_out) / R

Between steps the excess pressure decays with tau = R C; a step adds dV / C at once. Both are exact, so
the state is known at any moment without stepping through time. What has left is what came in less what
is stored: no integral needed. A blocked line has no way out: nothing decays and all that comes in stays.
"""

from math import exp, expm1


class Node:
    """Pressure in kPa, volumes in uL, times in s, compliance in uL/kPa, resistance in kPa s/uL."""

    def __init__(self, compliance: float, resistance: float, outlet_kpa: float) -> None:
        self.compliance = compliance
        self.resistance = resistance
        self.outlet_kpa = outlet_kpa
        self.pressure_kpa = outlet_kpa
        self.delivered_ul = 0.0
        self.tau = compliance * resistance
        self.blocked = False

    @property
    def stored_ul(self) -> float:
        """Volume held by elasticity, against the outlet's pressure."""
        return self.compliance * (self.pressure_kpa - self.outlet_kpa)

    def rest(self, seconds: float) -> None:
        """Nothing comes in for `seconds`."""
        if self.blocked:
            return
        fallen = -(self.pressure_kpa - self.outlet_kpa) * expm1(-seconds / self.tau)
        self.pressure_kpa -= fallen
        self.delivered_ul += self.compliance * fallen

    def pump(self, came_in_ul: float, decayed_ul: float, seconds: float) -> None:
        """Steps of `came_in_ul` in all come in over `seconds`, the last at their end. `decayed_ul` is what
        is left of them by then, each having decayed with tau since it came."""
        if self.blocked:
            self.pressure_kpa += came_in_ul / self.compliance
            return
        before = self.pressure_kpa
        excess = (before - self.outlet_kpa) * exp(-seconds / self.tau) + decayed_ul / self.compliance
        self.pressure_kpa = self.outlet_kpa + excess
        self.delivered_ul += came_in_ul - self.compliance * (self.pressure_kpa - before)
