"""Runs a scenario with a progress bar and leaves its folder behind; draws a run or a capture again later."""

from pathlib import Path

from rich.console import Console
from rich.progress import Progress

import pumpsim
from pumphost.capture import read_capture
from pumphost.pictures import draw_capture, draw_delivery
from pumphost.recording import read_recording
from pumphost.show import show_run
from pumpsim.loading import load
from pumpsim.run import simulate

PICTURE = "delivery.png"


def _scenarios() -> Path:
    """Inside the package when installed from a wheel, beside it in a checkout."""
    package = Path(pumpsim.__file__).parent
    inside = package / "scenarios"
    return inside if inside.is_dir() else package.parent / "scenarios"


FIRST = _scenarios() / "first-infusion.toml"


def run_into(scenario: Path, folder: Path, seed: int | None) -> bool:
    """Run `scenario` into `folder`, show the summary; whether all that it expects happened.

    Raises BadScenario before anything is written.
    """
    loaded = load(scenario, seed)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(loaded.name, total=1.0)
        run = simulate(loaded, lambda share: progress.update(bar, completed=share))
    run.write(folder)
    show_run(run, draw(folder, None))
    return run.ok


def draw(source: Path, picture: Path | None) -> Path:
    """Draw a run's folder or a capture's file into `picture`, or beside the data. Raises BadInput."""
    if source.is_dir():
        run = read_recording(source)
        picture = picture or source / PICTURE
        draw_delivery(run.trace, run.events, picture, run.title, run.occlusion_kpa, run.programmed_ml)
    else:
        capture = read_capture(source)
        picture = picture or source.with_suffix(".png")
        draw_capture(capture, picture, source.name)
    return picture
