"""A calibration with a person at the bench: what to do is said, what is weighed is kept, what comes of it is shown.

Weighings are written as they are taken; a calibration is stored only once it is whole. The pump's own step is left as
it is: on the pump the motor's schedule, the books, and what watches air, flow, supply and pressure all hold it, and the
guard has it from its own set-up, so that nothing that comes over the wire can move both.
"""

import csv
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from pumphost.calibrating.asked import Asked
from pumphost.calibrating.balance import PATIENCE_S, PROTOCOLS, Balance, TypedBalance
from pumphost.calibrating.calibration import CalibrationError, Run, Scale
from pumphost.calibrating.gravimetry import Repeats, Weighing, guard_count_pl, step_constant, water_g_ml
from pumphost.calibrating.plan import GUIDE, LEAST_CHECK_MIN
from pumphost.calibrating.store import Calibration, Store, Tube, read_store, write_store
from pumphost.capture import read_capture
from pumphost.errors import BadInput
from pumphost.line import PumpError, open_port
from pumphost.pictures import draw_trumpet
from pumphost.pump import Pump
from pumphost.remote.reach import find
from pumphost.show import show_trumpet
from pumphost.trumpet import Trumpet, analyse
from pumphost.writable import check_writable

WEIGHINGS, FLOW, PICTURE = "weighings.csv", "flow.csv", "trumpet.png"


class WallClock:
    """The clock on the wall, from now on, for `calibration.Run`; and for dates."""

    def __init__(self) -> None:
        self.began_s = time.monotonic()

    def now_s(self) -> float:
        return time.monotonic() - self.began_s

    def sleep_s(self, seconds: float) -> None:
        time.sleep(seconds)

    def date(self) -> datetime:
        return datetime.now(UTC).replace(microsecond=0)


def carry_out(asked: Asked) -> None:
    """All of it; what can be known to be wrong is found before the person is asked to prepare anything. Raises
    BadInput, PumpError, CalibrationError; click's Abort if the person does not go on."""
    store, where = read_store(asked.store_path), find(asked.port, asked.key)
    check_writable(asked.store_path, "--store", replaced=True)
    console = Console(highlight=False)
    progress = Progress(console=console, transient=True, disable=not console.is_terminal)
    with where.open() as pump, _balance(asked, progress) as balance:
        session = _Session(asked, progress, pump, balance)
        session.run.suits(asked.needed_ml, asked.rate_ml_h)
        console.print(GUIDE, soft_wrap=True, markup=False)
        click.confirm("Is all that done?", abort=True)
        with progress:
            trumpet, repeats = session.carry_out(store)
    if asked.doses or asked.tube:
        write_store(store, asked.store_path)
        console.print(f"Kept in {asked.store_path}", soft_wrap=True, markup=False)
    if trumpet:
        _show_check(trumpet, repeats)


@contextmanager
def _balance(asked: Asked, progress: Progress) -> Iterator[Scale]:
    if asked.balance_port is None:
        yield TypedBalance(lambda text: _ask(progress, text), click.echo)
        return
    port = open_port(asked.balance_port, asked.balance_baud, PATIENCE_S)
    try:
        yield Balance(port, PROTOCOLS[asked.balance])
    finally:
        port.close()


def _ask(progress: Progress, text: str) -> str:
    """A bar and a prompt cannot share the screen."""
    progress.stop()
    typed: str = click.prompt(text)
    progress.start()
    return typed


class _Session:
    """What the parts of a calibration share."""

    def __init__(self, asked: Asked, progress: Progress, pump: Pump, balance: Scale) -> None:
        self.asked = asked
        self.progress = progress
        self.console = progress.console
        self.pump = pump
        self.clock = WallClock()
        self.run = Run(pump, balance, self.clock, self._advance)
        self.bar = progress.add_task("", total=1.0)
        self.old_pl = pump.info().step_pl

    def _advance(self, what: str, share: float) -> None:
        self.progress.update(self.bar, description=what, completed=share)

    def carry_out(self, store: Store) -> tuple[Trumpet | None, Repeats | None]:
        """What was asked for, into `store`; what comes of the flow check, and of the doses."""
        asked, trumpet, repeats = self.asked, None, None
        self.begin_tube(store)
        lost_g_s = asked.given_g_s
        if asked.doses:
            repeats, lost_g_s = self.dose()
            store.calibration.append(self.work_out(repeats, lost_g_s))
        if asked.check_min is not None:
            trumpet = self.check(asked.check_min, lost_g_s)
        if asked.tube:
            store.wear(asked.tube, self.pump.status().pumped_ml, self.clock.date())
        return trumpet, repeats

    def begin_tube(self, store: Store) -> None:
        """Bring the tube's wear up to now, and warn of it."""
        asked = self.asked
        if not asked.tube:
            return
        find = store.renew if asked.new_tube else store.wear
        tube: Tube = find(asked.tube, self.pump.status().pumped_ml, self.clock.date())
        tube.limit_ml = asked.tube_limit_ml or tube.limit_ml
        self.console.print(f"Tube {tube.name}: {tube.pumped_ml:.0f} mL since {tube.since:%Y-%m-%d}", markup=False)
        if tube.worn:
            self.console.print(f"That is more than {tube.limit_ml:.0f} mL: put in a new one, then --new-tube")

    def dose(self) -> tuple[Repeats, float]:
        """The doses, and what evaporated in a second, measured unless it was given."""
        asked, path = self.asked, self.asked.out / WEIGHINGS
        with _writing(path) as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("what", "t_s", "mass_g", "pumped_ml"))

            def keep(weighing: Weighing) -> None:
                numbers = (f"{weighing.t_s:.3f}", f"{weighing.mass_g:.5f}", f"{weighing.pumped_ml:.3f}")
                writer.writerow((weighing.what, *numbers))
                file.flush()
                self.console.print(f"{weighing.what:10} {weighing.mass_g:10.4f} g", markup=False)

            self.run.weighed = keep
            weighed = self.run.calibrate(asked.plan())
        measured_g_s = weighed.evaporation_g_s()
        lost_g_s = asked.given_g_s if measured_g_s is None else measured_g_s
        return weighed.repeats(asked.z_ml_g(), lost_g_s), lost_g_s

    def work_out(self, repeats: Repeats, lost_g_s: float) -> Calibration:
        """What is to be stored. Raises BadInput if the doses make no constant."""
        asked = self.asked
        _show_repeats(self.console, repeats, lost_g_s)
        new_pl = step_constant(self.old_pl, repeats, asked.most_cv)
        self.console.print(
            f"New step_pl: {new_pl} (was {self.old_pl}). Enter it in the pump's settings, with the guard's own "
            "count_pl that goes with it, on a board with the drive as built by\n"
            f'mpremote exec "import board.settings; board.settings.change(step_pl={new_pl}, '
            f'count_pl={guard_count_pl(new_pl)})"\nand switch it off and on. Until then the pump counts as before.',
            markup=False,
            soft_wrap=True,
        )
        return Calibration(
            date=self.clock.date(),
            reservoir=asked.reservoir,
            step_pl_before=self.old_pl,
            step_pl=new_pl,
            temperature_c=asked.celsius,
            density_g_ml=round(water_g_ml(asked.celsius), 7),
            z_ml_g=round(asked.z_ml_g(), 7),
            evaporation_mg_min=round(lost_g_s * 60_000, 3),
            rate_ml_h=asked.rate_ml_h,
            dose_ml=asked.dose_ml,
            doses_ml=[round(dose.measured_ml, 4) for dose in repeats.doses],
            cv_percent=round(repeats.cv_percent, 3),
            error_percent=round(repeats.error_percent, 3),
        )

    def check(self, minutes: int, lost_g_s: float) -> Trumpet:
        """The flow check, its file and its picture. The analysis begins at an hour, or 31 min before the end."""
        asked, path, picture = self.asked, self.asked.out / FLOW, self.asked.out / PICTURE
        with _writing(path) as file:
            file.write("t_s,mass_g,balance_g\n")

            def keep(t_s: float, mass_g: float, balance_g: float) -> None:
                file.write(f"{t_s:.3f},{mass_g:.5f},{balance_g:.5f}\n")
                file.flush()

            self.run.check_flow(asked.rate_ml_h, minutes, lost_g_s, keep)
        capture = read_capture(path, 1.0 / asked.z_ml_g())
        from_min, to_min = min(60.0, minutes - LEAST_CHECK_MIN), min(120.0, minutes)
        trumpet = analyse(capture, asked.rate_ml_h, from_min, to_min)
        draw_trumpet(trumpet, picture, f"{asked.reservoir} at {asked.rate_ml_h:g} mL/h, weighed")
        self.console.print(f"Flow check: {path}\nPicture: {picture}", soft_wrap=True, markup=False)
        return trumpet


@contextmanager
def _writing(path: Path) -> Iterator[TextIO]:
    """A file for what is weighed: whoever is interrupted is told that it is there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}; --out names a folder to write to") from None
    with file:
        try:
            yield file
        except (PumpError, CalibrationError, KeyboardInterrupt) as error:
            why = str(error) or "interrupted"
            raise CalibrationError(
                f"{why}; the pump was told to stop, nothing is stored, what was weighed is in {path}"
            ) from None


def _show_repeats(console: Console, repeats: Repeats, lost_g_s: float) -> None:
    table = Table("dose", "counted", "measured", "error")
    for number, dose in enumerate(repeats.doses, 1):
        measured = f"{dose.measured_ml:.4f} mL"
        table.add_row(str(number), f"{dose.counted_ml:.3f} mL", measured, f"{dose.error_percent:+.2f} %")
    console.print(table)
    console.print(
        f"Mean {repeats.mean_ml:.4f} mL, repeatability {repeats.sd_ml:.4f} mL (CV {repeats.cv_percent:.2f} %)"
    )
    console.print(f"Systematic error {repeats.error_percent:+.2f} %, evaporation {lost_g_s * 60_000:.2f} mg/min")


def _show_check(trumpet: Trumpet, repeats: Repeats | None) -> None:
    show_trumpet(trumpet)
    if repeats:
        left = (1 + trumpet.mean_error_percent / 100) / (1 + repeats.error_percent / 100) - 1
        click.echo(
            f"This is with the pump's step as it was; with the new one the mean error would be {100 * left:+.3f} %"
        )
