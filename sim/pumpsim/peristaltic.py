"""The peristaltic drive: rollers carry the tube's contents from the supply into the line.

What a roller passage carries is set at the moment its roller closes the tube:

    V = V_turn / rollers * (1 - wear) * (1 + kappa (P_supply - P_line)) * filling(P_supply)

It is drawn evenly from the supply. On the line's side the passage begins with a dip: as a roller leaves,
the tube behind it fills up again from the line; the rest of the passage gives that back. Between two such
borders all steps are alike. A supply at too low a pressure lets the tube collapse, and it fills less.
"""

from math import exp
from typing import NamedTuple

from pumpsim.catalogue import Tube
from pumpsim.drive import Drive
from pumpsim.network import Network, Push
from pumpsim.screw import STEPS_PER_TURN

LINE, SUPPLY = 0, 2  # nodes


class Passage(NamedTuple):
    """Of a roller: where its dip and it end, in steps, and uL per step."""

    number: int
    dip_ends: int
    ends: int
    drawn_ul: float  # from the supply, at any step
    dip_ul: float  # into the line
    rise_ul: float
    dip: Push
    rise: Push


class PeristalticDrive(Drive):
    """Volumes in uL, pressures in kPa. `turned` are the turns the tube has been worn for before."""

    def __init__(self, tube: Tube, gear: float = 1.0, turned: float = 0.0) -> None:
        super().__init__()
        self.tube = tube
        self.steps_per_turn = STEPS_PER_TURN * gear
        self.turned = turned
        self.lifts = 0  # the rollers do not touch the tube while there is one
        self.passage = Passage(-1, 0, 0, 0.0, 0.0, 0.0, Push(()), Push(()))

    @property
    def turns(self) -> float:
        return self.position / self.steps_per_turn

    def stretch(self, pulses: int) -> tuple[int, bool]:
        """All pulses up to the next border are alike."""
        passage = self.passage
        left = (passage.dip_ends if self.position < passage.dip_ends else passage.ends) - self.position
        return (pulses if pulses < left else left), True

    def turn(self, pulses: int) -> Push | None:
        passage, before = self.passage, self.position
        self.position += pulses
        if self.lifts:
            return None
        in_dip = before < passage.dip_ends
        self.pushed_ul += pulses * ((passage.dip_ul if in_dip else passage.rise_ul) - passage.drawn_ul)
        return passage.dip if in_dip else passage.rise

    def arrive(self, network: Network) -> None:
        """At the end of a passage the next roller closes the tube."""
        if self.position < self.passage.ends:
            return
        tube, number, begins = self.tube, self.passage.number + 1, self.position
        steps = self.steps_per_turn / tube.rollers
        dip_ends, ends = round((number + tube.suck_back_arc) * steps), round((number + 1) * steps)
        volume_ul = tube.turn_ul / tube.rollers * self.share(network.kpa(SUPPLY), network.first_kpa)
        drawn_ul = volume_ul / (ends - begins)
        dip_ul = -tube.suck_back * volume_ul / (dip_ends - begins)
        rise_ul = (1 + tube.suck_back) * volume_ul / (ends - dip_ends)
        dip, rise = (Push(((LINE, ul), (SUPPLY, -drawn_ul))) for ul in (dip_ul, rise_ul))
        self.passage = Passage(number, dip_ends, ends, drawn_ul, dip_ul, rise_ul, dip, rise)

    def share(self, supply_kpa: float, line_kpa: float) -> float:
        """Of the nominal volume, what the next passage carries."""
        tube = self.tube
        worn = tube.wear * -(exp(-(self.turned + self.turns) / tube.wear_turns) - 1)
        pressed = 1 + tube.per_kpa * (supply_kpa - line_kpa)
        filled = (supply_kpa - tube.flat_kpa) / (tube.collapse_kpa - tube.flat_kpa)
        return (1 - worn) * max(pressed, 0.0) * min(max(filled, 0.0), 1.0)

    def save(self) -> tuple[int, float, Passage]:
        return self.position, self.pushed_ul, self.passage

    def restore(self, saved: tuple[int, float, Passage]) -> None:
        self.position, self.pushed_ul, self.passage = saved
