"""The command line. Each command is a few lines: read, hand over, show; heavy imports wait until needed.

Exit codes, with one line on stderr that says what: 0 done; 1 the pump has said no, or what was expected did not come;
2 bad input; 3 no pump: nothing answers, its port is missing or in use, or it speaks another version.
"""

import json
from pathlib import Path
from typing import Any

import click

from pumphost.accepting.command import selftest
from pumphost.calibrating.calibrate import calibrate
from pumphost.errors import BadInput, NotDone
from pumphost.flashing.command import flash
from pumphost.imaging.command import image
from pumphost.line import PumpError, Refused
from pumphost.remote.commands import PUMP_COMMANDS
from pumphost.remote.reach import find, pump_options
from pumpsim import CPYTHON, ENGINES
from pumpsim.errors import BadScenario, FirmwareEnded, NoInterpreter

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

# From click 8.2 on no word at all is an error, too.
HELP: type[click.UsageError] | tuple[()] = getattr(click.exceptions, "NoArgsIsHelpError", ())
EXITS: tuple[tuple[type[Exception], int], ...] = (  # the first that it is
    (NotDone, 1),
    (Refused, 1),
    (FirmwareEnded, 1),
    (BadInput, 2),
    (BadScenario, 2),
    (NoInterpreter, 2),
    (PumpError, 3),
)


class OneLine(click.ClickException):
    """What is said before the command ends with this code."""

    def __init__(self, error: Exception, exit_code: int) -> None:
        told = error.in_a_line if isinstance(error, FirmwareEnded) else str(error)
        super().__init__(" ".join(told.split()))
        self.exit_code = exit_code  # type: ignore[misc]


class Commands(click.Group):
    """Turns what is raised for the user, from anywhere below, into one line and its exit code."""

    def make_context(self, *given: Any, **more: Any) -> click.Context:
        try:
            return super().make_context(*given, **more)
        except click.UsageError as error:
            raise _in_one_line(error) from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            raise _in_one_line(error) from None
        except click.Abort as error:
            if isinstance(error.__context__, EOFError | KeyboardInterrupt):  # behind a question
                click.echo(err=True)
            raise
        except tuple(kind for kind, _ in EXITS) as error:
            raise OneLine(error, next(code for kind, code in EXITS if isinstance(error, kind))) from None


def _in_one_line(error: click.UsageError) -> click.ClickException:
    """What click has found, and where to read more; a help that was to be shown stays as it is."""
    if isinstance(error, HELP):
        return error
    command = error.ctx.command_path if error.ctx else "openinfuse"
    return OneLine(BadInput(f"{error.format_message().rstrip('.')}; see {command} --help"), error.exit_code)


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


engine_option = click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default=CPYTHON,
    show_default=True,
    help="What runs the firmware; the events are the same.",
)


@main.command()
@click.argument("scenario", type=FILE, nargs=-1, required=True)
@click.option(
    "--out", type=FOLDER, help="The run's folder, or that of all runs; out/ and the file's name unless given."
)
@click.option("--seed", type=click.IntRange(0), help="Replaces the scenario's seed.")
@engine_option
def simulate(scenario: tuple[Path, ...], out: Path | None, seed: int | None, engine: str) -> None:
    """Run SCENARIO files on the virtual pump, with the controller that is flashed; many of them in parallel."""
    from pumphost.simulate import run_book, run_into

    if len(scenario) == 1:
        _finish(run_into(scenario[0], out or Path("out") / scenario[0].stem, seed, engine))
    else:
        _finish(run_book(scenario, out or Path("out"), seed, engine))


@main.command()
@click.argument("scenario", type=FILE)
@click.option("--pty", is_flag=True, help="On a pseudo terminal, which is named. The default.")
@click.option("--tcp", metavar="HOST:PORT", help="On a TCP port: a host opens socket://HOST:PORT.")
@click.option("--speed", type=click.FloatRange(0.01, 1_000), default=1.0, show_default=True, help="Times real time.")
@click.option("--seed", type=click.IntRange(0), help="Replaces the scenario's seed.")
@click.option("--key", type=FILE, help="A file with the key that the pump is to have, in hexadecimal digits.")
@click.option("--balance", is_flag=True, help="Weigh what it delivers: a virtual balance on a second pseudo terminal.")
@click.option(
    "--evaporation",
    "evaporation_mg_min",
    type=click.FloatRange(0, 1_000),
    default=0.0,
    show_default=True,
    help="From the balance's vessel, mg/min.",
)
@engine_option
def serve(pty: bool, **given: Any) -> None:
    """A virtual pump on a serial port, until Ctrl-C: SCENARIO's pump, line, patient, noise and faults. What is infused
    is up to the host."""
    from pumphost.serving.serve import Served, serve_scenario

    if pty and given["tcp"] is not None:
        raise BadInput("--pty and --tcp: give one of them, a pump has one port")
    serve_scenario(Served(**given))


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


def _studies_like(ctx: click.Context, param: click.Parameter, begun: str) -> list[str]:
    from pumphost.studies.registry import STUDIES

    return [name for name in STUDIES if name.startswith(begun) and name not in ctx.params.get("names", ())]


@main.command()
@click.argument("names", metavar="[NAME]...", nargs=-1, shell_complete=_studies_like)
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


@main.command()
@pump_options
@click.option(
    "--every", "every_s", type=click.FloatRange(0.1, 30), default=0.5, show_default=True, help="s, a reading."
)
@click.option("--save", type=PICTURE, help="Save the readings as CSV, for plot and trumpet. Must not be there yet.")
@click.option("--web", metavar="[HOST:]PORT", help="Show a page in a browser; on this machine unless HOST is given.")
@click.option("--panel/--no-panel", default=True, help="Without it changes are printed, until Ctrl-C.")
def monitor(
    port: str | None, key: Path | None, every_s: float, save: Path | None, web: str | None, panel: bool
) -> None:
    """Watch a pump: panel in the terminal, page in a browser, CSV; and pause, resume, stop, silence, acknowledge."""
    from pumphost.monitoring.monitor import monitor as watch

    watch(find(port, key), every_s, save, web, panel)


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
    """How fast the simulator is, against the least that SimPy itself needs; and how soon a served pump answers."""
    from pumphost.performance import measure, profile
    from pumphost.serving.traffic import measure_all
    from pumphost.show import show_performance, show_profile, show_traffic

    show_performance(measure(pairs))
    show_profile(profile())
    show_traffic(measure_all())


@main.command()
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
def completion(shell: str) -> None:
    """The script that lets SHELL complete words."""
    from click.shell_completion import get_completion_class

    script = get_completion_class(shell)
    assert script
    click.echo(script(main, {}, "openinfuse", "_OPENINFUSE_COMPLETE").source())


for command in PUMP_COMMANDS:
    main.add_command(command)
main.add_command(calibrate)
main.add_command(flash)
main.add_command(image)
main.add_command(selftest)
