"""Which pump, and with which key: from an option, from the environment, or from what is plugged in.

A command takes `@pump_options` and opens `reach(port, key)`.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from pumphost.errors import BadInput
from pumphost.line import NoAnswer, PortError
from pumphost.pump import Pump

# USB vendors of boards that run MicroPython by themselves: Raspberry Pi (the Pico), and MicroPython's own number.
BOARDS = (0x2E8A, 0xF055)
LEAST_KEY_BYTES, MOST_KEY_BYTES = 16, 64
ONE_AT_A_TIME = " Another host, such as a monitor, may be connected: `openinfuse serve --tcp` takes one at a time"
NAME_IT = "name it with --port or OPENINFUSE_PORT"

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Port:
    port: str
    description: str
    usb: str  # vendor and product, empty if it is no USB port
    board: bool  # of a maker whose boards run MicroPython


def ports() -> list[Port]:
    """The serial ports of this computer, boards first."""
    from serial.tools.list_ports import comports

    found = [
        Port(
            info.device,
            info.description if info.description not in (None, "n/a") else "",
            f"{info.vid:04X}:{info.pid:04X}" if info.vid is not None else "",
            info.vid in BOARDS,
        )
        for info in comports()
    ]
    return sorted(found, key=lambda port: (not port.board, not port.usb, port.port))


def the_port() -> str:
    """The one that must be meant: the only board, or else the only USB port. Raises PortError if it is not clear."""
    found = ports()
    candidates = [port for port in found if port.board] or [port for port in found if port.usb]
    if len(candidates) == 1:
        return candidates[0].port
    if candidates:
        raise PortError(f"more than one port may be the pump's ({_listed(candidates)}): {NAME_IT}")
    if found:
        raise PortError(f"no USB port is here; if the pump is at another ({_listed(found)}), {NAME_IT}")
    raise PortError(f"no serial port is here: plug the pump in; if it is elsewhere, {NAME_IT}")


def _listed(found: list[Port]) -> str:
    return ", ".join(port.port for port in found)


def read_key(path: Path) -> bytes:
    """The key in a file: hexadecimal digits, 16 to 64 bytes. Raises BadInput that names the file, never its content."""
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except OSError as error:
        raise BadInput(f"{path}: the key cannot be read: {os.strerror(error.errno or 0)}") from None
    except ValueError:
        raise BadInput(f"{path}: a key is hexadecimal digits, two a byte, and nothing else") from None
    if not LEAST_KEY_BYTES <= len(key) <= MOST_KEY_BYTES:
        raise BadInput(f"{path}: a key has {LEAST_KEY_BYTES} to {MOST_KEY_BYTES} bytes, this one {len(key)}")
    return key


@dataclass(frozen=True)
class Reach:
    """Where a pump is to be found, as often as it takes."""

    port: str
    key: bytes

    def open(self) -> Pump:
        """Raises PumpError."""
        try:
            return Pump(self.port, self.key)
        except NoAnswer as error:
            raise NoAnswer(f"{self.port}: {error}{ONE_AT_A_TIME if '://' in self.port else ''}") from None


def find(port: str | None, key: Path | None) -> Reach:
    """Raises BadInput for the key, PortError if no port is given and it is not clear which is meant."""
    secret = read_key(key) if key else b""
    if not port:
        port = the_port()
        click.echo(f"pump at {port}", err=True)
    return Reach(port, secret)


def reach(port: str | None, key: Path | None) -> Pump:
    """Open it. Raises BadInput for the key, PumpError for the rest."""
    return find(port, key).open()


def _complete_port(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(port.port, help=port.description) for port in ports() if port.port.startswith(incomplete)]


def port_option(command: F) -> F:
    """--port, as `port`."""
    return click.option(
        "--port",
        envvar="OPENINFUSE_PORT",
        shell_complete=_complete_port,
        help="/dev/ttyACM0, COM3, socket://host:port; the only board's unless given. [env OPENINFUSE_PORT]",
    )(command)


def pump_options(command: F) -> F:
    """--port and --key, as `port` and `key`."""
    key = click.option(
        "--key",
        type=click.Path(path_type=Path),
        envvar="OPENINFUSE_KEY",
        help="A file with the pump's key, in hexadecimal digits. [env OPENINFUSE_KEY]",
    )
    return port_option(key(command))
