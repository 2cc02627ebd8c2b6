"""What the host side raises for what it was handed.

"They misbehaved" is kept apart from "we are wrong": a file, a folder or a number that cannot be used raises `BadInput`,
and anything else that escapes is a fault of ours. The command line prints a `BadInput` in one line and exits with 2.
"""


class BadInput(Exception):
    """What was handed to us is wrong: one line that names the file, the place and what would be right."""


class NotDone(Exception):
    """Nothing is wrong, and yet what was asked for has not been done: one line that says why."""
