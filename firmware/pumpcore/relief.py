"""Backing off: after an occlusion the motor turns back until most of what the line had stored is out of it.

When the line is freed, what is stored comes as a bolus: compliance * climb. How far to turn back cannot be
counted, since backlash and a stopper's friction swallow the first quarter of a millilitre of a 50 mL
syringe; so the fall of the pressure is what is measured. It falls by four tenths of its climb, or to 2 kPa
above where it began if that is more: the climb as it was seen may hold a step of the patient's own, and
what was never stored must not be drawn out of the patient. Nor does turning back ever raise the pressure: by what it
rises meanwhile the patient has been lifted, and where to end has risen with him. A reading below zero ends it at
once, as does a millilitre.

The way back is taken up when the pump starts again, as fast, or a drug at 1 mL/h would pause for a quarter
of an hour: until the pressure shows that the stopper is pressed again, or no more is owed than the fluid
that was drawn back.
"""

from .setup import Setup
from .units import PL_PER_UL, const

BACK_CML_H = const(12_000)  # 120 mL/h: the dead band of a 50 mL syringe in 7 s; assumed
LEFT_PA = const(2_000)  # 42 uL with the softest of 50 mL syringes
MOST_BACK_UL = const(1_000)
MARGIN_UL = const(20)  # rather too little taken up than too much
RISE_PA = const(300)  # from the least reading so far; what `bedside` noise does in the ten seconds that it takes
PRESSED_PA = const(600)  # more than a stopper's step, and above the noise of a few seconds; assumed


class Relief:
    def __init__(self, setup: Setup) -> None:
        self.step_pl = setup.step_pl
        self.rate_cml_h = min(BACK_CML_H, setup.most_rate_cml_h) if setup.back_off else 0
        self.end_pa = 0
        self.back_ul = self.back_pl = 0
        self.begun_pa = self.falls_at_ul = 0
        self.least_pa = 0  # since it turns back, or since the last rise
        self.taking_up = False

    def begin(self, pressure_pa: int, climb_pa: int) -> None:
        """The pressure has climbed to `pressure_pa` by `climb_pa`."""
        fall_pa = max(climb_pa * 4 // 10, climb_pa - LEFT_PA)
        self.end_pa = max(pressure_pa - fall_pa, 0)
        self.back_ul = self.back_pl = 0
        self.begun_pa = self.least_pa = pressure_pa
        self.falls_at_ul = 0

    def done(self, pressure_pa: int, steps: int) -> bool:
        """Whether it is enough, `steps` (negative) after the last look."""
        pl = self.back_pl - steps * self.step_pl
        self.back_ul += pl // PL_PER_UL
        self.back_pl = pl % PL_PER_UL
        self._follow(pressure_pa)
        if pressure_pa > self.begun_pa - PRESSED_PA:
            self.falls_at_ul = self.back_ul  # dead band until here at least
        return pressure_pa <= self.end_pa or self.back_ul >= MOST_BACK_UL

    def _follow(self, pressure_pa: int) -> None:
        rise_pa = pressure_pa - self.least_pa
        if rise_pa > RISE_PA:
            self.end_pa += rise_pa
            self.begun_pa += rise_pa
            self.least_pa = pressure_pa
        elif rise_pa < 0:
            self.least_pa = pressure_pa

    def take_up(self, pressure_pa: int) -> None:
        """The pump starts: from this pressure on."""
        self.begun_pa = pressure_pa
        self.taking_up = self.falls_at_ul > 0

    def taken_up(self, pressure_pa: int, owed_steps: int) -> bool:
        """Whether the stopper is pressed again, with so many steps still owed."""
        band_ul = self.back_ul - self.falls_at_ul
        pressed = pressure_pa >= self.begun_pa + PRESSED_PA
        if pressed or owed_steps <= (band_ul + MARGIN_UL) * PL_PER_UL // self.step_pl:
            self.taking_up = False
            self.falls_at_ul = 0
        return not self.taking_up
