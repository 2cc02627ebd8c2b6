"""The firmware by hand: the two commands of mpremote that firmware/README.md gives, onto MicroPython's own file system;
and what then lies there runs the pump.

The board is MicroPython for unix on a pseudo terminal, its root a littlefs as large as a Pico's. Two things differ: the
words `connect PORT resume`, as a PC's interpreter has no soft reset, and what stands in for `machine`.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tty
from pathlib import Path

import pytest
from lacking import micropython_64
from littlefs import LittleFS

from assemble import Rig, load
from pumphost.flashing.files import firmware_files
from pumpsim import CPYTHON, MICROPYTHON
from pumpsim.loading import load as load_story
from pumpsim.run import simulate

ROOT = Path(__file__).parents[2]
README = ROOT / "firmware/README.md"
STORY = ROOT / "sim/scenarios/heparin-clamp-closed.toml"
BLOCK, BLOCKS = 4_096, 352  # what a Pico's image leaves of 2 MB
SEAL = "code.sum"
MOUNT = f"""
import os, sys, vfs


class Flash:
    def __init__(self):
        self.file = open("flash.bin", "r+b")

    def readblocks(self, number, buffer, offset=0):
        self.file.seek(number * {BLOCK} + offset)
        self.file.readinto(buffer)

    def writeblocks(self, number, buffer, offset=0):
        self.file.seek(number * {BLOCK} + offset)
        self.file.write(buffer)

    def ioctl(self, what, value):
        return {BLOCKS} if what == 4 else {BLOCK} if what == 5 else 0


class machine:
    reset = sys.exit


flash = Flash()
vfs.VfsLfs2.mkfs(flash)
vfs.umount("/")
vfs.mount(flash, "/")
os.chdir("/")
sys.path[:] = ["", ".frozen", "/lib"]
sys.modules["machine"] = machine
"""


def commands():
    """Of mpremote, as the README has them, one after the other."""
    lines = (line.strip() for line in README.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line.startswith("mpremote mip") or "seal()" in line]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with what is on the flash after all of that."""
    folder = tmp_path_factory.mktemp("mip")
    (folder / "mount.py").write_text(MOUNT)
    (folder / "flash.bin").write_bytes(b"\xff" * BLOCK * BLOCKS)
    board, host = os.openpty()
    tty.setraw(host)
    interpreter = subprocess.Popen(
        [micropython_64(), "-i", "mount.py"], stdin=board, stdout=board, stderr=board, cwd=folder
    )
    try:
        for command in commands():
            _, *words = shlex.split(command)
            mpremote = [sys.executable, "-m", "mpremote", "connect", os.ttyname(host), "resume"]
            done = subprocess.run([*mpremote, *words], cwd=ROOT, capture_output=True, text=True, check=False)
            assert (done.returncode, done.stderr) == (0, ""), done.stdout
        assert interpreter.wait(timeout=5) == 0  # it was reset
    finally:
        interpreter.kill()
        os.close(board)
        os.close(host)
    unpack(folder / "flash.bin", folder / "files")
    return folder / "files"


def unpack(image, folder):
    """By littlefs' own code, not MicroPython's."""
    flash = LittleFS(block_size=BLOCK, block_count=BLOCKS, mount=False)
    flash.context.buffer = bytearray(image.read_bytes())
    flash.mount()
    for place, _, names in flash.walk("/"):
        for name in names:
            path = folder / place.strip("/") / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with flash.open(f"{place}/{name}", "rb") as file:
                path.write_bytes(file.read())


def test_the_readme_has_both():
    assert [command.split()[1] for command in commands()] == ["mip", "exec"]


def test_the_files_are_those_that_flash_writes(installed):
    there = {path.relative_to(installed).as_posix(): path.read_bytes() for path in installed.rglob("*.*")}
    assert there.pop(SEAL)
    assert there == {file.name: file.content for file in firmware_files()}


def test_they_are_sealed(installed, monkeypatch):
    monkeypatch.chdir(installed)
    code = load(Rig(), "board.code")
    assert code.Code().sum == code.sealed_sum() > 1


def test_they_run_the_pump(installed, tmp_path, monkeypatch):
    """With the one file beside them that makes a PC a board: the same events as of the sources, byte for byte."""
    simulate(load_story(STORY), engine=CPYTHON).write(tmp_path / CPYTHON)
    firmware = shutil.copytree(installed, tmp_path / "installed")
    shutil.copy(ROOT / "firmware/board/unix.py", firmware / "board")
    monkeypatch.setattr("pumpsim.engine.FIRMWARE", firmware)
    monkeypatch.setattr("pumpsim.engine.SOURCES", firmware)
    simulate(load_story(STORY), engine=MICROPYTHON).write(tmp_path / MICROPYTHON)
    for file in ("trace.csv", "events.csv"):
        assert (tmp_path / MICROPYTHON / file).read_bytes() == (tmp_path / CPYTHON / file).read_bytes()
