"""The command line. Each command is a few lines: read, hand over, show; heavy imports wait until needed.

Exit codes: 0 done, 1 an expectation of the scenario failed, 2 bad input (one line on stderr says what).
"""

import json
from pathlib import Path
from typing import Any

import click

from pumphost.calibrate import calibrate
from pumphost.errors import BadInput
from pumpsim.loading import BadScenario

FOLDER = click.Path(path_type=Path, file_okay=False)
FILE = click.Path(path_type=Path)
RATE = click.FloatRange(0.001, 10_000)
PICTURE = click.Path(path_type=Path, dir_okay=False)

density_option = click.option(
    "--density",
    type=click.FloatRange(0.5, 2),
    default=0.998,
    show_default=True,
    help="g/mL, for a capture in mass_g; water at 20 C unless given.",
)


class BadInputExit(click.ClickException):
    exit_code = 2


class Commands(click.Group):
    """Turns "this input is wrong" from anywhere below into one line and exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (BadInput, BadScenario) as error:
            raise BadInputExit(" ".join(str(error).split())) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="openinfuse", prog_name="openinfuse")
def main() -> None:
    """OpenInfuse: an open infusion pump for the bench. Not a medical device, never for a patient."""


@main.command()
@click.option("--out", type=FOLDER, default=Path("out/demo"), show_default=True, help="Where the run's files go.")
def demo(out: Path) -> None:
    """Run the first scenario and draw what it delivered."""
    from pumphost.simulate import FIRST, run_into

    _finish(run_into(FIRST, out, seed=None))


@main.command()
@click.argument("scenario", type=FILE, nargs=-1, required=True)
@click.option(
    "--out", type=FOLDER, help="The run's folder, or that of all runs; out/ and the file's name unless given."
)
@click.option("--seed", type=click.IntRange(0), help="Replaces the scenario's seed.")
def simulate(scenario: tuple[Path, ...], out: Path | None, seed: int | None) -> None:
    """Run SCENARIO files on the virtual pump, with the controller that is flashed; many of them in parallel."""
    from pumphost.simulate import run_book, run_into

    if len(scenario) == 1:
        _finish(run_into(scenario[0], out or Path("out") / scenario[0].stem, seed))
    else:
        _finish(run_book(scenario, out or Path("out"), seed))


def _finish(ok: bool) -> None:
    if not ok:
        raise SystemExit(1)


@main.command()
@click.argument("run", type=FILE)
@click.option(
    "--out",
    type=PICTURE,
    help="Unless given, delivery.png in the run's folder, or the capture's name with .png.",
)
@density_option
def plot(run: Path, out: Path | None, density: float) -> None:
    """Draw what was delivered: RUN is a run's folder or a recorded capture (CSV)."""
    from pumphost.simulate import draw

    click.echo(f"Picture: {draw(run, out, density)}")


@main.command()
@click.argument("capture", type=FILE)
@click.option("--rate", "rate_ml_h", type=RATE, required=True, help="The set rate, mL/h.")
@click.option("--from", "from_min", type=float, default=60.0, show_default=True, help="Start of the analysis, min.")
@click.option("--to", "to_min", type=float, default=120.0, show_default=True, help="End of the analysis, min.")
@density_option
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--plot", "picture", type=PICTURE, help="Draw start-up and trumpet curves into this file.")
def trumpet(
    capture: Path, rate_ml_h: float, from_min: float, to_min: float, density: float, as_json: bool, picture: Path | None
) -> None:
    """Start-up and trumpet curves (IEC 60601-2-24) of a CSV with t_s and volume_ml, delivered_ml or mass_g."""
    from pumphost.capture import read_capture
    from pumphost.show import show_trumpet
    from pumphost.trumpet import analyse

    result = analyse(read_capture(capture, density), rate_ml_h, from_min, to_min)
    if picture:
        from pumphost.pictures import draw_trumpet

        draw_trumpet(result, picture, f"{Path(*capture.parts[-2:])} at {rate_ml_h:g} mL/h")
    if as_json:
        click.echo(json.dumps(result.to_json()))
        return
    show_trumpet(result)
    if picture:
        click.echo(f"Picture: {picture}")


@main.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--runs", type=click.IntRange(1, 1_000_000), help="Instead of as many as the figure asked for needs.")
def study(names: tuple[str, ...], runs: int | None) -> None:
    """What the pump finds, and how soon: many runs each, and the figure that comes of them beside what is asked.

    Without a NAME every study is carried out.
    """
    from pumphost.show import show_findings
    from pumphost.studies.registry import STUDIES
    from pumphost.studies.study import carry_out

    for name in names:
        if name not in STUDIES:
            raise BadInput(f"{name}: no such study; there are {', '.join(STUDIES)}")
    findings = [finding for name in names or STUDIES for finding in carry_out(STUDIES[name], runs)]
    show_findings(findings)
    _finish(all(finding.ok for finding in findings))


@main.command(name="compile")
def compile_() -> None:
    """Compile controller and plant, for speed: the next commands use it. Needs a C compiler, and takes a minute."""
    from rich.console import Console

    from pumphost.compiled import build

    with Console(stderr=True).status("compiling controller and plant, about a minute"):
        folder = build()
    click.echo(f"Compiled: {folder}")


@main.command()
@click.option("--pairs", type=click.IntRange(1, 99), default=5, show_default=True, help="Runs of each, in turn.")
def bench(pairs: int) -> None:
    """How fast the simulator is, against the least that SimPy itself needs."""
    from pumphost.performance import measure, profile
    from pumphost.show import show_performance, show_profile

    show_performance(measure(pairs))
    show_profile(profile())


main.add_command(calibrate)
