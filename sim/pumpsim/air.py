"""Air in the line: a bubble is an interval of volume that travels with the flow.

Two flows move it. Its head came to the detector, at the pump's outlet, when `head_ul` had come out there; it enters
the patient once as much and a line's volume more has left the line at its end. For what comes in first goes out
first: when the head comes in, the line holds its volume and what it is stretched by, which is what has come in and
not gone out. So what has passed the detector is always what lies in the line and what went into the patient.

On its way air is elastic: at a pressure P a bubble of V uL holds, compressed, V P / (P + P_air) uL more than at rest.
That curve is followed in straight pieces of 5 kPa.
"""

from dataclasses import dataclass
from math import floor, inf

WINDOW_UL = 10.0  # the detector's window; assumed, detectors on the market see 10 to 40 uL
ATMOSPHERE_KPA = 101.3
PIECE_KPA = 5.0
LEAST_KPA = -90.0
EVERY_UL = 10.0  # how air lies in the line is looked at each time so much has flowed into the patient


@dataclass(eq=False)
class Bubble:
    """`head_ul` is what had come out of the pump when its head came to the detector."""

    head_ul: float
    volume_ul: float

    def past(self, flowed_ul: float, point_ul: float) -> float:
        """How much of it has passed a point `point_ul` down the line, through which `flowed_ul` have flowed."""
        return max(0.0, min(flowed_ul - self.head_ul - point_ul, self.volume_ul))


class Air:
    """All bubbles of a line that holds `line_ul`. Volumes that have flowed are told of both its ends, at the pump's
    outlet and into the patient."""

    def __init__(self, line_ul: float) -> None:
        self.line_ul = line_ul
        self.bubbles: list[Bubble] = []
        self.first_ul = inf  # what will have come out of the pump when the first of them comes to the detector
        self.gone_ul = 0.0  # of bubbles that are not kept any more, what went into the patient

    def inject(self, head_ul: float, volume_ul: float) -> Bubble:
        bubble = Bubble(head_ul, volume_ul)
        self.bubbles.append(bubble)
        self.first_ul = min(self.first_ul, head_ul)
        return bubble

    def purge(self, bubble: Bubble, out_ul: float) -> None:
        """Somebody flushes what is left of this bubble out of the line."""
        if bubble in self.bubbles:
            self.gone_ul += bubble.past(out_ul, self.line_ul)
            self.bubbles.remove(bubble)
            self.first_ul = min((bubble.head_ul for bubble in self.bubbles), default=inf)

    def forget_passed(self, out_ul: float) -> None:
        """Bubbles that are a whole line past the patient's end do not come back."""
        for bubble in self.bubbles.copy():
            if out_ul - bubble.head_ul - bubble.volume_ul > 2 * self.line_ul:
                self.purge(bubble, out_ul)

    def entered_ul(self, out_ul: float) -> float:
        """Air that has gone into the patient."""
        return self.gone_ul + sum(bubble.past(out_ul, self.line_ul) for bubble in self.bubbles)

    def halves_ul(self, outlet_ul: float, out_ul: float) -> tuple[float, float]:
        """Air in the near and in the far half of the line; the far one holds what the line is stretched by."""
        near = far = 0.0
        for bubble in self.bubbles:
            middle = bubble.past(outlet_ul, self.line_ul / 2)
            near += bubble.past(outlet_ul, 0.0) - middle
            far += max(0.0, middle - bubble.past(out_ul, self.line_ul))
        return near, far

    def next_look_ul(self, outlet_ul: float, out_ul: float) -> float:
        """What will have flowed into the patient when air has to be looked at again: never, while none has come."""
        if not self.bubbles:
            return inf
        grid = (floor(out_ul / EVERY_UL) + 1) * EVERY_UL
        return max(grid, out_ul + self.first_ul - outlet_ul)

    def permille(self, outlet_ul: float) -> int:
        """The share of the detector's window that is air."""
        covered = sum(bubble.past(outlet_ul, 0.0) - bubble.past(outlet_ul, WINDOW_UL) for bubble in self.bubbles)
        return round(1000 * min(covered / WINDOW_UL, 1.0))


def piece_of(kpa: float) -> int:
    """The number of the straight piece that `kpa` lies in."""
    return floor(max(kpa, LEAST_KPA) / PIECE_KPA)


def ends_of(piece: int) -> tuple[float, float]:
    """Between which two pressures it lies."""
    low_kpa = piece * PIECE_KPA
    return low_kpa if low_kpa > LEAST_KPA else -inf, low_kpa + PIECE_KPA


def softness(volume_ul: float, piece: int) -> float:
    """Compliance in uL/kPa of `volume_ul` of air at rest, between the ends of a piece: the secant."""
    low = piece * PIECE_KPA
    ends = [kpa / (kpa + ATMOSPHERE_KPA) for kpa in (low, low + PIECE_KPA)]
    return volume_ul * (ends[1] - ends[0]) / PIECE_KPA
