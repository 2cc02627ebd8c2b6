"""The one error of a file that cannot be run; apart from what finds it, so that knowing it costs no import."""


class BadScenario(Exception):
    """The file cannot be run: file, line, key, what would be right."""
