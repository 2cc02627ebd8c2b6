"""What the motor was told against what its shaft did: the encoder's counts beside the steps.

Steps and counts are summed as one number, `behind`: what the steps should have turned less what was
turned. A motor that jams, loses steps or runs backward falls behind; a screw that turns too far runs
ahead. More than 64 counts, a sixty-fourth of a turn, is no error of the encoder (an AS5600 is within 11
counts) and at most 9 uL with a 50 mL syringe.

An encoder that has stopped looks like a motor that has. But one that works flickers by a count, and one
that does not shows the same number twelve times in a row: a coin falls so once in four thousand. And as it may
have died on the way between two looks, one that turns has to be behind at two.
"""

from .setup import Setup
from .units import CLOCK_HALF, CLOCK_MASK, const

COUNTS_PER_TURN = const(4_096)
MOST_COUNTS = const(64)
SAME_READINGS = const(12)

WELL = const(0)
BEHIND = const(1)
AHEAD = const(2)
ENCODER_DEAD = const(3)


class Travel:
    """Without an encoder (no steps per turn) all is well always."""

    def __init__(self, setup: Setup) -> None:
        self.steps_per_turn = setup.steps_per_turn
        self.counts = -1  # as read last; none yet
        self.same = 0  # readings without any change
        self.behind = 0
        self.late = 0  # looks at which it was too far behind, and turning
        self.rest = 0  # of a count, in 1 / steps_per_turn

    def begin(self) -> None:
        """What was before does not count."""
        self.behind = self.rest = self.late = 0

    def look(self, steps: int, encoder_counts: int) -> int:
        """WELL, or what is wrong, after `steps` more, back if negative."""
        if not self.steps_per_turn:
            return WELL
        if encoder_counts < 0:
            self.counts = -1  # it does not answer: what it says when it does again is where it begins
            return ENCODER_DEAD
        if self.counts < 0:
            self.counts = encoder_counts
        moved = (((encoder_counts - self.counts) & CLOCK_MASK) ^ CLOCK_HALF) - CLOCK_HALF
        self.counts = encoder_counts
        self.same = 0 if moved else min(self.same + 1, SAME_READINGS)
        turned = self.rest + steps * COUNTS_PER_TURN
        self.behind += turned // self.steps_per_turn - moved
        self.rest = turned % self.steps_per_turn
        if -MOST_COUNTS <= self.behind <= MOST_COUNTS:
            self.late = 0
            return WELL
        return AHEAD if self.behind < 0 else self._behind()

    def _behind(self) -> int:
        if self.same >= SAME_READINGS:
            return ENCODER_DEAD
        if self.same:
            return WELL  # with the same number again it is not known yet
        self.late += 1
        return BEHIND if self.late > 1 else WELL  # it may have died between the last look and this
