"""The AS5600 magnetic encoder over I2C: the angle of the motor's shaft, made into counts of any number of turns.

Registers (ams datasheet v1-06): STATUS at 0x0B has bit 5 set while a magnet is detected; RAW ANGLE, 12 bits, follows at
0x0C and 0x0D, so three bytes from 0x0B are both. From one reading to the next the shaft is taken to have turned the
shorter way: right up to half a turn, which at 20,000 steps/s and 3200 a turn takes 80 ms.
"""

from machine import I2C

from pumpcore.units import CLOCK_MASK, const

ADDRESS = const(0x36)
STATUS = const(0x0B)
MAGNET = const(0x20)
TURN_MASK = const(4_095)
HALF_TURN = const(2_048)
MISSES = const(3)  # in a row until it is said that it does not answer: a spike on the wire is over by then; assumed
DIRECTION = const(1)  # of counts as the motor turns forward, with its pin DIR to ground; -1 if they go down; assumed


class Encoder:
    """`counts`, modulo 2**30, is what was read last, or -1 if it does not answer."""

    def __init__(self, i2c: I2C) -> None:
        self.i2c = i2c
        self.bytes = bytearray(3)
        self.angle = -1  # as read last; none yet
        self.turned = 0  # counts, modulo 2**30
        self.misses = 0
        self.counts = -1

    def read(self) -> int:
        """The counts now. They go on from where they were when it answers again."""
        if self._answers():
            self.misses = 0
            angle = (self.bytes[1] << 8 | self.bytes[2]) & TURN_MASK
            if angle != self.angle:
                if self.angle >= 0:
                    turned = (((angle - self.angle) & TURN_MASK) ^ HALF_TURN) - HALF_TURN
                    self.turned = (self.turned - CLOCK_MASK - 1 + DIRECTION * turned) & CLOCK_MASK
                self.angle = angle
            self.counts = self.turned
        elif self.misses < MISSES:
            self.misses += 1
        if self.misses == MISSES:
            self.counts = -1
        return self.counts

    def _answers(self) -> bool:
        try:
            self.i2c.readfrom_mem_into(ADDRESS, STATUS, self.bytes)
        except OSError:
            return False
        return self.bytes[0] & MAGNET != 0
