"""Serial lines to offer: a pseudo terminal, a TCP port. Both are a file descriptor to wait at."""

import os
import socket
import tty
from contextlib import suppress
from typing import Protocol

from pumphost.errors import BadInput

CHUNK = 64  # bytes at a time, as USB gives them: the rest waits in the line, and time passes in between


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
