"""One run of one scenario, from the loaded file to the files a run leaves behind.

Numbers are written with fixed decimals, so the same scenario and seed give the same bytes.
"""

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from pumpcore.alarms import ACTION_NAMES, PRIORITY_NAMES, STOP_PUMP, TABLE, TO_KVO
from pumpcore.records import ACCEPTED, ANSWER_NAMES
from pumpsim import CPYTHON
from pumpsim.bench import Bench
from pumpsim.engine import booting
from pumpsim.expect import judge
from pumpsim.record import EVENT_COLUMNS, TRACE_COLUMNS, Note, Record, Row
from pumpsim.remarks import remarks
from pumpsim.rig import step_ul
from pumpsim.scenario import Scenario
from pumpsim.screw import STEPS_PER_TURN
from pumpsim.sensors import COUNTS_PER_TURN

Summary = dict[str, Any]

REFUSALS = ANSWER_NAMES[ACCEPTED + 1 :]

TRACE_FORMAT = "{:.3f},{},{:.2f},{:.4f},{:.3f},{:.6f},{:.4f},{},{:.3f},{:.3f},{:.6f}\n"


@dataclass(frozen=True)
class Run:
    record: Record
    summary: Summary

    def write(self, folder: Path) -> None:
        """Write trace.csv, events.csv and summary.json into `folder`, made if need be."""
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "trace.csv").open("w", encoding="utf-8", newline="") as file:
            file.write(",".join(TRACE_COLUMNS) + "\n")
            file.writelines(map(_trace_line, self.record.rows))
        with (folder / "events.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(EVENT_COLUMNS)
            writer.writerows((f"{t_s:.3f}", *rest) for t_s, *rest in self.record.events)
        (folder / "summary.json").write_text(json.dumps(self.summary, indent=2) + "\n", encoding="utf-8")


def ok(summary: Summary) -> bool:
    """Whether everything expected happened."""
    return all(verdict["ok"] for verdict in summary["expect"])


def _trace_line(row: Row) -> str:
    # A flow of -0.0000 or a volume of -0.000000 is rounding; it reads as a reversal.
    return TRACE_FORMAT.format(*row).replace(",-0.0000,", ",0.0000,").replace(",-0.000000,", ",0.000000,")


def simulate(scenario: Scenario, progress: Callable[[float], None] = lambda share: None, engine: str = CPYTHON) -> Run:
    """Run `scenario` on one of ENGINES; `progress` is told the share done, 0 to 1. Raises NoInterpreter."""
    began = perf_counter()
    with booting(engine) as boot:
        bench = Bench(scenario, boot=boot)
        record = bench.run(progress)
    last = record.rows[-1]
    delivered_ml = bench.plant.delivered_ul / 1000
    measured = measure(bench)
    summary = {
        "scenario": scenario.name,
        "seed": scenario.seed,
        "occlusion_kpa": scenario.pump.occlusion_kpa,
        "simulated_s": scenario.duration_s,
        "wall_s": round(perf_counter() - began, 3),
        "steps_run": record.steps_run,
        "programmed_ml": sum(therapy.vtbi_ml for therapy in scenario.therapy),
        "pumped_ml": bench.outputs.pumped_ul / 1000,
        "delivered_ml": round(delivered_ml, 6) + 0.0,
        "mass_balance_error_ml": record.worst_balance_ul / 1000,
        "plant": {name: round(value, 6) + 0.0 for name, value in measured.items()},
        "final_state": last.state,
        "alarms": [_alarm(note, scenario) for note in record.events if note[1::2] == ("alarm", "raised")],
        "remarks": remarks(scenario),
        "refused": [_refused(note) for note in record.events if note.source == "user" and note.value in REFUSALS],
        "expect": judge(scenario.expect, last.state, delivered_ml, record.events, measured),
    }
    return Run(record, summary)


def measure(bench: Bench) -> dict[str, float]:
    """Every one of MEASURES, at the end of a run."""
    plant, rows, now_s = bench.plant, bench.record.rows, bench.env.now / 1000
    turn_ul = step_ul(bench.scenario) * STEPS_PER_TURN * bench.scenario.mechanics.gear
    return {
        "pumped_ml": bench.outputs.pumped_ul / 1000,
        "free_ml": bench.outputs.free_ul / 1000,
        "air_ml": plant.air_ul / 1000,
        "peak_kpa": max(row.pressure_kpa for row in rows),
        "least_kpa": min(row.pressure_kpa for row in rows),
        "supply_least_kpa": min(row.supply_kpa for row in rows),
        "reading_peak_kpa": max(row.reading_kpa for row in rows),
        "encoder_ml": bench.ports.encoder.read(plant.drive.turns) / COUNTS_PER_TURN * turn_ul / 1000,
        "lost_steps": plant.shaft.lost,
        "left_ml": plant.left_ul / 1000,
        "drops": plant.drops,
        "battery_v": bench.battery.volts(now_s),
        "housing_c": bench.warmth.celsius(now_s),
    }


def _refused(note: Note) -> dict[str, Any]:
    return {"t_s": note.t_s, "request": note.code, "answer": note.value}


def _alarm(note: Note, scenario: Scenario) -> dict[str, Any]:
    row = next(row for row in TABLE if row.name == note.code)
    return {
        "t_s": note.t_s,
        "code": note.code,
        "priority": PRIORITY_NAMES[row.priority],
        "action": ACTION_NAMES[STOP_PUMP if row.action == TO_KVO and not scenario.therapy[0].kvo_ml_h else row.action],
        "text": row.text,
    }
