"""Runs a scenario with a progress bar and leaves its folder behind; draws a run or a capture again later."""

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

import pumpsim
from pumphost.capture import read_capture
from pumphost.errors import BadInput
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

    Raises BadScenario before anything is written, and BadInput if `folder` cannot be written to.
    """
    loaded = load(scenario, seed)
    _make(folder)
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task(escape(loaded.name), total=1.0)
        run = simulate(loaded, lambda share: progress.update(bar, completed=share))
    try:
        run.write(folder)
    except OSError as error:
        raise BadInput(f"{error.filename or folder}: {error.strerror}; --out names a folder to write to") from None
    show_run(run, draw(folder, None))
    return run.ok


def _make(folder: Path) -> None:
    """Make `folder` before a run that would be lost without it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{folder}: {error.strerror}; --out names a folder to write to") from None


def draw(source: Path, picture: Path | None) -> Path:
    """Draw a run's folder or a capture's file into `picture`, or beside the data. Raises BadInput."""
    if source.is_dir():
        run = read_recording(source)
        picture = picture or source / PICTURE
        draw_delivery(run.trace, run.events, picture, run.title, run.occlusion_kpa, run.programmed_ml)
    else:
        capture = read_capture(source)
        picture = picture or source.with_suffix(".png")
        if picture.resolve() == source.resolve():
            raise BadInput(f"{picture}: is the capture itself; --out names another file for the picture")
        draw_capture(capture, picture, source.name)
    return picture
