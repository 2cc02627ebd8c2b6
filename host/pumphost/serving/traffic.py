"""What `openinfuse bench` measures of the link: how soon a pump answers, and whether traffic holds up its motor.

A host in a process of its own talks to a served pump over a pseudo terminal, in real time, while it infuses 1200 mL/h
and its loop is due every 20 ms. First it asks for its status again and again; then it sends as fast as the line
takes it, frames and junk. A step is late by how far the pump's time is behind the clock when it is let on.
"""

import os
import select
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from statistics import median, quantiles
from time import monotonic, perf_counter

from pumphost.pump import Pump
from pumphost.serving.serve import Port, serve
from pumphost.serving.wires import Pty
from pumpsim import ENGINES
from pumpsim.bench import Bench
from pumpsim.engine import booting
from pumpsim.errors import NoInterpreter
from pumpsim.live import Live
from pumpsim.scenario import Line, Scenario, Supply, Therapy
from pumpsim.scenario import Pump as Rig

ROUNDS = 500
FLOOD_S = 5.0
FLOOD = b">1 status *00000000\n>2 start *FFFFFFFF\n\xff\x00>>><<<\r\n" * 4
RATE_ML_H, WINDOW_MS = 1_200.0, 20
MOST_ROUND_TRIP_MS = 20.0


@dataclass(frozen=True)
class Traffic:
    """In ms."""

    engine: str
    round_trip_ms: float  # median
    round_trip_95_ms: float
    late_ms: float  # a step's, median with no traffic
    flooded_late_ms: float  # 99 % of them, at full line rate
    flooded_worst_ms: float
    bytes_per_s: float


class Timed(Live):
    """Notes when it was let on, and how far it was behind by then."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self.late: list[tuple[float, float]] = []

    def advance(self, to_ms: int) -> None:
        due_ms = self.now_ms + self.quiet_ms()
        if to_ms >= due_ms:
            self.late.append((monotonic(), to_ms - due_ms))
        super().advance(to_ms)


def measure_all() -> list[Traffic]:
    """On every engine that is there."""
    measured = []
    for engine in ENGINES:
        with suppress(NoInterpreter):
            measured.append(measure(engine))
    return measured


def measure(engine: str) -> Traffic:
    """Raises NoInterpreter."""
    scenario = Scenario(
        name="traffic",
        duration_s=60,
        pump=Rig(drive="peristaltic", tube="silicone 2.4 mm"),
        line=Line(set="IV administration set"),
        supply=Supply(bag_ml=1_000),
        therapy=[Therapy(rate_ml_h=1, vtbi_ml=1)],
    )
    with booting(engine) as boot:
        live = Timed(Bench(scenario, boot=boot))
        wire = Pty()
        with _host(wire.where) as told:
            serve(live, [Port(wire, live)], 1.0, going=lambda: not told.poll())
            round_trips_ms, flooded_s, ended_s, sent = told.recv()
    calm = [late for at_s, late in live.late if at_s < flooded_s]
    flooded = [late for at_s, late in live.late if flooded_s <= at_s <= ended_s]
    return Traffic(
        engine,
        median(round_trips_ms),
        quantiles(round_trips_ms, n=20)[-1],
        median(calm),
        quantiles(flooded, n=100)[-1],
        max(flooded),
        sent / (ended_s - flooded_s),
    )


@contextmanager
def _host(where: str) -> Iterator[Connection]:
    ours, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=partial(talk, where, theirs, ROUNDS, FLOOD_S))
    process.start()
    try:
        yield ours
    finally:
        process.terminate()
        process.join()


def talk(where: str, told: Connection, rounds: int, flood_s: float) -> None:
    """The host's process."""
    with Pump(where) as pump:
        pump.confirm(pump.program(RATE_ML_H, 500).digest)
        pump.start()
        round_trips_ms = []
        for _ in range(rounds):
            began = perf_counter()
            pump.status()
            round_trips_ms.append((perf_counter() - began) * 1_000)
        began_s, sent = monotonic(), 0
        port = pump.line.port
        os.set_blocking(port.fd, False)
        while monotonic() - began_s < flood_s:
            readable, writable, _ = select.select([port.fd], [port.fd], [], 0.1)
            if readable:
                os.read(port.fd, 4_096)
            if writable:
                sent += os.write(port.fd, FLOOD)
        told.send((round_trips_ms, began_s, monotonic(), sent))
