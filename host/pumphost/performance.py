"""The performance table: what a simulated day costs, against the least that SimPy itself would need.

A ratio of two timings taken in turn in one process says the same on a slow and on a fast machine, a
number of seconds does not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import simpy
from rich.console import Console
from rich.progress import track

from pumpsim.bench import Bench
from pumpsim.scenario import Line, Pump, Scenario, Therapy

DAY_S = 86_400


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


def measure(pairs: int) -> list[Measured]:
    """Time every job `pairs` times, each beside the floor."""
    job = "24 h at 2 mL/h, 50 mL syringe, a row every 10 s"
    timings = []
    console = Console(stderr=True)
    for _ in track(range(pairs), job, console=console, transient=True, disable=not console.is_terminal):
        timings.append((_seconds(_syringe_day), _seconds(_floor)))
    ratios = [mine / floor for mine, floor in timings]
    return [Measured(job, median(mine for mine, _ in timings), median(floor for _, floor in timings), ratios, 1.5)]


def _seconds(job: Callable[[], object]) -> float:
    began = perf_counter()
    job()
    return perf_counter() - began


def _syringe_day() -> None:
    scenario = Scenario(
        name="a day",
        duration_s=DAY_S,
        trace_every_s=10.0,
        pump=Pump(syringe="BD Plastipak 50"),
        line=Line(set="1.5 m x 1.0 mm"),
        therapy=[Therapy(rate_ml_h=2.0, vtbi_ml=49.0)],
    )
    Bench(scenario).run()


def _floor() -> None:
    env = simpy.Environment()

    def empty() -> object:
        while True:
            yield env.timeout(0.1)

    env.process(empty())  # type: ignore[arg-type]
    env.run(DAY_S)
