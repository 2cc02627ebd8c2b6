"""What a study is, and how its runs are shared out over the processor's cores."""

from collections.abc import Callable, Sequence, Sized
from dataclasses import dataclass
from math import ceil
from typing import Any

from rich.console import Console
from rich.progress import track

from pumphost.compiled import workers


@dataclass(frozen=True)
class Finding:
    """One line of the table: what was asked, what came of it, and whether that is good enough."""

    what: str
    asked: str
    got: str
    ok: bool


def no_run(what: str, asked: str) -> Finding:
    """Nothing was run that could have shown it: a study does not pass on that."""
    return Finding(what, asked, "no run", ok=False)


def judged(what: str, asked: str, runs: Sized, got: str, ok: bool) -> Finding:
    """What came of these runs, or that there was none."""
    return Finding(what, asked, got, ok) if runs else no_run(what, asked)


@dataclass(frozen=True)
class Study:
    """`cases` makes the cases of so many runs, `run` runs one of them in a process of its own, `judge` reads what
    came of all. `runs` is how many are run unless said otherwise. One that `takes_apart` the controller overrides what
    is inside it, which compiled code does not allow: it runs the sources."""

    title: str
    runs: int
    cases: Callable[[int], list[Any]]
    run: Callable[[Any], Any]
    judge: Callable[[Sequence[Any], Sequence[Any]], list[Finding]]
    takes_apart: bool = False


def carry_out(study: Study, runs: int | None = None) -> list[Finding]:
    """Run all cases of `study`, with a progress bar, and judge them."""
    cases = study.cases(runs or study.runs)
    console = Console(stderr=True)
    with workers(study.takes_apart) as pool:
        results = pool.map(study.run, cases, chunksize=max(1, min(16, len(cases) // 64)))
        shown = track(
            results, study.title, total=len(cases), console=console, transient=True, disable=not console.is_terminal
        )
        return study.judge(cases, list(shown))


def percentile(values: Sequence[float], percent: float) -> float:
    """The least of `values` that so many percent of them do not exceed: no interpolation below what was seen."""
    ordered = sorted(values)
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)]
