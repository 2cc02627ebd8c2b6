"""What was found, signed off: Markdown, as a person reads it and keeps it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from pumphost.accepting.items import Outcome


@dataclass(frozen=True)
class Accepted:
    """One board, at one time, by one person."""

    serial_number: str
    by: str
    when: datetime
    board: str  # what MicroPython says that it is
    outcomes: Sequence[Outcome]

    @property
    def passed(self) -> bool:
        return all(outcome.passed for outcome in self.outcomes)


def result(passed: bool) -> str:
    return "PASS" if passed else "FAIL"


def markdown(accepted: Accepted) -> str:
    rows = [
        f"| {outcome.item} | {outcome.wanted} | {outcome.found} | {result(outcome.passed)} |"
        for outcome in accepted.outcomes
    ]
    return "\n".join(
        [
            f"# Board {accepted.serial_number}: {result(accepted.passed)}",
            "",
            f"Signed off by {accepted.by} on {accepted.when:%Y-%m-%d %H:%M %Z}, with `openinfuse selftest`"
            f" {version('openinfuse')}.",
            f"{accepted.board}.",
            "",
            "| item | wanted | found | |",
            "|---|---|---|---|",
            *rows,
            "",
            "For the bench. Not a medical device, never for a patient.",
            "",
        ]
    )


def write(accepted: Accepted, folder: Path) -> Path:
    """Into a file of its own, never over one that is there."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{accepted.serial_number}-{accepted.when:%Y%m%d-%H%M%S}.md"
    with path.open("x", encoding="utf-8") as file:
        file.write(markdown(accepted))
    return path
