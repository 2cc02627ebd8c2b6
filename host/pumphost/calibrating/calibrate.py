"""The command `openinfuse calibrate`: its options, and nothing else; guided.py does it."""

from pathlib import Path
from typing import Any

import click

from pumphost.remote.reach import pump_options

VOLUME = click.FloatRange(0.001, 10_000)
LIMIT = click.FloatRange(1, 1_000_000)
SECONDS = click.FloatRange(0, 86_400)


@click.command()
@pump_options
@click.option(
    "--balance",
    type=click.Choice(["sics", "sbi", "typed"]),
    required=True,
    help="MT-SICS (Mettler Toledo), SBI (Sartorius), or weights that you type.",
)
@click.option("--balance-port", help="The balance's, for sics and sbi.")
@click.option("--balance-baud", type=click.IntRange(300, 115_200), default=9_600, show_default=True)
@click.option("--syringe", metavar="NAME", help="What is in the pump, as you call it.")
@click.option("--tube", metavar="NAME", help="The tube in a peristaltic pump; how much goes through it is counted.")
@click.option("--temperature", "celsius", type=float, required=True, help="Of the water, C.")
@click.option("--pressure", "hpa", type=float, default=1013.25, show_default=True, help="Of the air, hPa.")
@click.option("--humidity", type=float, default=50.0, show_default=True, help="Of the air, %.")
@click.option("--doses", type=click.IntRange(0, 100), default=5, show_default=True, help="0: the flow check only.")
@click.option("--dose", "dose_ml", type=VOLUME, default=5.0, show_default=True, help="Volume of each, mL.")
@click.option("--rate", "rate_ml_h", type=VOLUME, default=60.0, show_default=True, help="mL/h.")
@click.option("--prime", "prime_ml", type=click.FloatRange(0, 1_000), default=2.0, show_default=True, help="mL.")
@click.option("--settle", "settle_s", type=SECONDS, default=10.0, show_default=True, help="Before a weighing, s.")
@click.option(
    "--standing",
    "standing_s",
    type=SECONDS,
    default=300.0,
    show_default=True,
    help="How long the pump stands, before and after the doses, to measure evaporation, s; 0: none is measured.",
)
@click.option(
    "--evaporation",
    "evaporation_mg_min",
    type=click.FloatRange(0, 1_000),
    help="mg/min, instead of measuring it.",
)
@click.option(
    "--most-cv",
    type=click.FloatRange(0.01, 10),
    default=1.0,
    show_default=True,
    help="Refused if the doses scatter by more, %.",
)
@click.option("--check", "check_min", type=int, help="Then a flow check of so many minutes, 31 or more.")
@click.option(
    "--store",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file of calibrations; your own data folder's calibrations.toml unless given.",
)
@click.option("--new-tube", is_flag=True, help="The tube was put in just now: what goes through it counts from 0.")
@click.option(
    "--tube-limit", "tube_limit_ml", type=click.FloatRange(1, 1e6), help="Warn once more has gone through the tube, mL."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("out/calibration"),
    show_default=True,
    help="Where weighings, flow check and its picture go.",
)
def calibrate(**given: Any) -> None:
    """Find the volume of a motor step with a balance: doses are weighed, the constant is worked out and kept.

    The pump is told nothing: the constant is printed, to be entered in its set-up.
    """
    from pumphost.calibrating.asked import Asked
    from pumphost.calibrating.guided import carry_out

    carry_out(Asked(**given))
