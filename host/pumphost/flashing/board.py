"""MicroPython on a board, at its prompt: files, digests, a line of code. Over mpremote's own transport, which sends
Ctrl-C first: that stops a pump that runs, and its motor.

A file is written beside its place, looked at, and then put there, so that none is ever half. What goes wrong is one
line: `PortError` for a board that does not answer, `NotDone` for what it has refused.
"""

import errno
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from io import StringIO
from typing import Any

from mpremote.transport import TransportError, TransportExecError
from mpremote.transport_serial import SerialTransport

from pumphost.errors import NotDone
from pumphost.flashing.files import File
from pumphost.line import PortError, WrongVersion

PATIENCE_S = 2.0  # for a byte; only a board that has gone takes longer
RUN_S = 120.0  # for code that says nothing before it ends: the seal reads every file
PORTS = ("rp2", "esp32")  # those that board/port.py knows
LEAST_VERSION = (1, 25)  # assumed: the oldest that the firmware was tried with
GET_MICROPYTHON = (
    "install MicroPython {}.{} or newer, from the download page of micropython.org: on a Pico with --uf2 FILE and the "
    "button BOOTSEL, on an ESP32 with esptool"
).format(*LEAST_VERSION)
AFTER_WATCHDOG = "__import__('machine').reset_cause() == __import__('machine').WDT_RESET"
ABOUT = (
    "(sys.implementation.name, sys.implementation.version[:3], sys.platform, "
    "getattr(sys.implementation, '_machine', ''), getattr(sys.implementation, '_mpy', 0) & 0xFF)"
)
LOOK_FOR_FROZEN = """
import sys
kept = sys.path[:]
sys.path[:] = [".frozen"]
for name in list(sys.modules):
    if name.split(".")[0] in ("board", "pumpcore"):
        del sys.modules[name]
try:
    import board.settings
    frozen = True
except ImportError:
    frozen = False
sys.path[:] = kept
"""
PART = "flash.part"  # what is being written
WATCHDOG_STAYS = "esp32"  # cannot be switched off once it runs (board/watchdog.py)
KNOCKS, KNOCK_S = 30, 0.1  # Ctrl-C in the first seconds after a reset, before main.py starts the watchdog


@dataclass(frozen=True)
class About:
    name: str
    version: tuple[int, int, int]
    port: str
    machine: str
    mpy: int = 0  # version of the .mpy files that it reads, 0 for none

    def __str__(self) -> str:
        return f"{self.name} {'.'.join(map(str, self.version))} on {self.port}"


@contextmanager
def _one_line(port: str) -> Iterator[None]:
    """Of whatever the transport raises; what it prints is dropped."""
    try:
        with redirect_stdout(StringIO()):
            yield
    except TransportExecError as error:
        raise NotDone(f"{port}: the board says {error.error_output.strip().splitlines()[-1]}") from None
    except (TransportError, struct.error) as error:
        raise PortError(f"{port}: the board does not answer ({error}): plug it in anew and try again") from None
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise NotDone(f"{port}: the board's flash is full: remove what is not the pump's, and try again") from None
        raise PortError(f"{port}: the board has gone, or its flash fails ({error}): try again") from None


class OnBoard:
    """Opens the port and stops what runs there. `connect` makes a transport of a port's name. `frozen`: its image of
    MicroPython has the firmware in it. `after_watchdog`: the last reset was the watchdog's."""

    def __init__(self, port: str, connect: Callable[..., SerialTransport] = SerialTransport) -> None:
        self.port = port
        with _one_line(port):
            self.transport = connect(port, timeout=PATIENCE_S)
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    def _begin(self) -> None:
        try:
            with _one_line(self.port):
                self.transport.enter_raw_repl()
        except PortError:
            raise PortError(f"no MicroPython answers at {self.port}: {GET_MICROPYTHON}") from None
        self.about = self._about()
        if self.about.name != "micropython" or self.about.version < LEAST_VERSION:
            raise WrongVersion(f"{self.port} has {self.about}: {GET_MICROPYTHON}")
        if self.about.port not in PORTS:
            raise WrongVersion(f"{self.port} has {self.about}, and the pump has drivers for {' and '.join(PORTS)} only")
        self.after_watchdog: bool = self.ask(AFTER_WATCHDOG)
        if self.about.port == WATCHDOG_STAYS:
            self._shake_off_watchdog()
        self.run(LOOK_FOR_FROZEN)
        with _one_line(self.port):
            self.frozen: bool = self.transport.eval("frozen")

    def _about(self) -> About:
        with _one_line(self.port):
            self.transport.exec("import sys")
            return About(*self.transport.eval(ABOUT))

    def _shake_off_watchdog(self) -> None:
        with _one_line(self.port):
            self.transport.exec_raw_no_follow("import machine\nmachine.reset()")
            for _ in range(KNOCKS):
                self.transport.serial.write(b"\x03")
                time.sleep(KNOCK_S)
            self.transport.enter_raw_repl()

    def refresh(self) -> None:
        """A new interpreter that has imported nothing, but what boot.py does."""
        with _one_line(self.port):
            self.transport.enter_raw_repl()

    def digest(self, name: str) -> bytes | None:
        """SHA-256, or None if there is no such file."""
        with _one_line(self.port), suppress(FileNotFoundError):
            return bytes(self.transport.fs_hashfile(name, "sha256"))
        return None

    def names(self, folder: str) -> list[str]:
        """Of the files in it; none if there is no such folder."""
        with _one_line(self.port), suppress(FileNotFoundError):
            return sorted(entry.name for entry in self.transport.fs_listdir(folder))
        return []

    def make_folder(self, name: str) -> None:
        with _one_line(self.port):
            if not self.transport.fs_isdir(name):
                self.transport.fs_mkdir(name)

    def put(self, file: File, written: Callable[[int], None]) -> None:
        """Write it, look at it, put it in its place. Raises NotDone if it has not arrived as it was sent."""
        with _one_line(self.port):
            self.transport.fs_writefile(PART, file.content, progress_callback=lambda done, _: written(done))
        if self.digest(PART) != file.digest:
            self.remove(PART)
            raise NotDone(f"{file.name} has not arrived as it was sent: try again, with another cable if it stays so")
        self.remove(file.name)  # FAT does not rename onto a file
        self.run(f"import os\nos.rename({PART!r}, {file.name!r})")

    def remove(self, name: str) -> None:
        """Nothing, if it is not there."""
        with _one_line(self.port), suppress(FileNotFoundError):
            self.transport.fs_rmfile(name)

    def remove_folder(self, name: str) -> None:
        """An empty one; nothing, if it is not there."""
        with _one_line(self.port), suppress(FileNotFoundError):
            self.transport.fs_rmdir(name)

    def run(self, code: str) -> None:
        with _one_line(self.port):
            _, failed = self.transport.exec_raw(code, timeout=RUN_S)
            if failed:
                raise TransportExecError(b"", failed.decode())

    def ask(self, expression: str) -> Any:
        """Its value, a literal, however long it takes to come."""
        self.run(f"answer = {expression}")
        with _one_line(self.port):
            return self.transport.eval("answer")

    def leave_running(self, code: str) -> None:
        """And the port is closed."""
        with _one_line(self.port):
            self.transport.exec_raw_no_follow(code)
        self.close()

    def reset(self) -> None:
        """And the port is closed."""
        self.leave_running("import machine\nmachine.reset()")

    def close(self) -> None:
        with suppress(OSError):
            self.transport.close()
