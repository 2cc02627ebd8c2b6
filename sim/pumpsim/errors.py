"""What is wrong with what we were handed; apart from what finds it, so that knowing it costs no import."""


class BadScenario(Exception):
    """The file cannot be run: file, line, key, what would be right."""


class NoInterpreter(Exception):
    """There is none to run the firmware with."""


class FirmwareEnded(RuntimeError):
    """The interpreter that ran the firmware is gone: all that it said, a traceback if it could."""

    @property
    def in_a_line(self) -> str:
        """With its last words alone."""
        what, _, said = str(self).partition(": ")
        return f"{what}: {said.splitlines()[-1]}"
