"""What every command prints with, and how a time is written."""

from rich.console import Console


def console() -> Console:
    return Console(highlight=False)


def clock(seconds: float) -> str:
    """h:mm:ss."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
