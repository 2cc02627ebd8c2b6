"""Going on by itself after a short occlusion: a patient has lain on the line and turned over.

For 15 s after the motor has backed off the pressure is watched. If the line is free, what was left in it
flows off, and the pressure sinks to within three tenths of its climb of where it began, or within 1 kPa if
that is less; backing off leaves more in a line that is still blocked. Then the pump starts again.
At most so many times in any ten minutes; then the alarm stands for good. As the Alaris system does it,
which allows 0 to 9 restarts.
"""

from .relief import LEFT_PA
from .setup import Setup
from .units import const, later_ms, until_ms

CHECK_MS = const(15_000)
ROLLING_MS = const(600_000)
MOST_RESTARTS = const(9)


class Restart:
    def __init__(self, setup: Setup) -> None:
        self.most = setup.restarts
        self.at_ms = [0] * MOST_RESTARTS  # of the last ones
        self.kept = 0  # so many of them lie within the last ten minutes
        self.waiting = False
        self.end_ms = 0
        self.open_pa = 0

    def blocked(self, now_ms: int, pressure_pa: int, climb_pa: int) -> None:
        """The pressure has climbed to `pressure_pa` by `climb_pa`; the motor stands, or is about to."""
        self.waiting = self.most > 0
        self.open_pa = pressure_pa - max(climb_pa * 7 // 10, climb_pa - LEFT_PA // 2)
        self.end_ms = later_ms(now_ms, CHECK_MS)

    def standing(self, now_ms: int) -> None:
        """The motor has backed off: from here on the 15 s count."""
        self.end_ms = later_ms(now_ms, CHECK_MS)

    def due(self, now_ms: int, pressure_pa: int) -> bool:
        """Whether the line is free again, in time."""
        if self.waiting and until_ms(now_ms, self.end_ms) <= 0:
            self.waiting = False
        return self.waiting and pressure_pa <= self.open_pa

    def allowed(self, now_ms: int) -> bool:
        """Take one of the restarts of these ten minutes, if one is left."""
        self.waiting = False
        self._forget(now_ms)
        if self.kept >= self.most:
            return False
        self.at_ms[self.kept] = now_ms
        self.kept += 1
        return True

    def _forget(self, now_ms: int) -> None:
        """Those of more than ten minutes ago; called at each restart, and so at least as often as one is kept."""
        gone = 0
        while gone < self.kept and until_ms(self.at_ms[gone], now_ms) > ROLLING_MS:
            gone += 1
        for i in range(self.kept - gone):
            self.at_ms[i] = self.at_ms[i + gone]
        self.kept -= gone
