"""Air in the line: a bubble is an interval of volume that travels with the flow.

The detector sits where the line leaves the syringe. A bubble put in when V uL had flowed past has its
head at the detector then, and covers as much of the detector's window as it overlaps.
"""

from dataclasses import dataclass

WINDOW_UL = 10.0  # the detector's window; assumed, detectors on the market see 10 to 40 uL


@dataclass(eq=False)
class Bubble:
    """`head_ul` is what had flowed when its head came to the detector."""

    head_ul: float
    volume_ul: float


class Air:
    def __init__(self) -> None:
        self.bubbles: list[Bubble] = []

    def inject(self, flowed_ul: float, volume_ul: float) -> Bubble:
        bubble = Bubble(flowed_ul, volume_ul)
        self.bubbles.append(bubble)
        return bubble

    def permille(self, flowed_ul: float) -> int:
        """The share of the window that is air, once `flowed_ul` has passed."""
        if not self.bubbles:
            return 0
        covered = 0.0
        for bubble in self.bubbles:
            past = flowed_ul - bubble.head_ul
            covered += max(0.0, min(past, WINDOW_UL) - max(past - bubble.volume_ul, 0.0))
        return round(1000 * min(covered / WINDOW_UL, 1.0))
