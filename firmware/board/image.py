"""The checksum of a Pico's image of MicroPython, for a firmware that is frozen into it: flash as the processor sees it.

Whole at power-on, by the interpreter's own CRC-32, in a tenth of a second; that is what a seal notes. While the loop
waits, four words at a time, round and round, as two sums that allocate nothing: a round that comes out otherwise than
the first makes the checksum 0, which no seal is. Where the image ends stands in it, in the table that picotool reads,
"binary info" (pico-sdk, pico/binary_info); behind it come settings and logs.
"""

from binascii import crc32

from machine import mem16
from uctypes import bytearray_at

from pumpcore.units import CLOCK_MASK, const

FLASH = const(0x1000_0000)  # of RP2040 and RP2350, through the cache
LOOKED_THROUGH = const(0x1000)  # the header of binary info begins here
HEADER = 0x7188_EBF2  # then where its table begins and ends, of places of entries: type and tag, id, value
END_ID = 0x68F4_65DE
WORDS = const(4)  # a slice, of 16 bits each: 0.07 ms on the emulated Pico
SUM_MASK = const(0x1FF_FFFF)  # with the words of a slice on top they are small ints


class Image:
    """`sum` is 30 bits of the CRC as it was at power-on, or 0 once a round has come out otherwise."""

    def __init__(self) -> None:
        self.end = _end()
        self.sum = crc32(bytearray_at(FLASH, self.end - FLASH)) & CLOCK_MASK or 1
        self.at = FLASH
        self.low = self.high = 0
        self.first_low = self.first_high = -1  # of the first round

    def read_a_slice(self) -> None:
        """The last one of a round may reach some bytes beyond the end."""
        low, high, at = self.low, self.high, self.at
        for _ in range(WORDS):
            low += mem16[at]
            high += low
            at += 2
        self.low, self.high, self.at = low & SUM_MASK, high & SUM_MASK, at
        if at >= self.end:
            self._end_round()

    def _end_round(self) -> None:
        if self.first_low < 0:
            self.first_low, self.first_high = self.low, self.high
        elif self.low != self.first_low or self.high != self.first_high:
            self.sum = 0
        self.low = self.high = 0
        self.at = FLASH


def _end() -> int:
    for at in range(FLASH, FLASH + LOOKED_THROUGH, 4):
        if _word(at) == HEADER:
            for place in range(_word(at + 4), _word(at + 8), 4):
                if _word(_word(place) + 4) == END_ID:
                    return _word(_word(place) + 8)
    raise ValueError("the image does not say where it ends")


def _word(at: int) -> int:
    """Entries may begin anywhere, so byte by byte."""
    return int.from_bytes(bytearray_at(at, 4), "little")
