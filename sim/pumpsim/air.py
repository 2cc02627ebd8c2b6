"""Air in the line: a bubble is an interval of volume that travels with the flow.

Its head came to the detector, where the line leaves the pump, when `head_ul` had flowed; it enters the
patient a line's volume later. On its way it is elastic: at a pressure P a bubble of V uL holds, compressed,
V P / (P + P_air) uL more than at rest. That curve is followed in straight pieces of 5 kPa.
"""

from dataclasses import dataclass
from math import floor, inf

WINDOW_UL = 10.0  # the detector's window; assumed, detectors on the market see 10 to 40 uL
ATMOSPHERE_KPA = 101.3
PIECE_KPA = 5.0
LEAST_KPA = -90.0
EVERY_UL = 10.0  # how air lies in the line is looked at each time so much has flowed


@dataclass(eq=False)
class Bubble:
    """`head_ul` is what had flowed into the patient when its head came to the detector."""

    head_ul: float
    volume_ul: float

    def between(self, flowed_ul: float, near_ul: float, far_ul: float) -> float:
        """How much of it lies `near_ul` to `far_ul` down the line from the detector."""
        past = flowed_ul - self.head_ul
        return max(0.0, min(past, far_ul) - max(past - self.volume_ul, near_ul))


class Air:
    """All bubbles of a line that holds `line_ul`."""

    def __init__(self, line_ul: float) -> None:
        self.line_ul = line_ul
        self.bubbles: list[Bubble] = []
        self.first_ul = inf  # what will have flowed when the first of them comes to the detector
        self.gone_ul = 0.0  # of bubbles that are not kept any more, what went into the patient

    def inject(self, head_ul: float, volume_ul: float) -> Bubble:
        bubble = Bubble(head_ul, volume_ul)
        self.bubbles.append(bubble)
        self.first_ul = min(self.first_ul, head_ul)
        return bubble

    def purge(self, bubble: Bubble, flowed_ul: float) -> None:
        """Somebody flushes what is left of this bubble out of the line."""
        if bubble in self.bubbles:
            self.gone_ul += bubble.between(flowed_ul, self.line_ul, inf)
            self.bubbles.remove(bubble)
            self.first_ul = min((bubble.head_ul for bubble in self.bubbles), default=inf)

    def forget_passed(self, flowed_ul: float) -> None:
        """Bubbles that are a whole line past the patient's end do not come back."""
        for bubble in self.bubbles.copy():
            if flowed_ul - bubble.head_ul - bubble.volume_ul > 2 * self.line_ul:
                self.purge(bubble, flowed_ul)

    def entered_ul(self, flowed_ul: float) -> float:
        """Air that has gone into the patient."""
        return self.gone_ul + sum(bubble.between(flowed_ul, self.line_ul, inf) for bubble in self.bubbles)

    def halves_ul(self, flowed_ul: float) -> tuple[float, float]:
        """Air in the near and in the far half of the line."""
        half, end = self.line_ul / 2, self.line_ul
        near = sum(bubble.between(flowed_ul, 0.0, half) for bubble in self.bubbles)
        return near, sum(bubble.between(flowed_ul, half, end) for bubble in self.bubbles)

    def next_look_ul(self, flowed_ul: float) -> float:
        """What will have flowed when air has to be looked at again: never, while none has come to the line."""
        if not self.bubbles:
            return inf
        grid = (floor(flowed_ul / EVERY_UL) + 1) * EVERY_UL
        return max(grid, self.first_ul)

    def permille(self, flowed_ul: float) -> int:
        """The share of the detector's window that is air."""
        covered = sum(bubble.between(flowed_ul, 0.0, WINDOW_UL) for bubble in self.bubbles)
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
