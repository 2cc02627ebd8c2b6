"""Volumes, counted from steps given and never from intent; and what flowed beside them, by flow sensor or drops.

One count runs from power-on: whole microlitres and the picolitres below. The marks that matter, where
the infusion ends and where the reservoir does, are readings of that same count.
"""

from .records import ACCEPTED, REFUSED_KVO, REFUSED_RATE, REFUSED_VTBI
from .setup import MOST_VOLUME_UL, Setup
from .units import PL_PER_UL, const

NEAR_UL = const(1_000)  # from here on what is left is worked out in steps
MANY_STEPS = const(1_000_000)  # further off than any order reaches


def refuse_program(setup: Setup, rate_cml_h: int, vtbi_ul: int, kvo_cml_h: int) -> int:
    """ACCEPTED, or what is wrong with the rate, the volume or the KVO rate that is asked for."""
    if not 1 <= rate_cml_h <= setup.most_rate_cml_h:
        return REFUSED_RATE
    if not 1 <= vtbi_ul <= MOST_VOLUME_UL:
        return REFUSED_VTBI
    if not 0 <= kvo_cml_h <= setup.most_rate_cml_h:
        return REFUSED_KVO
    return ACCEPTED


class Dose:
    """What is asked for, what has been pumped, what is left."""

    def __init__(self, setup: Setup) -> None:
        self.step_pl = setup.step_pl
        self.near_end_s = setup.near_end_s
        self.pumped_ul = 0
        self.pumped_pl = 0  # below a microlitre
        self.free_ul = 0  # of it, what flowed by itself
        self.free_nl = 0  # below a microlitre
        self.owed_steps = 0  # turned back, and not forward again
        self.end_ul = 0  # the count at which the volume is in
        self.end_pl = 0
        self.lasts_ul = setup.reservoir_ul - setup.empty_ul  # from full to empty, and to low
        self.lasts_to_low_ul = setup.reservoir_ul - setup.low_ul
        self.empty_at_ul = self.lasts_ul
        self.low_at_ul = self.lasts_to_low_ul
        self.near_end_ul = 0  # a warning when this much is left
        self.rate_cml_h = 0
        self.kvo_cml_h = 0
        # What a flipped bit must not change is kept twice, the second time inside out.
        self.not_rate = self.not_kvo = self.not_end_ul = ~0

    def sound(self) -> bool:
        """Whether both copies of the prescription agree."""
        return self.not_rate == ~self.rate_cml_h and self.not_kvo == ~self.kvo_cml_h and self.not_end_ul == ~self.end_ul

    def program(self, rate_cml_h: int, vtbi_ul: int, kvo_cml_h: int) -> None:
        self.end_ul = self.pumped_ul + vtbi_ul
        self.end_pl = self.pumped_pl
        self.kvo_cml_h = kvo_cml_h
        self.not_kvo = ~kvo_cml_h
        self.not_end_ul = ~self.end_ul
        self.set_rate(rate_cml_h)

    def drop(self) -> None:
        """The prescription ends here, whatever is left of it."""
        self.end_ul = self.pumped_ul
        self.end_pl = self.pumped_pl
        self.not_end_ul = ~self.end_ul

    def reload(self) -> None:
        """A full reservoir is in the pump from now on, and the drive brought up to it."""
        self.owed_steps = 0
        self.empty_at_ul = self.pumped_ul + self.lasts_ul
        self.low_at_ul = self.pumped_ul + self.lasts_to_low_ul

    def set_rate(self, rate_cml_h: int) -> None:
        self.rate_cml_h = rate_cml_h
        # 0.01 mL/h is 1 uL in 360 s. What is left is known to a microlitre: rather early than late.
        self.near_end_ul = rate_cml_h * self.near_end_s // 360 + 1
        self.not_rate = ~rate_cml_h

    def keep_open_cml_h(self) -> int:
        """The KVO rate: never above the set rate."""
        return min(self.kvo_cml_h, self.rate_cml_h)

    def book(self, steps: int) -> None:
        """Count steps given. Steps back are owed: so many forward only bring the drive to where it was."""
        if steps < 0 or self.owed_steps:
            owed = min(steps, self.owed_steps)
            self.owed_steps -= owed
            steps -= owed
        pl = self.pumped_pl + steps * self.step_pl
        self.pumped_ul += pl // PL_PER_UL
        self.pumped_pl = pl % PL_PER_UL

    def book_free(self, nl: int) -> None:
        """Count what flowed beside the steps: it is given, and out of the reservoir."""
        pl = self.pumped_pl + nl % 1_000 * 1_000
        self.pumped_ul += nl // 1_000 + pl // PL_PER_UL
        self.pumped_pl = pl % PL_PER_UL
        nl += self.free_nl
        self.free_ul += nl // 1_000
        self.free_nl = nl % 1_000

    def left_ul(self) -> int:
        left_ul = self.end_ul - self.pumped_ul
        return left_ul if left_ul > 0 else 0

    def near_end(self) -> bool:
        return self.left_ul() <= self.near_end_ul

    def steps_left(self) -> int:
        """Steps to the end of the volume, to the nearest; MANY_STEPS while that is far off."""
        left_ul = self.end_ul - self.pumped_ul
        if left_ul > NEAR_UL:
            return MANY_STEPS
        if left_ul < -NEAR_UL:
            return 0
        left_pl = left_ul * PL_PER_UL + self.end_pl - self.pumped_pl
        return max((left_pl + self.step_pl // 2) // self.step_pl, 0)
