"""The firmware as bytecode: the same pump, by the same names, the same bytes each time."""

import shutil
import subprocess
from pathlib import Path

import pytest
from lacking import micropython_64

from pumphost.errors import NotDone
from pumphost.flashing.compiling import VERSION, compiled
from pumphost.flashing.files import File, firmware_files
from pumpsim import CPYTHON, MICROPYTHON
from pumpsim.loading import load
from pumpsim.run import simulate

ROOT = Path(__file__).parents[2]
STORY = ROOT / "sim/scenarios/heparin-clamp-closed.toml"


@pytest.fixture(scope="module")
def files():
    return compiled(firmware_files())


def test_all_but_what_starts_is_compiled_in_the_same_order_and_the_same_each_time(files):
    sources = firmware_files()
    assert [file.name.removesuffix(".mpy") for file in files[:-2]] == [
        file.name.removesuffix(".py") for file in sources[:-2]
    ]
    assert files[-2:] == sources[-2:]
    assert files == compiled(sources)


def test_its_version_is_the_one_that_interpreters_of_today_read(files):
    assert {file.content[:2] for file in files[:-2]} == {bytes([ord("M"), VERSION])}
    asks = "import sys; print(sys.implementation._mpy & 0xFF)"
    said = subprocess.run([micropython_64(), "-c", asks], capture_output=True, text=True, check=True)
    assert int(said.stdout) == VERSION


def test_it_runs_the_pump(files, tmp_path, monkeypatch):
    """With the one file that makes a PC a board: the same events as of the sources, byte for byte."""
    firmware = tmp_path / "firmware"
    for file in files:
        (firmware / file.name).parent.mkdir(parents=True, exist_ok=True)
        (firmware / file.name).write_bytes(file.content)
    shutil.copy(ROOT / "firmware/board/unix.py", firmware / "board")
    simulate(load(STORY), engine=CPYTHON).write(tmp_path / CPYTHON)
    monkeypatch.setattr("pumpsim.engine.FIRMWARE", firmware)
    monkeypatch.setattr("pumpsim.engine.SOURCES", firmware)
    simulate(load(STORY), engine=MICROPYTHON).write(tmp_path / MICROPYTHON)
    for file in ("trace.csv", "events.csv"):
        assert (tmp_path / MICROPYTHON / file).read_bytes() == (tmp_path / CPYTHON / file).read_bytes()


def test_what_cannot_be_compiled_is_one_line():
    with pytest.raises(NotDone, match=r"^board/code.py cannot be compiled: SyntaxError: invalid syntax$"):
        compiled([File("board/code.py", b"def\n")])
