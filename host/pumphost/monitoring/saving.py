"""Saves what is watched as a CSV that `plot` and `trumpet` read: a row a reading, in the file as soon as it is known.

`volume_ml` is what the pump has counted since it is watched, across restarts too; what left the line is another matter,
which a balance tells. `pumped_ml` is the pump's own count since power-on.
"""

import csv
from contextlib import suppress
from pathlib import Path

from pumphost.errors import BadInput
from pumphost.monitoring.watching import Snapshot, Watch

COLUMNS = (
    "t_s",
    "state",
    "set_rate_ml_h",
    "pumped_ml",
    "left_ml",
    "volume_ml",
    "pressure_kpa",
    "air_permille",
    "battery_v",
    "housing_c",
    "on_mains",
    "alarm",
)


class Save:
    """Each new reading of `watch` goes to `path`, which must not be there yet. Raises BadInput."""

    def __init__(self, path: Path, watch: Watch) -> None:
        self.path = path
        self.watch = watch
        self.rows = 0
        self.last_s = -1.0
        try:
            self.file = path.open("x", encoding="utf-8", newline="")
        except FileExistsError:
            raise BadInput(f"{path}: is there already, and is not written over; --save names another file") from None
        except OSError as error:
            raise BadInput(f"{path}: {error.strerror}; --save names a file to write to") from None
        self.writer = csv.writer(self.file, lineterminator="\n")
        self.writer.writerow(COLUMNS)
        self.add(watch.snapshot)
        watch.listeners.append(self.add)

    def add(self, snapshot: Snapshot) -> None:
        """A row, unless nothing new was read: the times of a capture rise. A disk that is full ends it, and is told."""
        if snapshot.trouble or snapshot.t_s <= self.last_s or self.file.closed:
            return
        try:
            self.writer.writerow(_row(snapshot))
            self.file.flush()
        except OSError as error:
            self.close()
            self.watch.remark = f"{self.path}: {error.strerror}; nothing more is saved"
            return
        self.last_s = snapshot.t_s
        self.rows += 1

    def __enter__(self) -> "Save":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with suppress(OSError):  # what did not fit before does not fit now
            self.file.close()


def _row(snapshot: Snapshot) -> tuple[object, ...]:
    status, senses = snapshot.status, snapshot.senses
    return (
        f"{snapshot.t_s:.3f}",
        status.state,
        f"{status.rate_ml_h:.2f}",
        f"{status.pumped_ml:.3f}",
        f"{status.left_ml:.3f}",
        f"{snapshot.volume_ml:.3f}",
        f"{senses.pressure_kpa:.3f}",
        senses.air_permille,
        f"{senses.battery_v:.3f}",
        f"{senses.housing_c:.1f}",
        int(senses.on_mains),
        status.alarm,
    )
