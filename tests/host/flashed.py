"""A board without a board: MicroPython for unix on a pseudo terminal, with a folder as its flash.

Real are the prompt, the transport, the files and their digests. What a PC lacks is stood in for: `machine`, whose reset
ends the interpreter here, the soft reset, the name of the port, and what is frozen into an image.
"""

import os
import subprocess
import tty

from lacking import micropython_64
from mpremote.transport_serial import SerialTransport

from pumphost.flashing.board import ABOUT

MACHINE = """
PWRON_RESET, WDT_RESET = 1, 3


def reset_cause():
    return PWRON_RESET


def reset():
    print("reset")
    raise SystemExit
"""
PICO_2 = ("micropython", (1, 28, 0), "rp2", "Raspberry Pi Pico2 with RP2350")


class Flashed:
    """`flash` is the folder. Each `connect` finds a prompt, as on a board that starts nothing."""

    def __init__(self, folder):
        self.flash = folder / "flash"
        self.modules = folder / "modules"
        self.flash.mkdir()
        self.modules.mkdir()
        (self.modules / "machine.py").write_text(MACHINE)
        self.about = PICO_2
        self.frozen = False
        self.written = []  # names, as they come into their places
        self.cut_after = None  # so many
        self.spoil = None  # a name that does not arrive as it was sent
        self.running = []

    def connect(self, port, timeout):
        """What OnBoard makes its transport with."""
        board, host = os.openpty()
        tty.setraw(host)
        environment = {**os.environ, "MICROPYPATH": f":.frozen:{self.modules}"}
        interpreter = subprocess.Popen(
            [micropython_64(), "-i"], stdin=board, stdout=board, stderr=board, cwd=self.flash, env=environment
        )
        self.running.append((interpreter, board, host))
        transport = Transport(os.ttyname(host), timeout=timeout)
        transport.rig = self
        return transport

    def was_reset(self):
        return self.running[-1][0].wait(timeout=5) == 0

    def files(self):
        """What is on flash."""
        return {
            str(path.relative_to(self.flash)): path.read_bytes()
            for path in sorted(self.flash.rglob("*"))
            if path.is_file()
        }

    def close(self):
        for interpreter, *ends in self.running:
            interpreter.kill()
            interpreter.wait()
            for end in ends:
                os.close(end)


class Cut(Exception):
    """The cable is pulled."""


class Transport(SerialTransport):
    def enter_raw_repl(self):
        super().enter_raw_repl(soft_reset=False)

    def eval(self, expression):
        if expression == "frozen" and self.rig.frozen:
            return True
        return self.rig.about if expression == ABOUT else super().eval(expression)

    def fs_writefile(self, name, content, progress_callback):
        rig = self.rig
        if rig.cut_after is not None and len(rig.written) == rig.cut_after:
            super().fs_writefile(name, content[: len(content) // 2])  # half of it has gone through
            raise Cut
        if rig.spoil is not None and content == rig.spoil:
            content = content[:-1] + b"?"
        super().fs_writefile(name, content, progress_callback=progress_callback)
        rig.written.append(content)
