"""What every command prints with, and how a time is written."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from textwrap import wrap

from rich.console import Console, ConsoleOptions
from rich.measure import Measurement
from rich.text import Text


def console() -> Console:
    return Console(highlight=False)


def clock(seconds: float) -> str:
    """h:mm:ss."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


@dataclass(frozen=True)
class Hyphened:
    """A name for a cell of a table: where the column is narrow it breaks after its hyphens, too."""

    name: str
    mark: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        lines = wrap(self._whole, max(1, options.max_width)) or [""]
        text = Text("\n".join(lines))
        if self.mark:
            text.stylize("yellow", len(text) - len(self.mark))
        yield text

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        longest = max(map(len, wrap(self._whole, 1, break_long_words=False)), default=0)
        return Measurement(longest, len(self._whole)).with_maximum(options.max_width)

    @property
    def _whole(self) -> str:
        return f"{self.name} {self.mark}".rstrip()


@contextmanager
def working() -> Iterator[Callable[[str], None]]:
    """A line on a terminal's stderr while something takes its time; call what it gives with what that is now."""
    with Console(stderr=True, highlight=False).status("") as status:
        yield status.update
