"""MicroPython itself onto a Pico: one that is plugged in with BOOTSEL held is a drive, and takes a UF2 file."""

import shutil
import string
import struct
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from pumphost.errors import BadInput, NotDone
from pumphost.line import PortError

LABELS = ("RPI-RP2", "RP2350")  # Pico, Pico 2
MOUNTS = ("/media", "/run/media", "/Volumes", "/mnt")
SIGN = "INFO_UF2.TXT"  # on every such drive
MAGIC = struct.pack("<II", 0x0A324655, 0x9E5D5157)  # how a UF2 block begins; Microsoft's description of the format
BLOCK_BYTES = 512
RESTARTS_S = 20.0  # assumed: the longest until a board that took a UF2 has a port again
LOOK_EVERY_S = 0.5
HOW = (
    "no drive of a board in BOOTSEL mode is mounted: hold BOOTSEL while you plug the board in, "
    "mount the drive RPI-RP2 that appears, and try again"
)


def check_uf2(path: Path) -> None:
    """Raises BadInput for what is no UF2 file."""
    try:
        with path.open("rb") as file:
            begins = file.read(len(MAGIC))
        size = path.stat().st_size
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from None
    if begins != MAGIC or size % BLOCK_BYTES:
        raise BadInput(f"{path} is no UF2 file: take the one for your board from MicroPython's download page")


def find_drive() -> Path:
    """Raises PortError if there is none."""
    for drive in _places():
        if (drive / SIGN).is_file():
            return drive
    raise PortError(HOW)


def _places() -> Iterator[Path]:
    if sys.platform == "win32":
        yield from (Path(f"{letter}:/") for letter in string.ascii_uppercase)
    for mount in MOUNTS:
        for label in LABELS:
            yield Path(mount, label)
            yield from Path(mount).glob(f"*/{label}")


def install(path: Path, drive: Path, find_port: Callable[[], str]) -> str:
    """Copy it; the board starts anew as soon as it has all of it. The port it then has."""
    try:
        shutil.copyfile(path, drive / path.name)
    except OSError as error:
        raise NotDone(f"{path.name} does not go onto {drive}: {error.strerror}") from None
    until = time.monotonic() + RESTARTS_S
    while True:
        try:
            return find_port()
        except PortError as error:
            if time.monotonic() > until:
                raise NotDone(f"MicroPython is on its way, and no port has come: {error}") from None
            time.sleep(LOOK_EVERY_S)
