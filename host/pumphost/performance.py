"""The performance table: what a simulated day costs, against the least that SimPy itself would need.

Each job is 24 h of one pump: controller, plant, sensors and a row every 10 s. A ratio of two timings taken
in turn in one process says the same on a slow and on a fast machine, a number of seconds does not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any, Literal

import simpy
from rich.console import Console
from rich.progress import track

from pumpcore.records import Inputs
from pumpcore.units import TICKS_PER_MS
from pumpsim.bench import Bench
from pumpsim.scenario import Line, Noise, Pump, Scenario, Supply, Therapy

DAY_S = 86_400
PROFILED_S = 3_600


@dataclass(frozen=True)
class Measured:
    """Medians in s and the ratio of each pair; `reach` is the ratio that is good enough."""

    job: str
    seconds: float
    floor_seconds: float
    ratios: list[float]
    reach: float

    @property
    def ratio(self) -> float:
        return median(self.ratios)


@dataclass(frozen=True)
class Part:
    """What a part of a step took, in us per step of the controller."""

    job: str
    part: str
    us: float
    share: float


def measure(pairs: int) -> list[Measured]:
    """Time every job `pairs` times, each beside the floor."""
    console = Console(stderr=True)
    timings: dict[str, list[tuple[float, float]]] = {job: [] for job in JOBS}
    turns = [job for _ in range(pairs) for job in JOBS]
    for job in track(turns, "a day each", console=console, transient=True, disable=not console.is_terminal):
        timings[job].append((_seconds(Bench(JOBS[job][0]()).run), _seconds(_floor)))
    measured = []
    for job, pairs_s in timings.items():
        mine_s, floor_s = (median(times) for times in zip(*pairs_s, strict=True))
        measured.append(Measured(job, mine_s, floor_s, [mine / floor for mine, floor in pairs_s], JOBS[job][1]))
    return measured


def profile() -> list[Part]:
    """Where the time of a step goes, job by job: an hour each, with a clock around each part."""
    return [part for job in JOBS for part in _profile(job)]


def _profile(job: str) -> list[Part]:
    bench: Any = Bench(JOBS[job][0]().model_copy(update={"duration_s": PROFILED_S}))
    controller, guard = ClockedPump(bench.pump), Clocked(bench.protector, "hear", "look")
    record, ports = Clocked(bench.record, "step", "row"), ClockedPorts(bench.ports)
    bench.pump, bench.protector, bench.record, bench.ports = controller, guard, record, ports
    whole_s = _seconds(bench.run)
    parts = {
        "controller": controller.seconds,
        "guard": guard.seconds,
        "plant": ports.plant_seconds,
        "sensors and ports": ports.seconds,
        "trace and events": record.seconds,
    }
    parts["SimPy and the rest"] = whole_s - sum(parts.values())
    steps = record.thing.steps_run
    return [Part(job, name, s / steps * 1e6, s / whole_s) for name, s in parts.items()]


class Clocked:
    """Stands for a thing, and adds up the seconds spent in those of its methods that are named."""

    def __init__(self, thing: Any, *names: str) -> None:
        self.thing = thing
        self.seconds = 0.0
        for name in names:
            setattr(self, name, self._clocked(getattr(thing, name)))

    def _clocked(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            began = perf_counter()
            result = method(*arguments)
            self.seconds += perf_counter() - began
            return result

        return timed

    def __getattr__(self, name: str) -> Any:
        return getattr(self.thing, name)


class ClockedPump(Clocked):
    """Compiled code takes no stand-in for the ports."""

    def __init__(self, pump: Any) -> None:
        super().__init__(pump)
        self.step = self._clocked(
            lambda now_ms, inputs, outputs, ports: pump.step(now_ms, inputs, outputs, ports.thing)
        )


class ClockedPorts(Clocked):
    """Reading the sensors begins by bringing the plant up to the moment: that is counted apart."""

    def __init__(self, ports: Any) -> None:
        super().__init__(ports, "obey")
        self.plant_seconds = 0.0

    def read(self, now_ms: int, inputs: Inputs) -> None:
        began = perf_counter()
        self.thing.plant.advance(now_ms * TICKS_PER_MS)
        there = perf_counter()
        self.thing.read(now_ms, inputs)
        self.plant_seconds += there - began
        self.seconds += perf_counter() - there


def _seconds(job: Callable[[], object]) -> float:
    began = perf_counter()
    job()
    return perf_counter() - began


def _syringe_day(noise: Literal["none", "bedside"] = "none") -> Scenario:
    return Scenario(
        name="a day",
        duration_s=DAY_S,
        trace_every_s=10.0,
        pump=Pump(syringe="BD Plastipak 50"),
        line=Line(set="1.5 m x 1.0 mm"),
        noise=Noise(model=noise),
        therapy=[Therapy(rate_ml_h=2.0, vtbi_ml=49.0)],
    )


def _roller_day() -> Scenario:
    return Scenario(
        name="a day",
        duration_s=DAY_S,
        trace_every_s=10.0,
        pump=Pump(drive="peristaltic", tube="silicone 1.6 mm"),
        supply=Supply(bag_ml=5000.0),
        line=Line(set="IV administration set"),
        therapy=[Therapy(rate_ml_h=125.0, vtbi_ml=4900.0)],
    )


# Each with the ratio to the floor that is good enough.
JOBS: dict[str, tuple[Callable[[], Scenario], float]] = {
    "syringe, 2 mL/h": (_syringe_day, 1.5),
    "syringe, 2 mL/h, bedside noise": (lambda: _syringe_day("bedside"), 2.0),
    "peristaltic, 125 mL/h": (_roller_day, 12.0),
}


def _floor() -> None:
    env = simpy.Environment()

    def empty() -> object:
        while True:
            yield env.timeout(0.1)

    env.process(empty())  # type: ignore[arg-type]
    env.run(DAY_S)
