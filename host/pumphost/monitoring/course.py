"""What was pumped against time since a pump is watched, whatever its own clock and count do: both begin anew when it is
switched on, and the clock comes round every 2**30 ms.

Time is the pump's. Only across a restart, which its clock cannot measure, it is the host's.
"""

from pumpcore.units import CLOCK_MASK

ROUND_S = (CLOCK_MASK + 1) / 1_000
MOST_POINTS = 600  # of a curve: as many as a terminal or a small picture can show

Point = tuple[float, float]  # s, mL


class Course:
    """`t_s` and `volume_ml` since the first reading, and `points`, the curve of one against the other."""

    def __init__(self, now_s: float, clock_s: float, pumped_ml: float) -> None:
        self.t_s = 0.0
        self.volume_ml = 0.0
        self.last = (now_s, clock_s, pumped_ml)
        self.points: list[Point] = [(0.0, 0.0)]
        self.apart_s = 0.0

    def add(self, now_s: float, clock_s: float, pumped_ml: float) -> None:
        """A reading at `now_s` of the host's clock: the pump's clock in s, and what it has pumped since power-on."""
        before_s, last_s, last_ml = self.last
        passed_s = (clock_s - last_s) % ROUND_S
        more_ml = pumped_ml - last_ml
        if passed_s > ROUND_S / 2 or more_ml < 0:
            passed_s, more_ml = max(now_s - before_s, 0.0), pumped_ml
        self.last = (now_s, clock_s, pumped_ml)
        self.t_s = round(self.t_s + passed_s, 3)
        self.volume_ml = round(self.volume_ml + more_ml, 3)
        self._draw()

    def _draw(self) -> None:
        """The newest point is always there; of those before it, every other one goes as they become too many."""
        points = self.points
        if len(points) > 1 and (self.t_s == points[-1][0] or points[-1][0] - points[-2][0] < self.apart_s):
            points.pop()
        points.append((self.t_s, self.volume_ml))
        if len(points) > MOST_POINTS:
            self.points = points[-1::-2][::-1]
            self.apart_s = self.t_s / MOST_POINTS * 2
