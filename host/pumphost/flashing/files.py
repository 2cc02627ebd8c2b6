"""What goes onto a board: the files that firmware/package.json lists, from the source tree or from an installed wheel,
and the key in a file.

main.py comes last and boot.py before it, so that a board which is cut off in between starts nothing.
"""

import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from pumphost.errors import BadInput
from pumpsim.engine import FIRMWARE, SOURCES

BOOT, MAIN = "boot.py", "main.py"
LAST = (BOOT, MAIN)
CODE_FOLDERS = ("pumpcore", "board")  # as board/code.py sums them: nothing else may be in them
KEY_BYTES = 32  # as many as the HMAC's SHA-256 gives


@dataclass(frozen=True)
class File:
    """One that the board is to have."""

    name: str  # on the board
    content: bytes

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.content).digest()


def firmware_files() -> list[File]:
    """In the order in which they are written."""
    listed = json.loads((FIRMWARE / "package.json").read_text(encoding="utf-8"))["urls"]
    names = sorted((name for name, _ in listed), key=lambda name: (name in LAST, name))
    return [File(name, _source(name).read_bytes()) for name in names]


def _source(name: str) -> Path:
    """A wheel has pumpcore beside pumpsim, and the rest within it."""
    return (SOURCES if name.startswith("pumpcore/") else FIRMWARE) / name


def refuse_to_overwrite(path: Path) -> None:
    """Raises BadInput if a key cannot be made there."""
    if path.exists():
        raise BadInput(f"{path} is there already and stays: name another file, or give it with --key")
    if not path.absolute().parent.is_dir():
        raise BadInput(f"{path}: there is no such folder")


def make_key(path: Path) -> bytes:
    """A new one, in a file that its owner alone may read. Raises BadInput."""
    key = secrets.token_bytes(KEY_BYTES)
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(key.hex() + "\n")
    except OSError as error:
        raise BadInput(f"{path}: the key cannot be written: {os.strerror(error.errno or 0)}") from None
    return key
