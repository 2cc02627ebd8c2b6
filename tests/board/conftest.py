"""A Pico with its encoder and display, wired up; `board` is made afresh, with the guard running beside it."""

import pytest

from assemble import Rig, load
from parts import As5600, Ssd1306


@pytest.fixture(autouse=True)
def flash(tmp_path, monkeypatch):
    """An empty flash of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def rig():
    rig = Rig()
    rig.chips = {0x36: As5600(), 0x3C: Ssd1306()}
    rig.levels[21] = 0  # a syringe is in
    return rig


@pytest.fixture
def port(rig):
    return load(rig)


@pytest.fixture
def board(port):
    board = port.Board()
    board.guard(board.setup())
    return board
