"""What every command prints with, and how a time is written."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console


def console() -> Console:
    return Console(highlight=False)


def clock(seconds: float) -> str:
    """h:mm:ss."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


@contextmanager
def working() -> Iterator[Callable[[str], None]]:
    """A line on a terminal's stderr while something takes its time; call what it gives with what that is now."""
    with Console(stderr=True, highlight=False).status("") as status:
        yield status.update
