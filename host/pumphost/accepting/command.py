"""`openinfuse selftest`: its options, what the person is asked, what follows what."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pumphost.errors import BadInput
from pumphost.line import open_port
from pumphost.remote.reach import port_option, the_port

if TYPE_CHECKING:
    from pumphost.accepting.items import Outcome
    from pumphost.flashing.board import OnBoard

PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")  # a file is called by it
BEFORE = "Take the syringe out and leave the line open: the motor turns a quarter turn, forward and back. Ready?"
BITES = "Now the board is left hanging until its watchdog starts it anew, some 15 s. Go on?"


@click.command()
@port_option
@click.option("--serial-number", help="Of the board; asked for unless given.")
@click.option("--by", help="Who signs it off; asked for unless given.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("out/selftest"),
    show_default=True,
    help="Where the report goes.",
)
def selftest(port: str | None, serial_number: str | None, by: str | None, out: Path) -> None:
    """A flashed board, part by part, with you at it.

    Code, motor and encoder, sensors, LEDs, buzzer, keys, settings, watchdog; what was found is written into a report.
    The pump's firmware is stopped for it, and starts again at the end. Exit 1 if a part fails.
    """
    from pumphost.accepting import report
    from pumphost.flashing.board import OnBoard
    from pumphost.flashing.flash import refuse_while_moving

    if port and "://" in port:
        raise BadInput(f"{port}: only a board at a serial port can be looked at")
    if serial_number:
        _check_plain(serial_number)
    port = port or the_port()
    open_port(port).close()
    refuse_while_moving(port)
    serial_number = serial_number or _check_plain(click.prompt("Serial number of the board"))
    by = " ".join((by or click.prompt("Your name")).replace("|", " ").split())
    click.confirm(BEFORE, abort=True)
    refuse_while_moving(port)  # somebody may have pressed its keys meanwhile
    board = OnBoard(port)
    about = f"{board.about}, {board.about.machine}"
    outcomes = list(_all_of(board, port))
    accepted = report.Accepted(serial_number, by, datetime.now(UTC), about, outcomes)
    path = report.write(accepted, out)
    click.echo(f"{report.result(accepted.passed)}: {path}")
    if not accepted.passed:
        raise SystemExit(1)


def _check_plain(serial_number: str) -> str:
    if not PLAIN.fullmatch(serial_number):
        raise BadInput(f"serial number {serial_number!r}: letters, digits, dots and dashes, 40 at most")
    return serial_number


def _all_of(board: "OnBoard", port: str) -> Iterator["Outcome"]:
    """Each is said as soon as it is known. The board is reset at the end, whatever has come of it."""
    from pumphost.accepting import items, report
    from pumphost.flashing.board import OnBoard

    def said(outcome: items.Outcome) -> items.Outcome:
        click.echo(f"{report.result(outcome.passed)}  {outcome.item}: {outcome.found}")
        return outcome

    try:
        for outcome in items.look_at(board, items.Person(click.confirm, click.echo)):
            yield said(outcome)
        if click.confirm(BITES):
            outcome, board = items.watchdog(board, lambda: OnBoard(port))
            yield said(outcome)
        else:
            yield said(items.Outcome("watchdog", "starts a board anew that hangs", "not tried", False))
        board.reset()
    finally:
        board.close()
