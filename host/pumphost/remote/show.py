"""What the commands for a pump print for a person. Numbers have no zeros behind the last digit that counts: 5.0 has
been read as 50 (ISMP's list of error-prone abbreviations)."""

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from pumpcore.alarms import ACTION_NAMES, PRIORITY_NAMES
from pumphost.console import clock, console
from pumphost.remote.reach import Port
from pumphost.told import Event, Info, Reading, Senses, Standing, Status

NO_KEY = "no key: whoever is at the other end of the cable may command it"


def _sheet() -> Table:
    return Table(show_header=False, box=None, padding=(0, 2, 0, 0))


def _number(value: float, unit: str) -> str:
    return f"{value:.10g} {unit}"


def show_ports(ports: list[Port]) -> None:
    """Where a pump may be."""
    table = Table("port", "what", "USB", "", box=SIMPLE_HEAD)
    for port in ports:
        table.add_row(escape(port.port), escape(port.description), port.usb, "MicroPython's" if port.board else "")
    console().print(table)


def show_info(info: Info) -> None:
    """The pump, as it was set up."""
    sheet = _sheet()
    sheet.add_row("key", "has a key" if info.keyed else NO_KEY)
    sheet.add_row("protocol", str(info.protocol))
    sheet.add_row("step", _number(info.step_pl / 1_000, "nL"))
    sheet.add_row("reservoir", _number(info.reservoir_ml, "mL"))
    sheet.add_row("rates", f"0.01 to {_number(info.most_rate_ml_h, 'mL/h')}")
    sheet.add_row("occlusion", f"alarm at {_number(info.occlusion_kpa, 'kPa')}")
    sheet.add_row("air", f"alarm at a bubble of {_number(info.bubble_ul, 'uL')}")
    console().print(sheet)


def show_status(status: Status, standing: Standing, senses: Senses) -> None:
    """What it does now."""
    sheet = _sheet()
    sheet.add_row("state", status.state)
    sheet.add_row("rate", _number(status.rate_ml_h, "mL/h"))
    sheet.add_row("pumped", _number(status.pumped_ml, "mL"), "since power-on")
    sheet.add_row("left", _number(status.left_ml, "mL"), _time_left(status))
    sheet.add_row("pressure", _number(senses.pressure_kpa, "kPa"))
    if standing.free_ml:
        sheet.add_row("free flow", _number(standing.free_ml, "mL"), "flowed by itself")
    for row in standing.latched:
        shown = "[red]alarm[/]" if row.name == status.alarm else "alarm"
        sheet.add_row(
            shown, row.text, f"{row.name}, {PRIORITY_NAMES[row.priority].lower()}: {ACTION_NAMES[row.action]}"
        )
    if status.silent:
        sheet.add_row("audio", "paused")
    if status.waiting:
        sheet.add_row("waiting", "a prescription waits to be confirmed")
    console().print(sheet)


def _time_left(status: Status) -> str:
    return "" if status.left_s is None else f"{clock(status.left_s)} h:min:s"


def show_reading(reading: Reading) -> None:
    """What the pump is about to be told, in its own words."""
    table = Table(title="The pump reads", title_justify="left", show_header=False)
    table.add_row("rate", _number(reading.rate_ml_h, "mL/h"))
    table.add_row("volume", _number(reading.vtbi_ml, "mL"))
    table.add_row("time", f"{clock(reading.duration_s)} h:min:s")
    table.add_row("KVO", _number(reading.kvo_ml_h, "mL/h") if reading.kvo_ml_h else "none")
    table.add_row("digest", reading.digest)
    console().print(table)


def show_log(events: list[Event]) -> None:
    """What happened, oldest first; times since power-on."""
    table = Table("number", "since power-on", "what", "", "", box=SIMPLE_HEAD)
    for event in events:
        table.add_row(str(event.number), clock(event.clock_s), event.kind, event.code, event.value)
    console().print(table)
