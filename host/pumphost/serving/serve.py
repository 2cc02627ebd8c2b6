"""A virtual pump on a serial port, for hosts that cannot tell it from a board; a virtual balance on another if wanted.

One thread: it lets the pump's time pass, says what is to be said, and waits for a byte or for the next thing that
happens.
"""

import select
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

from rich.console import Console

from pumphost.remote.reach import read_key
from pumphost.serving.wires import Pty, Tcp, Wire
from pumpsim.balance import Balance, Scales
from pumpsim.bench import Bench
from pumpsim.engine import booting
from pumpsim.live import Live
from pumpsim.loading import load

MOST_WAIT_S = 0.1


@dataclass(frozen=True)
class Served:
    """What `openinfuse serve` was asked for."""

    scenario: Path
    seed: int | None
    tcp: str | None  # HOST:PORT; a pseudo terminal without it
    speed: float
    engine: str
    key: Path | None
    balance: bool
    evaporation_mg_min: float


class End(Protocol):
    """Something to talk to."""

    def hear(self, data: bytes) -> None: ...

    def say(self) -> bytes:
        """What it has to say by now."""


class Weighed:
    """The balance as an end of a wire, in the pump's time."""

    def __init__(self, live: Live, evaporation_mg_min: float) -> None:
        self.live = live
        plant = live.bench.plant
        scales = Scales(evaporation_mg_min=evaporation_mg_min)
        self.balance = Balance(lambda: plant.delivered_ul, scales, live.bench.scenario.seed)
        self.said = b""

    def hear(self, data: bytes) -> None:
        self.said += self.balance.receive(self.live.now_ms / 1_000, data)

    def say(self) -> bytes:
        self.hear(b"")
        said, self.said = self.said, b""
        return said


class Port(NamedTuple):
    wire: Wire
    end: End


def serve_scenario(served: Served) -> None:
    """Serve the pump of a scenario until Ctrl-C. Raises BadScenario, BadInput or NoInterpreter before that."""
    scenario = load(served.scenario, served.seed)
    key = read_key(served.key) if served.key else b""
    with booting(served.engine, key) as boot:
        ports = [Port(Tcp(served.tcp) if served.tcp is not None else Pty(), live := Live(Bench(scenario, boot=boot)))]
        if served.balance:
            ports.append(Port(Pty(), Weighed(live, served.evaporation_mg_min)))
        say = partial(Console().print, soft_wrap=True, highlight=False)
        say(f"{scenario.name}: a virtual pump at [bold]{ports[0].wire.where}[/bold], {served.speed:g} times real time")
        if served.balance:
            say(f"A virtual balance (MT-SICS, SBI) weighs what it delivers: [bold]{ports[1].wire.where}[/bold]")
        say(f"Try: openinfuse status --port {ports[0].wire.where}     Ctrl-C ends it.")
        with suppress(KeyboardInterrupt):
            serve(live, ports, served.speed)


def serve(
    live: Live,
    ports: Sequence[Port],
    speed: float,
    clock: Callable[[], float] = time.monotonic,
    going: Callable[[], bool] = lambda: True,
) -> None:
    """Run the pump while it is `going`, `speed` times as fast as the clock."""
    began_s = clock()

    def catch_up() -> None:
        live.advance(round((clock() - began_s) * speed * 1_000))
        for wire, end in ports:
            if said := end.say():
                wire.write(said)

    while going():
        catch_up()
        wait_s = min(live.quiet_ms() / 1_000 / speed, MOST_WAIT_S)
        heard = {port.wire.descriptor(): port for port in ports}
        for descriptor in select.select(list(heard), [], [], wait_s)[0]:
            wire, end = heard[descriptor]
            if data := wire.read():
                catch_up()
                end.hear(data)
        catch_up()
