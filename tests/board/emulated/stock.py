"""MicroPython for a Pico without the firmware in it, as anybody gets it."""

import fcntl
import shutil
from pathlib import Path

from pumphost.imaging import build
from pumphost.imaging.sources import run

MANIFEST = 'freeze("$(PORT_DIR)/modules")\n'


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
