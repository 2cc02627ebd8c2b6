"""Reads a run's folder back: its trace, its events, and the little of its summary that a picture needs."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pumphost.columns import LARGEST, read_columns
from pumphost.errors import BadInput
from pumphost.sheet import Event, Numbers
from pumpsim.record import EVENT_COLUMNS, TRACE_COLUMNS

FILES = ("trace.csv", "events.csv", "summary.json")
NAMED = 3  # runs that a message names
TEXT_COLUMNS = ("state", "alarm")


@dataclass(frozen=True)
class Recording:
    """A run as its folder tells it; `trace` is trace.csv by column, numbers and texts, each of length n."""

    title: str
    trace: dict[str, Numbers | list[str]]
    events: list[Event]
    occlusion_kpa: float | None
    programmed_ml: float


def read_recording(folder: Path) -> Recording:
    """Read the folder that `simulate` leaves. Raises BadInput for a file that is missing or not as promised."""
    _check_run(folder)
    trace = read_columns(folder / "trace.csv", "the columns " + ", ".join(TRACE_COLUMNS))
    table: dict[str, Numbers | list[str]] = {"t_s": trace.times("t_s")}
    for name in TRACE_COLUMNS[1:]:
        table[name] = trace.text(name) if name in TEXT_COLUMNS else trace.numbers(name)
    events = read_columns(folder / "events.csv", "the columns " + ", ".join(EVENT_COLUMNS))
    rest = (events.text(name) for name in EVENT_COLUMNS[1:])
    notes = list(zip(map(float, events.numbers("t_s")), *rest, strict=True))
    summary = _read_summary(folder / "summary.json")
    occlusion_kpa, programmed_ml = (_number(folder, summary, name) for name in ("occlusion_kpa", "programmed_ml"))
    return Recording(str(summary.get("scenario", folder.name)), table, notes, occlusion_kpa, programmed_ml or math.inf)


def _check_run(folder: Path) -> None:
    """A folder with none of a run's files is no run, but may be that of many."""
    if any((folder / name).exists() for name in FILES):
        return
    runs = [str(file.parent) for file in sorted(folder.glob("*/trace.csv"))]
    more = f" and {len(runs) - NAMED} more" if len(runs) > NAMED else ""
    there = f"the runs in it are {', '.join(runs[:NAMED])}{more}" if runs else "simulate leaves one"
    raise BadInput(f"{folder}: is no run, there is no trace.csv in it; {there}")


def _number(folder: Path, summary: dict[str, Any], name: str) -> float | None:
    value = summary.get(name)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) <= LARGEST:
        found = str(value)[:40]
        raise BadInput(f"{folder / 'summary.json'}: {name} is {found!r}, must be a number; simulate writes it anew")
    return float(value)


def _read_summary(path: Path) -> dict[str, Any]:
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        return {}  # a recording made by hand may have none
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path}: not JSON: {error}; simulate writes it anew") from None
    if not isinstance(summary, dict):
        raise BadInput(f"{path}: not a JSON object; simulate writes it anew")
    return summary
