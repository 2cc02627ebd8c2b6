"""What the commands print for a person: tables by rich, with or without a terminal."""

from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from pumphost.compiled import used
from pumphost.console import Hyphened, clock, console
from pumphost.performance import Measured, Part
from pumphost.serving.traffic import MOST_ROUND_TRIP_MS, WINDOW_MS, Traffic
from pumphost.studies.study import Finding
from pumphost.trumpet import Trumpet
from pumpsim.run import Summary


def show_run(summary: Summary, picture: Path) -> None:
    """The summary of a run: volumes, alarms, expectations, and where its files are."""
    screen = console()
    table = Table(
        title=escape(summary["scenario"]), title_justify="left", show_header=False, box=None, padding=(0, 2, 0, 0)
    )
    table.add_row("simulated", f"{clock(summary['simulated_s'])} in {summary['wall_s']:.2f} s")
    table.add_row("programmed", f"{summary['programmed_ml']:8.3f} mL")
    table.add_row("pumped", f"{summary['pumped_ml']:8.3f} mL", "counted by the controller")
    table.add_row("delivered", f"{summary['delivered_ml']:8.3f} mL", "left the line into the patient")
    if summary["plant"]["air_ml"] > 0:
        table.add_row("air", f"{summary['plant']['air_ml']:8.3f} mL", "went into the patient")
    table.add_row("final state", summary["final_state"])
    for alarm in summary["alarms"]:
        table.add_row("alarm", f"{clock(alarm['t_s'])}  {alarm['text']}", f"{alarm['code']}: {alarm['action']}")
    for remark in summary["remarks"]:
        what, words = remark.split(": ", 1)
        table.add_row("remark", f"[yellow]{what}[/]", words)
    for refused in summary["refused"]:
        table.add_row("refused", f"{clock(refused['t_s'])}  {refused['request']}", f"[yellow]{refused['answer']}[/]")
    for verdict in summary["expect"]:
        mark = "[green]ok[/]" if verdict["ok"] else "[red]NOT AS EXPECTED[/]"
        table.add_row("expected", verdict["what"], f"{mark}, {verdict['got']}")
    screen.print(table)
    screen.print(f"Files:   {picture.parent}", soft_wrap=True, markup=False)
    screen.print(f"Picture: {picture}", soft_wrap=True, markup=False)


def show_book(summaries: dict[str, Summary], root: Path) -> None:
    """A line for each run by its folder's name, and what did not go as expected; below it what was remarked of those
    that are marked."""
    table = Table("scenario", "simulated", "delivered", "state", "alarms", "expected", box=SIMPLE_HEAD, padding=0)
    for stem, summary in summaries.items():
        failed = [verdict for verdict in summary["expect"] if not verdict["ok"]]
        total = len(summary["expect"])
        mark = "\n".join(f"[red]NOT[/] {escape(failure['what'])}: {escape(failure['got'])}" for failure in failed)
        table.add_row(
            Hyphened(stem, "*" if summary["remarks"] else ""),
            clock(summary["simulated_s"]),
            f"{summary['delivered_ml']:.3f} mL",
            summary["final_state"],
            "\n".join(alarm["text"] for alarm in summary["alarms"]),
            mark or (f"[green]ok[/], {total} of {total}" if total else "nothing"),
        )
    screen = console()
    screen.print(table)
    for stem, summary in summaries.items():
        for remark in summary["remarks"]:
            screen.print(f"[yellow]*[/] {escape(f'{stem}: {remark}')}", soft_wrap=True)
    screen.print(f"Files and pictures: {root}/*/", soft_wrap=True, markup=False)


def show_trumpet(trumpet: Trumpet) -> None:
    """The figures of a trumpet curve, in percent of the set rate."""
    table = Table("window", "Ep max", "Ep min")
    for window, most, least in zip(trumpet.windows_min, trumpet.ep_max, trumpet.ep_min, strict=True):
        table.add_row(f"{window} min", f"{most:+.3f} %", f"{least:+.3f} %")
    screen = console()
    screen.print(table)
    span = f"minutes {trumpet.from_min:g} to {trumpet.to_min:g}, set rate {trumpet.rate_ml_h:g} mL/h"
    screen.print(f"Mean error {trumpet.mean_error_percent:+.3f} % over {span}")


def show_performance(rows: list[Measured]) -> None:
    """Each job beside the floor: medians, and the ratio pair by pair."""
    table = Table("job", "median", "floor", "ratio", "of pairs", "reach")
    for row in rows:
        spread = f"{min(row.ratios):.2f} to {max(row.ratios):.2f}"
        cells: list[Any] = [row.job, f"{row.seconds:.2f} s", f"{row.floor_seconds:.2f} s", f"{row.ratio:.2f}x"]
        table.add_row(*cells, spread, f"<= {row.reach:g}x")
    screen = console()
    screen.print(table)
    screen.print("24 h each; floor: an empty SimPy process yielding timeout(0.1) as long, timed in turn")
    how = "compiled" if used() else "interpreted; `openinfuse compile` makes it several times as fast"
    screen.print(f"Controller and plant were {how}.")


def show_profile(parts: list[Part]) -> None:
    """Where the time of a step goes."""
    jobs = list(dict.fromkeys(part.job for part in parts))
    table = Table("a step's time goes to", *jobs)
    for name in dict.fromkeys(part.part for part in parts):
        of_job = {part.job: part for part in parts if part.part == name}
        table.add_row(name, *(f"{of_job[job].us:.1f} us, {of_job[job].share:.0%}" for job in jobs))
    console().print(table)


def show_traffic(rows: list[Traffic]) -> None:
    """How soon a pump answers, and how late its steps are."""
    table = Table("a pump at a pty, 1200 mL/h", "answers in", "a step late by", "at full line rate", "reach")
    for row in rows:
        table.add_row(
            row.engine,
            f"{row.round_trip_ms:.2f} ms, 95 % {row.round_trip_95_ms:.1f}",
            f"{row.late_ms:.0f} ms",
            f"99 % {row.flooded_late_ms:.0f} ms, worst {row.flooded_worst_ms:.0f}, {row.bytes_per_s / 1_000:.0f} kB/s",
            f"<= {MOST_ROUND_TRIP_MS:g} ms; <= {WINDOW_MS} ms",
        )
    console().print(table)


def show_findings(findings: list[Finding]) -> None:
    """What was asked of the pump, and what came of it."""
    table = Table("what", "asked", "got", "")
    for finding in findings:
        mark = "[green]ok[/]" if finding.ok else "[red]NOT[/]"
        table.add_row(escape(finding.what), finding.asked, escape(finding.got), mark)
    console().print(table)
