"""Whether a pulse turns the motor: a stalled motor loses every step, a weak one some of each fifth of a turn."""

from math import floor

BLOCK = 640  # pulses, of which a weak motor loses its share in one go; assumed


class Shaft:
    def __init__(self) -> None:
        self.stalls = 0  # it stands still while there is one
        self.weak = [0.0]  # pulses lost of each block, in the mean; the largest counts
        self.pulses = 0
        self.lost = 0

    @property
    def sound(self) -> bool:
        return not self.stalls and len(self.weak) == 1

    def stretch(self, pulses: int) -> tuple[int, bool]:
        """Of the next pulses so many fare alike; whether they turn the motor."""
        if self.stalls:
            return pulses, False
        share = max(self.weak)
        if not share:
            return pulses, True
        block, at = divmod(self.pulses, BLOCK)
        losing = floor((block + 1) * share) - floor(block * share)
        return (min(pulses, losing - at), False) if at < losing else (min(pulses, BLOCK - at), True)
