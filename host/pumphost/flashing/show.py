"""What `flash` prints: a plan as a table, how far it is, what came up."""

from types import TracebackType

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table

from pumphost.console import console
from pumphost.flashing.board import OnBoard
from pumphost.flashing.flash import Keying, Plan, can_be_sealed
from pumphost.remote.show import NO_KEY
from pumphost.told import Info

FROZEN = "the image has the firmware in it, and needs no files"


class Bar:
    """A Watcher: one line on a terminal's stderr, gone when it is done."""

    def __init__(self) -> None:
        errors = Console(stderr=True)
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            console=errors,
            disable=not errors.is_terminal,
            transient=True,
            redirect_stdout=False,
        )
        self.task = self.progress.add_task("")

    def __enter__(self) -> "Bar":
        self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.progress.stop()

    def total(self, count: int) -> None:
        self.progress.update(self.task, total=count, completed=0)

    def at(self, what: str, done: int) -> None:
        self.progress.update(self.task, description=escape(what), completed=done)


def show_plan(plan: Plan, keying: Keying, board: OnBoard) -> None:
    """File by file."""
    table = Table("file", "bytes", "", box=SIMPLE_HEAD)
    table.columns[1].justify = "right"
    for file in plan.keep:
        table.add_row(file.name, str(len(file.content)), "the same, stays")
    for name in plan.remove:
        table.add_row(escape(name), "", "no longer the pump's: would be removed")
    for file in plan.copy:
        table.add_row(file.name, str(len(file.content)), "would be copied")
    console().print(table)
    if board.frozen:
        console().print(FROZEN)
    if keying.key_file or keying.new_key_file:
        console().print(
            f"the key {'of' if keying.key_file else 'made for'} {keying.key_file or keying.new_key_file} would be set"
        )
    console().print("nothing is changed; the firmware was stopped to look, and starts again")


def show_done(plan: Plan, board: OnBoard) -> None:
    """With how the code is checked from now on."""
    said = [f"{len(plan.copy)} copied, {len(plan.keep)} the same, {len(plan.remove)} removed"]
    said += [FROZEN] if board.frozen else []
    said += ["checksum sealed"] if can_be_sealed(board) else ["no checksum on this chip"]
    console().print("; ".join(said))


def show_pump(port: str, info: Info) -> None:
    console().print(
        f"the pump at {escape(port)} is up: protocol {info.protocol}, {'has a key' if info.keyed else NO_KEY}"
    )
