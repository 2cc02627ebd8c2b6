"""What a machine may lack: a test that needs it skips and says so, or fails where REQUIRE_INTERPRETERS is set."""

import os

import pytest

from pumpsim.engine import find_micropython
from pumpsim.errors import NoInterpreter


def lacking(what):
    if os.environ.get("REQUIRE_INTERPRETERS"):
        pytest.fail(f"{what}, and REQUIRE_INTERPRETERS is set")
    pytest.skip(what)


def micropython_64():
    try:
        return find_micropython()
    except NoInterpreter as error:
        return lacking(str(error))
