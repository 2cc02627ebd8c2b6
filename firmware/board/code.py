"""The checksum of the firmware's code on flash, for the pump's test of itself: of its files, or where they are frozen
into a Pico's image, of that (image.py).

    mpremote exec "import board.code; board.code.seal()"

notes it once the code is in its place; from then on changed code starts nothing. What was never sealed is held against
what it was at power-on.
"""

import os
import sys

from pumpcore.units import const

FLASH_IS_MEMORY = sys.platform == "rp2"  # its bytes have addresses
if FLASH_IS_MEMORY:
    from board.image import Image

CODE_FOLDERS = ("", "pumpcore/", "board/")
ROOT_FILES = ("boot.py", "main.py")
SLICE_BYTES = const(32)
SUM_PRIME = const(32_749)  # the largest below 2**15: two sums are a small int
SEAL = "code.sum"


class Code:
    """Adler's two sums of the files' bytes, in 30 bits.

    It is taken whole at power-on, which lasts some seconds, then a slice at a time, round and round. One file is open
    at a time: each takes a kilobyte of memory. To open the next allocates that much, every few hundred slices, which is
    all that this port's loop allocates. `sum` is of the last whole round, and 0 where there are no files. What runs was
    compiled from the files at power-on and is not looked at again.
    """

    def __init__(self) -> None:
        self.names = code_files()
        self.bytes = bytearray(SLICE_BYTES)
        self.at = 0  # the file that is read
        self.low = 1
        self.high = 0
        self.sum = 0
        if self.names:
            self.file = open(self.names[0], "rb")  # noqa: SIM115  # until it is read
        while self.names and not self.sum:
            self.read_a_slice()

    def read_a_slice(self) -> None:
        if not self.names:
            return
        low, high = self.low, self.high
        read = self.file.readinto(self.bytes)
        for i in range(read):
            low += self.bytes[i]
            high += low
        self.low, self.high = low % SUM_PRIME, high % SUM_PRIME
        if not read:
            self._next_file()

    def _next_file(self) -> None:
        self.file.close()
        self.at += 1
        if self.at == len(self.names):
            self.sum = self.high << 15 | self.low or 1
            self.at = self.high = 0
            self.low = 1
        self.file = open(self.names[self.at], "rb")  # noqa: SIM115


def code_files() -> list[str]:
    """In a fixed order."""
    names = []
    for folder in CODE_FOLDERS:
        try:
            found = os.listdir(folder[:-1] or ".")
        except OSError:  # frozen
            continue
        names += [folder + name for name in sorted(found) if _is_code(name) and (folder or name in ROOT_FILES)]
    return names


def _is_code(name: str) -> bool:
    """As written, or compiled."""
    return name.endswith(".py") or name.endswith(".mpy")


def whole_code() -> "Code | Image":
    """Summed once. Of an image on another chip the checksum is 0, which tests nothing."""
    if code_files() or not FLASH_IS_MEMORY:
        return Code()
    return Image()  # pyright: ignore[reportPossiblyUnboundVariable]


def seal() -> None:
    """Note the checksum of the code as it is now: to be run once it is in its place."""
    with open(SEAL, "w") as file:
        file.write(str(whole_code().sum))


def sealed_sum() -> int:
    """What the code's checksum must be; 0 if it was never sealed. A seal that cannot be read fits no code."""
    try:
        with open(SEAL) as file:
            return int(file.read()) or 1
    except OSError:
        return 0
    except ValueError:
        return 1
