"""MicroPython for a Pico without the firmware in it, as anybody gets it; and a flash with files on it."""

import fcntl
import shutil
from collections.abc import Iterable
from pathlib import Path

from littlefs import LittleFS

from pumphost.flashing.files import File
from pumphost.imaging import build
from pumphost.imaging.sources import run

MANIFEST = 'freeze("$(PORT_DIR)/modules")\n'
FILES_FROM = 0xA_0000  # of the flash: MicroPython's ports/rp2, the last 1408 kB of 2 MB
BLOCK, BLOCKS = 4_096, 352
DISK_VERSION = 0x0002_0000  # littlefs as every MicroPython reads it


def stock_image(frozen: Path) -> Path:
    """Built in the tree that `frozen` came from, which is left as it was."""
    tree = frozen.parent
    stock = tree / "stock/firmware.uf2"
    with open(tree.parent / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stock.exists():
            stock.parent.mkdir(exist_ok=True)
            shutil.rmtree(tree / "firmware")
            (tree / "firmware").mkdir()
            (tree / "firmware/manifest.py").write_text(MANIFEST)
            _freeze_anew(tree)
            build._write_uf2((tree / "build/firmware.bin").read_bytes(), stock)
            build._copy_firmware(tree)
            _freeze_anew(tree)
    return stock


def _freeze_anew(tree: Path) -> None:
    """Less than before, which MicroPython's own scripts do not see by dates."""
    (tree / "build/frozen_content.c").unlink()
    run("ninja", "-C", tree / "build")


def put(files: Iterable[File], flash: bytearray) -> None:
    """Onto the flash of a Pico that is switched off."""
    disk = LittleFS(block_size=BLOCK, block_count=BLOCKS, disk_version=DISK_VERSION)
    for file in files:
        if "/" in file.name:
            disk.makedirs(file.name.rpartition("/")[0], exist_ok=True)
        with disk.open(file.name, "wb") as written:
            written.write(file.content)
    flash[FILES_FROM : FILES_FROM + BLOCK * BLOCKS] = disk.context.buffer
