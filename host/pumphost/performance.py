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
    bench = Bench(JOBS[job][0]().model_copy(update={"duration_s": PROFILED_S}))
    spent = {
        "controller": _clocked(bench.controller, "step"),
        "plant": _clocked(bench.plant, "advance"),
        "sensors and plant": _clocked(bench.ports, "read"),
        "trace and events": _clocked(bench.record, "step", "row"),
    }
    whole_s = _seconds(bench.run)
    parts = {name: each[0] for name, each in spent.items()}
    parts["sensors and ports"] = max(0.0, parts.pop("sensors and plant") - parts["plant"])
    parts["SimPy and the rest"] = whole_s - sum(parts.values())
    steps = bench.record.steps_run
    return [Part(job, name, s / steps * 1e6, s / whole_s) for name, s in parts.items()]


def _clocked(thing: Any, *names: str) -> list[float]:
    """From now on the time spent in these methods of `thing` adds up in the list that is returned."""
    spent = [0.0]

    def clock(method: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **named: Any) -> Any:
            began = perf_counter()
            result = method(*arguments, **named)
            spent[0] += perf_counter() - began
            return result

        return timed

    for name in names:
        setattr(thing, name, clock(getattr(thing, name)))
    return spent


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
