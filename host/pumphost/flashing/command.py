"""`openinfuse flash`: its options, and what follows what."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pumphost.errors import BadInput
from pumphost.line import open_port
from pumphost.remote.reach import port_option, the_port

if TYPE_CHECKING:
    from pumphost.flashing.flash import Keying

FILE = click.Path(path_type=Path, dir_okay=False)


@dataclass(frozen=True)
class Asked:
    port: str | None
    key_file: Path | None
    new_key_file: Path | None
    uf2: Path | None
    dry_run: bool
    force: bool


@click.command()
@port_option
@click.option("--key", "key_file", type=FILE, help="The key that the pump is to have: a file of hexadecimal digits.")
@click.option("--new-key", "new_key_file", type=FILE, help="Make a key of 32 bytes, keep it in this file, and set it.")
@click.option("--uf2", type=FILE, help="MicroPython itself, first, onto a Pico plugged in with BOOTSEL held.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, file by file, and change nothing.")
@click.option("--force", is_flag=True, help="Also while the pump infuses: it is stopped.")
def flash(**given: object) -> None:
    """The firmware onto a board with MicroPython: what differs is copied and checked, sealed, and started.

    Settings and logs stay, and so does the key unless --key or --new-key. Cut off in between, the board starts nothing;
    the same command again finishes it.
    """
    from pumphost.flashing.flash import Keying

    asked = Asked(**given)  # type: ignore[arg-type]
    keying = Keying(asked.key_file, asked.new_key_file)
    keying.check()
    port = _with_micropython(asked)
    if port:
        _flash(port, asked, keying)


def _with_micropython(asked: Asked) -> str | None:
    """The port of the board, with --uf2 once MicroPython is on it; None if that is only to be said."""
    if asked.port and "://" in asked.port:
        raise BadInput(f"{asked.port}: only a board at a serial port can be flashed")
    if not asked.uf2:
        return _find_port(asked.port)
    from pumphost.flashing import bootsel

    bootsel.check_uf2(asked.uf2)
    drive = bootsel.find_drive()
    if asked.dry_run:
        click.echo(f"{asked.uf2} would be copied onto {drive}, then the firmware onto the board")
        return None
    click.echo(f"{asked.uf2.name} onto {drive}", err=True)
    return bootsel.install(asked.uf2, drive, lambda: _open(_find_port(asked.port)))


def _find_port(port: str | None) -> str:
    """Raises PortError if none is given and it is not clear which is meant."""
    if not port:
        port = the_port()
        click.echo(f"board at {port}", err=True)
    return port


def _open(port: str) -> str:
    """Raises PortError unless it can be opened."""
    open_port(port).close()
    return port


def _flash(port: str, asked: Asked, keying: "Keying") -> None:
    from pumphost.flashing import flash, show
    from pumphost.flashing.board import OnBoard

    _open(port)  # what is wrong with a port is said better here
    if not asked.force:
        flash.refuse_while_moving(port, ", or say --force")
    board = OnBoard(port)
    try:
        with show.Bar() as bar:
            plan = flash.compare(board, flash.wanted(board), bar)
            if not asked.dry_run:
                flash.carry_out(board, plan, keying, bar)
        board.reset()
    finally:
        board.close()
    if asked.dry_run:
        show.show_plan(plan, keying, board)
        return
    show.show_done(plan, board)
    show.show_pump(port, flash.greet(port))
