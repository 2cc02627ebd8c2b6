"""Reads a recorded capture: the volume or the mass that left a line, against time, from a CSV file.

A curve is worth no more than the samples under it, so a gap is refused rather than bridged. The rows keep their own
times; whoever needs the volume at another instant interpolates.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pumphost.columns import Columns, read_columns
from pumphost.errors import BadInput

SAMPLE_S = 30.0  # IEC 60601-2-24: one sample every half minute
LONGEST_GAP_S = 1.5 * SAMPLE_S
VOLUME_COLUMNS = ("volume_ml", "delivered_ml")
WATER_G_ML = 0.998  # at 20 °C
MASS_COLUMN = "mass_g"
WANTED = "a column t_s and one of volume_ml, delivered_ml or mass_g"


@dataclass(frozen=True, eq=False)
class Capture:
    """Samples of the volume that left a line.

    path: the file they came from.
    t_s: times in s, shape (n,), n >= 2, strictly rising, no step over 45 s.
    volume_ml: volume in mL at those times, shape (n,), finite; it may fall, as a balance drifts.
    """

    path: Path
    t_s: NDArray[np.float64]
    volume_ml: NDArray[np.float64]


def read_capture(path: Path | str, density_g_ml: float = WATER_G_ML) -> Capture:
    """Read a capture from a CSV file with a header: `t_s` and one of `volume_ml`, `delivered_ml` (a simulated run's
    trace.csv) or `mass_g`; other columns are ignored.

    A mass in g is divided by density_g_ml, by default that of water at 20 °C. Raises BadInput for a file that is not
    like that, and for a density not above 0.
    """
    if not 0.0 < density_g_ml < float("inf"):
        raise BadInput(f"density: found {density_g_ml:g} g/mL; it must be above 0, water has 0.998")
    if Path(path).suffix == ".toml":
        raise BadInput(f"{path}: is a scenario; simulate runs it and leaves a trace.csv, which is a capture")
    columns = read_columns(Path(path), WANTED)
    t_s = columns.times("t_s")
    _check_gaps(columns, t_s)
    name = _value_column(columns)
    return Capture(columns.path, t_s, columns.numbers(name) / (density_g_ml if name == MASS_COLUMN else 1.0))


def _value_column(columns: Columns) -> str:
    found = [name for name in (*VOLUME_COLUMNS, MASS_COLUMN) if name in columns.header]
    if not found:
        raise columns.missing("volume_ml, delivered_ml or mass_g")
    if len(found) > 1:
        where = f"{columns.path}: line {columns.header_line}"
        raise BadInput(f"{where}: found columns {' and '.join(found)}; exactly one of them is right")
    return found[0]


def _check_gaps(columns: Columns, t_s: NDArray[np.float64]) -> None:
    # Times such as 0.1 and 45.1 are 45 s apart but for the last bits of a float.
    wide = np.flatnonzero(np.diff(t_s) > LONGEST_GAP_S + 1e-6)
    if len(wide):
        at = int(wide[0])
        raise BadInput(
            f"{columns.path}: line {columns.rows[at + 1][0]}, column t_s: a gap from {t_s[at]:.12g} to "
            f"{t_s[at + 1]:.12g} s; samples may be at most {LONGEST_GAP_S:g} s apart (the standard samples every "
            f"{SAMPLE_S:g} s)"
        )
