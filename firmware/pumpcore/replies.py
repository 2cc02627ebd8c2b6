"""What the pump says to a command that only reads: one function a command, which writes the fields of its row in
commands.TABLE."""

from .commands import PROTOCOL
from .records import Inputs, Outputs
from .wire import Writer

TYPE_CHECKING = False  # MicroPython has no `typing`; a type checker takes this name for true
if TYPE_CHECKING:
    from .link import Link


def hello(writer: Writer, link: "Link", inputs: Inputs, outputs: Outputs) -> None:
    writer.integer(PROTOCOL)
    writer.integer(link.last)
    writer.integer(1 if link.session.keyed else 0)
    writer.integer(1 if link.session.own else 0)


def info(writer: Writer, link: "Link", inputs: Inputs, outputs: Outputs) -> None:
    setup = link.controller.setup
    writer.integer(setup.step_pl)
    writer.integer(setup.reservoir_ul)
    writer.integer(setup.most_rate_cml_h)
    writer.integer(setup.occlusion_pa)
    writer.integer(setup.bubble_ul)


def status(writer: Writer, link: "Link", inputs: Inputs, outputs: Outputs) -> None:
    writer.integer(outputs.state)
    writer.integer(outputs.rate_cml_h)
    writer.integer(outputs.pumped_ul)
    writer.integer(outputs.left_ul)
    writer.integer(outputs.alarm_shown)
    writer.integer(outputs.silent)
    writer.integer(1 if link.waiting.request else 0)


def alarms(writer: Writer, link: "Link", inputs: Inputs, outputs: Outputs) -> None:
    writer.integer(outputs.alarms)
    writer.integer(outputs.alarm_shown)
    writer.integer(outputs.alarm_reason)
    writer.integer(outputs.free_ul)


def senses(writer: Writer, link: "Link", inputs: Inputs, outputs: Outputs) -> None:
    writer.integer(link.now_ms)
    writer.integer(inputs.pressure_pa)
    writer.integer(inputs.air_permille)
    writer.integer(inputs.battery_mv)
    writer.integer(inputs.housing_dc)
    writer.integer(inputs.on_mains)


def counts(writer: Writer, link: "Link", inputs: Inputs, outputs: Outputs) -> None:
    writer.integer(link.reader.bad)
    writer.integer(link.refused)
    writer.integer(link.events.first())
    writer.integer(link.events.count)


def event(writer: Writer, link: "Link", inputs: Inputs, outputs: Outputs) -> None:
    events, number = link.events, link.reader.integer(1)
    at = number % len(events.values)
    writer.integer(number)
    writer.integer(events.clocks_ms[at])
    writer.integer(events.kinds[at])
    writer.integer(events.codes[at])
    writer.integer(events.values[at])


READS = {
    b"hello": hello,
    b"info": info,
    b"status": status,
    b"alarms": alarms,
    b"senses": senses,
    b"counts": counts,
    b"event": event,
}
