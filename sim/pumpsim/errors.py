"""What is wrong with what we were handed; apart from what finds it, so that knowing it costs no import."""


class BadScenario(Exception):
    """The file cannot be run: file, line, key, what would be right."""


class NoInterpreter(Exception):
    """There is none to run the firmware with."""
