"""The commands for a pump at the end of a wire. Each opens the port, asks, shows what the pump says, closes it.

With --json what is printed has the names of told.py, each with its unit.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from pumphost import entry
from pumphost.errors import NotDone
from pumphost.line import COMMANDS
from pumphost.pump import Pump, Reading
from pumphost.remote.reach import ports as ports_here
from pumphost.remote.reach import pump_options, reach

json_option = click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
yes_option = click.option("--yes", is_flag=True, help="Confirm at once, if the pump reads it as it was asked.")
REQUESTS = ("start", "pause", "resume", "stop", "acknowledge", "silence", "reload")


def _print(data: Any) -> None:
    click.echo(json.dumps(data))


@click.command()
@json_option
def ports(as_json: bool) -> None:
    """The serial ports that a pump may be at."""
    from pumphost.remote.show import show_ports

    found = ports_here()
    if as_json:
        _print([asdict(port) for port in found])
    elif found:
        show_ports(found)
    else:
        click.echo("no serial port is here: plug the pump in", err=True)


@click.command()
@pump_options
@json_option
def info(port: str | None, key: Path | None, as_json: bool) -> None:
    """What pump it is, and who may command it."""
    from pumphost.remote.show import show_info

    with reach(port, key) as pump:
        told = pump.info()
    if as_json:
        _print(asdict(told))
    else:
        show_info(told)


@click.command()
@pump_options
@json_option
def status(port: str | None, key: Path | None, as_json: bool) -> None:
    """What the pump does now."""
    from pumphost.remote.show import show_status

    with reach(port, key) as pump:
        told, standing, senses = pump.status(), pump.alarms(), pump.senses()
    if as_json:
        names = [row.name for row in standing.latched]
        more = {"left_s": told.left_s, "alarms": names, "reason": standing.reason, "free_ml": standing.free_ml}
        _print({**asdict(told), **more, **asdict(senses)})
    else:
        show_status(told, standing, senses)


@click.command()
@pump_options
@json_option
def log(port: str | None, key: Path | None, as_json: bool) -> None:
    """What happened last, from the pump's memory."""
    from pumphost.remote.show import show_log

    with reach(port, key) as pump:
        events = list(pump.events())
    if as_json:
        _print([asdict(event) for event in events])
    else:
        show_log(events)


@click.command()
@pump_options
@click.option("--rate", "rate_ml_h", type=float, help="mL/h.")
@click.option("--vtbi", "vtbi_ml", type=float, help="Volume to be infused, mL.")
@click.option("--over", help="A time instead of rate or volume: 30min, 1h30, 90s.")
@click.option("--kvo", "kvo_ml_h", type=float, default=0.0, help="Rate that keeps the vein open at the end, mL/h.")
@yes_option
@json_option
def program(
    port: str | None,
    key: Path | None,
    rate_ml_h: float | None,
    vtbi_ml: float | None,
    over: str | None,
    kvo_ml_h: float,
    yes: bool,
    as_json: bool,
) -> None:
    """Rate, volume, time: two of them, to be confirmed.

    The pump says how it reads them. Nothing changes before you confirm just that, within a minute: on a terminal you
    are asked, otherwise `openinfuse confirm DIGEST` does it.
    """
    asked = entry.two_of(rate_ml_h, vtbi_ml, over)
    kvo_ml_h = entry.kvo_cml_h(kvo_ml_h) / 100
    if asked.worked_out:
        click.echo(asked.worked_out, err=True)
    with reach(port, key) as pump:
        reading = pump.program(asked.rate_ml_h, asked.vtbi_ml, kvo_ml_h)
        as_asked = (asked.rate_ml_h, asked.vtbi_ml, kvo_ml_h) == (reading.rate_ml_h, reading.vtbi_ml, reading.kvo_ml_h)
        _settle(pump, reading, as_asked, yes, as_json)


@click.command()
@click.argument("rate_ml_h", metavar="ML_H", type=float)
@pump_options
@yes_option
@json_option
def rate(port: str | None, key: Path | None, rate_ml_h: float, yes: bool, as_json: bool) -> None:
    """Another rate, to be confirmed like a program."""
    rate_ml_h = entry.rate_cml_h(rate_ml_h) / 100
    with reach(port, key) as pump:
        reading = pump.rate(rate_ml_h)
        _settle(pump, reading, reading.rate_ml_h == rate_ml_h, yes, as_json)


def _settle(pump: Pump, reading: Reading, as_asked: bool, yes: bool, as_json: bool) -> None:
    """The second step: show how the pump reads it, and confirm it if that is wanted; with --json only if --yes."""
    from pumphost.remote.show import show_reading

    if not as_json:
        show_reading(reading)
    if yes and not as_asked:
        raise NotDone("the pump reads it otherwise than it was asked: nothing is confirmed")
    if not as_asked:
        click.echo("the pump reads it otherwise than it was asked", err=True)
    state = pump.confirm(reading.digest) if yes or (not as_json and _wanted(reading)) else None
    if as_json:
        _print({**asdict(reading), "state": state})
    elif state:
        click.echo(state)


def _wanted(reading: Reading) -> bool:
    """Ask, where there is somebody to be asked."""
    if not on_a_terminal():
        click.echo(f"Within a minute: openinfuse confirm {reading.digest}")
        return False
    if click.confirm("Is this what you mean?"):
        return True
    raise NotDone("nothing is confirmed; what waits lapses within a minute")


def on_a_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


@click.command()
@click.argument("digest")
@pump_options
def confirm(port: str | None, key: Path | None, digest: str) -> None:
    """Make it so: DIGEST came with the pump's reading."""
    entry.digest(digest)
    with reach(port, key) as pump:
        click.echo(pump.confirm(digest))


def _request(word: str) -> click.Command:
    """One that the pump answers with its state after it."""

    @click.command(name=word, help=f"{COMMANDS[word.encode()].text}.")
    @pump_options
    def command(port: str | None, key: Path | None) -> None:
        with reach(port, key) as pump:
            click.echo(getattr(pump, word)())

    return command


PUMP_COMMANDS = (ports, info, status, program, rate, confirm, *(_request(word) for word in REQUESTS), log)
