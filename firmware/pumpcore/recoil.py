"""What a syringe pushes on by itself when its motor slows or stands, while there is air in the detector.

Barrel, rod and stopper are elastic: the line falls to the patient's pressure only once they have given up what they
hold, the compliance times what the flow needs to get past cannula and vein: of a 50 mL syringe at 100 mL/h some 37 uL,
with a time constant of more than a second. Of a bubble that reaches its limit at full speed so much would follow.

So before a bubble can reach its limit, the motor goes slowly (`creeps`), at a rate whose own recoil is small. What
flows by itself meanwhile is told by the pressure: half of the compliance times its fall, since a stopper that sticks
keeps its rod's share; and no faster than at the rate before, since a patient may move, too. Once the bubble is past,
or was smaller, the motor goes on at its rate.

How much is to follow is known to a factor of three: at least 21 thousandths of a kPa s/uL (a 20G cannula and a vein
have 0.03, and a syringe gives way by at least 1 / 1.4 of what is told), at most three times as much.
"""

from .setup import Setup
from .units import const

LEAST_WAY_OUT = const(21)  # thousandths of a kPa s/uL
MOST = const(3)  # times the least; of 50 mL syringes 36 to 38 uL were seen where the least is 12; assumed for others
CREEP_NL = const(2_000)  # what is to follow at the creeping rate, at least: 6 uL at most
MOST_FALL = const(2_000)  # in 10 Pa: further than any line relaxes
MOST_CAME_NL = const(1_000_000)  # in one look; the rest comes in the next


class Recoil:
    def __init__(self, setup: Setup) -> None:
        # of rollers it is all behind the detector
        self.tens_nl_kpa = 0 if setup.upstream_pa else setup.compliance_nl_kpa // 10
        way_out = self.tens_nl_kpa * LEAST_WAY_OUT
        self.creep_cml_h = max(CREEP_NL * 100 // way_out, 1) * 360 if way_out else setup.most_rate_cml_h
        self.rate_cml_h = 0
        self.least_nl = 0  # of what follows once the motor stands
        self.creeps = False
        self.begun_pa = self.given_nl = self.times = 0  # as it began: the pressure; since: what came; before: how fast

    def pump(self, rate_cml_h: int) -> None:
        """The motor runs at this rate from now on: 0.01 mL/h is 1 / 360 uL/s."""
        self.rate_cml_h = rate_cml_h
        self.least_nl = self.tens_nl_kpa * (rate_cml_h // 360) * LEAST_WAY_OUT // 100

    def slowed(self, rate_cml_h: int) -> int:
        """The rate for a motor that should run at `rate_cml_h`."""
        return min(rate_cml_h, self.creep_cml_h) if self.creeps else rate_cml_h

    def look(self, to_limit_nl: int, moved_nl: int, pressure_pa: int) -> int:
        """Creep if a bubble that lacks so much of its limit could pass it; tell what came by itself since the last
        look, in nL, while the motor moved so much."""
        if not self.creeps:
            self.creeps = self.least_nl > CREEP_NL and to_limit_nl <= self.least_nl * MOST
            self.begun_pa = pressure_pa
            self.given_nl = 0
            self.times = self.rate_cml_h // self.creep_cml_h
            return 0
        fall = min(max(self.begun_pa - pressure_pa, 0) // 10, MOST_FALL)
        given_nl = self.tens_nl_kpa * fall // 20
        came_nl = min(max(given_nl - self.given_nl, 0), moved_nl * self.times, MOST_CAME_NL)
        self.given_nl += came_nl
        return came_nl

    def end(self) -> None:
        """There is no air in the detector any more, or the pump starts anew."""
        self.creeps = False
