"""Runs scenarios with a progress bar and leaves their folders behind; draws a run or a capture again later."""

from collections.abc import Callable, Sequence
from concurrent.futures import as_completed
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

import pumpsim
from pumphost.capture import WATER_G_ML, read_capture
from pumphost.compiled import workers
from pumphost.errors import BadInput
from pumphost.pictures import draw_capture, draw_delivery
from pumphost.recording import read_recording
from pumphost.show import show_book, show_run
from pumpsim import CPYTHON
from pumpsim.engine import check
from pumpsim.loading import load
from pumpsim.run import Summary, ok, simulate
from pumpsim.scenario import Scenario

PICTURE = "delivery.png"


def _scenarios() -> Path:
    """Inside the package when installed from a wheel, beside it in a checkout."""
    package = Path(pumpsim.__file__).parent
    inside = package / "scenarios"
    return inside if inside.is_dir() else package.parent / "scenarios"


FIRST = _scenarios() / "first-infusion.toml"


def run_into(path: Path, folder: Path, seed: int | None, engine: str = CPYTHON) -> bool:
    """Run the scenario in `path` into `folder`, show its summary; whether all that it expects happened.

    Raises BadScenario or NoInterpreter before anything is written, and BadInput if `folder` cannot be written to.
    """
    scenario = load(path, seed)
    check(engine)
    with _progress() as progress:
        bar = progress.add_task(escape(scenario.name), total=1.0)
        summary = _run(scenario, folder, engine, lambda share: progress.update(bar, completed=share))
    show_run(summary, folder / PICTURE)
    return ok(summary)


def run_book(paths: Sequence[Path], root: Path, seed: int | None, engine: str = CPYTHON) -> bool:
    """Run many scenarios at once, each into a folder of `root` by the file's name; whether all went as expected.

    Raises BadScenario, BadInput or NoInterpreter before anything is run if one of the files cannot be.
    """
    check(engine)
    scenarios = {path.stem: load(path, seed) for path in paths}
    if len(scenarios) < len(paths):
        stems = [path.stem for path in paths]
        twice = next(path for i, path in enumerate(paths) if path.stem in stems[:i])
        raise BadInput(f"{twice}: another scenario has the same file name, and with it the same folder in {root}")
    with _progress() as progress, workers() as pool:
        jobs = {pool.submit(_run, scenario, root / stem, engine): stem for stem, scenario in scenarios.items()}
        for _ in progress.track(as_completed(jobs), total=len(jobs), description="scenarios"):
            pass
    summaries = {stem: job.result() for job, stem in jobs.items()}
    show_book(summaries, root)
    return all(map(ok, summaries.values()))


def _progress() -> Progress:
    console = Console(stderr=True)
    return Progress(console=console, transient=True, disable=not console.is_terminal)


def _run(scenario: Scenario, folder: Path, engine: str, told: Callable[[float], None] = lambda share: None) -> Summary:
    """Run and draw one scenario into `folder`, which is made first: a run is not to be lost for want of it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        run = simulate(scenario, told, engine)
        run.write(folder)
    except OSError as error:
        raise BadInput(f"{error.filename or folder}: {error.strerror}; --out names a folder to write to") from None
    draw(folder, None, WATER_G_ML)
    return run.summary


def draw(source: Path, picture: Path | None, density_g_ml: float) -> Path:
    """Draw a run's folder or a capture's file into `picture`, or beside the data. Raises BadInput."""
    if source.suffix == ".toml":
        raise BadInput(f"{source}: is a scenario; simulate runs it and draws what comes of it")
    if source.is_dir():
        run = read_recording(source)
        picture = picture or source / PICTURE
        draw_delivery(run.trace, run.events, picture, run.title, run.occlusion_kpa, run.programmed_ml)
    else:
        capture = read_capture(source, density_g_ml)
        picture = picture or source.with_suffix(".png")
        if picture.resolve() == source.resolve():
            raise BadInput(f"{picture}: is the capture itself; --out names another file for the picture")
        draw_capture(capture, picture, source.name)
    return picture
