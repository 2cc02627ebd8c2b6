"""The firmware onto a board, step by step; an attempt that was cut off is just made again.

Before anything is written main.py is taken away, and it comes back last: until then the board starts nothing, and its
motor stays off. Settings, logs and whatever else lies beside the code stay. The key is set (board/settings.py) before
main.py is there, the code's checksum sealed after (board/code.py), the board reset, and the pump that comes up greeted.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from pumpcore.states import MOVING, STATE_NAMES
from pumphost.errors import BadInput, NotDone
from pumphost.flashing.board import PART, OnBoard
from pumphost.flashing.compiling import VERSION, compiled
from pumphost.flashing.files import CODE_FOLDERS, LAST, MAIN, File, firmware_files, make_key, refuse_to_overwrite
from pumphost.line import NoAnswer, PortError, WrongVersion
from pumphost.pump import Pump
from pumphost.remote.reach import read_key
from pumphost.told import Info

CODE = (".py", ".mpy")
TOO_SMALL = "RP2040"  # for what is compiled on it: it has run out of memory (firmware/README.md)
IMAGE_IS_SUMMED = "rp2"  # as board/code.py has it: elsewhere nothing of an image is sealed
SEALED = "code.sum"
SEAL = "import board.code\nboard.code.seal()"
SET_KEY = "import board.settings\nboard.settings.change(key={!r})"
COMES_UP_S = 30.0  # assumed: the checksum of all code takes some seconds of it
GREET_EVERY_S = 0.5


class Watcher(Protocol):
    """Who is told how far it is."""

    def total(self, count: int) -> None: ...
    def at(self, what: str, done: int) -> None: ...


@dataclass(frozen=True)
class Keying:
    """Which key the board is to have: one of a file, a new one for a file, or the one it has."""

    key_file: Path | None = None
    new_key_file: Path | None = None

    def check(self) -> None:
        """Before anything is done. Raises BadInput."""
        if self.key_file and self.new_key_file:
            raise BadInput("either --key or --new-key")
        if self.key_file:
            read_key(self.key_file)
        if self.new_key_file:
            refuse_to_overwrite(self.new_key_file)

    def key(self) -> bytes | None:
        if self.new_key_file:
            return make_key(self.new_key_file)
        return read_key(self.key_file) if self.key_file else None


@dataclass(frozen=True)
class Plan:
    """What differs: files of ours, and files in our folders that are not."""

    copy: list[File]
    keep: list[File]
    remove: list[str]

    def __bool__(self) -> bool:
        return bool(self.copy or self.remove)


def refuse_while_moving(port: str, otherwise: str = "") -> None:
    """Ask who runs there, if anybody; `otherwise` is what can be done but stop it. Raises NotDone, PortError."""
    try:
        with Pump(port) as pump:
            state = pump.status().state
    except NoAnswer:
        return  # a prompt, a board that starts nothing
    except WrongVersion:
        raise NotDone(
            f"the pump at {port} speaks another version, and whether it infuses cannot be asked: "
            "look at it, and say openinfuse flash --force if it stands still"
        ) from None
    if MOVING[STATE_NAMES.index(state)]:
        raise NotDone(f"the pump at {port} is {state}: stop it first{otherwise}")


def wanted(board: OnBoard) -> list[File]:
    """What files it is to have: none where the image has the firmware in it, which they would stand in the way of;
    compiled, if it reads what mpy-cross writes today.

    Raises NotDone for a chip that is too small for the sources.
    """
    if board.frozen:
        return []
    if board.about.mpy == VERSION:
        return compiled(firmware_files())
    if TOO_SMALL in board.about.machine:
        raise NotDone(
            f"the memory of an {TOO_SMALL} is too small for the firmware's sources, and this MicroPython does not read "
            f".mpy files of version {VERSION}: openinfuse image builds one with it inside, which --uf2 puts on"
        )
    return firmware_files()


def compare(board: OnBoard, files: Sequence[File], watcher: Watcher) -> Plan:
    """Reads only. Where anything differs main.py goes and comes back, so it counts as different, too."""
    copy: list[File] = []
    keep: list[File] = []
    watcher.total(len(files))
    for number, file in enumerate(files):
        watcher.at(f"looking at {file.name}", number)
        (keep if board.digest(file.name) == file.digest else copy).append(file)
    ours = {file.name for file in files}
    there = [name for name in board.names("") if name in LAST]
    there += [f"{folder}/{name}" for folder in CODE_FOLDERS for name in board.names(folder)]
    remove = [name for name in there if name.endswith(CODE) and name not in ours]
    if copy or remove:
        copy += [file for file in keep if file.name == MAIN]
        keep = [file for file in keep if file.name != MAIN]
    return Plan(copy, keep, remove)


def carry_out(board: OnBoard, plan: Plan, keying: Keying, watcher: Watcher) -> None:
    """Raises NotDone, PortError; then, too, the board starts nothing half, nor without its key."""
    if plan:
        _clear(board, plan)
    if board.frozen:
        _clear_folders(board)
    watcher.total(sum(len(file.content) for file in plan.copy))
    done = _write(board, [file for file in plan.copy if file.name != MAIN], 0, watcher)
    board.refresh()
    key = keying.key()
    if key is not None:
        board.run(SET_KEY.format(key.hex()))
    done = _write(board, [file for file in plan.copy if file.name == MAIN], done, watcher)
    watcher.at("sealing the checksum", done)
    if can_be_sealed(board):
        board.run(SEAL)
    else:
        board.remove(SEALED)  # of files that are no more


def can_be_sealed(board: OnBoard) -> bool:
    """Whether the chip has a checksum of its code: of files, or of the image that they are frozen into."""
    return not board.frozen or board.about.port == IMAGE_IS_SUMMED


def _clear(board: OnBoard, plan: Plan) -> None:
    """What starts comes first."""
    for name in (MAIN, PART, *plan.remove):
        board.remove(name)
    for folder in CODE_FOLDERS if plan.copy else ():
        board.make_folder(folder)


def _clear_folders(board: OnBoard) -> None:
    """Of our names, be they empty: MicroPython looks there first, and would not find what is frozen."""
    for folder in CODE_FOLDERS:
        for name in board.names(folder):
            raise NotDone(f"{folder}/{name} is not the pump's, and its folder hides the image's code: take it away")
        board.remove_folder(folder)


def _write(board: OnBoard, files: Sequence[File], done: int, watcher: Watcher) -> int:
    """Bytes that are written after it."""
    for file in files:
        board.put(file, partial(_copied, watcher, file, done))
        done += len(file.content)
    return done


def _copied(watcher: Watcher, file: File, before: int, written: int) -> None:
    watcher.at(f"copying {file.name}", before + written)


def greet(port: str) -> Info:
    """What the pump is, once it has come up. Raises NoAnswer if it does not."""
    until = time.monotonic() + COMES_UP_S
    while True:
        try:
            with Pump(port) as pump:
                return pump.info()
        except (PortError, NoAnswer) as error:
            if time.monotonic() > until:
                raise NoAnswer(f"all is written, and the pump at {port} does not come up: {error}") from None
            time.sleep(GREET_EVERY_S)
