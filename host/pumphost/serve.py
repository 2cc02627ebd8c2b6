"""`openinfuse serve`: a virtual pump on a serial port, for hosts that cannot tell it from a board.

A pseudo terminal or a TCP port; both are a file descriptor to wait at. One thread: it lets the pump's time pass,
says what the pump says, and waits for a byte or for the next thing that happens.
"""

import os
import select
import socket
import time
import tty
from collections.abc import Callable
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import Protocol

from rich.console import Console

from pumphost.errors import BadInput
from pumpsim.bench import Bench
from pumpsim.engine import booting
from pumpsim.live import Live
from pumpsim.loading import load

MOST_WAIT_S = 0.1
CHUNK = 4_096


class Wire(Protocol):
    """The server's end of a line to at most one host."""

    where: str  # what a host opens

    def descriptor(self) -> int:
        """To wait at for something to read."""

    def read(self) -> bytes:
        """What has come; empty if that was no data."""

    def write(self, data: bytes) -> None:
        """Lost if nobody takes it, as on a serial line."""


class Pty:
    """A pseudo terminal. Its other end is kept open here, so that hosts may come and go."""

    def __init__(self) -> None:
        self.server, self.host = os.openpty()
        tty.setraw(self.host)
        os.set_blocking(self.server, False)
        self.where = os.ttyname(self.host)

    def descriptor(self) -> int:
        return self.server

    def read(self) -> bytes:
        with suppress(BlockingIOError):
            return os.read(self.server, CHUNK)
        return b""

    def write(self, data: bytes) -> None:
        with suppress(BlockingIOError):
            os.write(self.server, data)


class Tcp:
    """A TCP port; a host that comes while another is there waits its turn."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        if not port.isdecimal() or int(port) > 65_535:
            raise BadInput(f"--tcp {address}: HOST:PORT, such as localhost:4001; port 0 takes a free one")
        try:
            self.listener = socket.create_server((host or "localhost", int(port)))
        except OSError as error:
            raise BadInput(f"--tcp {address}: {error.strerror or error}") from None
        self.where = "socket://{}:{}".format(*self.listener.getsockname()[:2])
        self.host: socket.socket | None = None

    def descriptor(self) -> int:
        return (self.host or self.listener).fileno()

    def read(self) -> bytes:
        if self.host is None:
            self.host = self.listener.accept()[0]
            self.host.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.host.setblocking(False)
            return b""
        data = b""
        with suppress(ConnectionError):
            data = self.host.recv(CHUNK)
        if not data:
            self._leave()
        return data

    def write(self, data: bytes) -> None:
        if self.host is not None:
            try:
                self.host.sendall(data)
            except BlockingIOError:
                pass
            except ConnectionError:
                self._leave()

    def _leave(self) -> None:
        assert self.host
        self.host.close()
        self.host = None


def serve_scenario(path: Path, seed: int | None, tcp: str, speed: float, engine: str) -> None:
    """Serve the pump of a scenario until Ctrl-C. Raises BadScenario, BadInput or NoInterpreter before that."""
    scenario = load(path, seed)
    with booting(engine) as boot:
        wire = Tcp(tcp) if tcp else Pty()
        console = Console()
        console.print(f"{scenario.name}: a virtual pump at [bold]{wire.where}[/bold], {speed:g} times real time")
        console.print(f"Try: openinfuse status --port {wire.where}     Ctrl-C ends it.", soft_wrap=True)
        with suppress(KeyboardInterrupt):
            serve(Live(Bench(scenario, boot=boot)), wire, speed)


def serve(
    live: Live, wire: Wire, speed: float, clock: Callable[[], float] = time.monotonic, until_s: float = inf
) -> None:
    """Run the pump until `until_s` of the clock have passed, `speed` times as fast as that."""
    began_s = clock()
    while (passed_s := clock() - began_s) < until_s:
        live.advance(round(passed_s * speed * 1_000))
        _say(live, wire)
        wait_s = min(live.quiet_ms() / 1_000 / speed, MOST_WAIT_S)
        if select.select([wire.descriptor()], [], [], wait_s)[0] and (data := wire.read()):
            live.advance(round((clock() - began_s) * speed * 1_000))
            live.hear(data)
            _say(live, wire)


def _say(live: Live, wire: Wire) -> None:
    if data := live.say():
        wire.write(data)
