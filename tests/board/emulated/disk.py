"""Files on the flash of a Pico that is switched off, where MicroPython will find them."""

from binascii import crc32
from collections.abc import Iterable

from littlefs import LittleFS

from pumphost.flashing.files import File

FILES_FROM = 0xA_0000  # of the flash: MicroPython's ports/rp2, the last 1408 kB of 2 MB
BLOCK, BLOCKS = 4_096, 352
DISK_VERSION = 0x0002_0000  # littlefs as every MicroPython reads it


def put(files: Iterable[File], flash: bytearray) -> None:
    """Onto the flash of a Pico that is switched off."""
    disk = LittleFS(block_size=BLOCK, block_count=BLOCKS, disk_version=DISK_VERSION)
    for file in files:
        if "/" in file.name:
            disk.makedirs(file.name.rpartition("/")[0], exist_ok=True)
        with disk.open(file.name, "wb") as written:
            written.write(file.content)
    flash[FILES_FROM : FILES_FROM + BLOCK * BLOCKS] = disk.context.buffer


def settings(*values: int) -> File:
    """A copy of board/settings.py's with these values of its NAMES, and no key."""
    line = " ".join(["0", *map(str, values), "-", "0"]).encode()
    return File("settings.0", line + b" *%08X" % crc32(line))
