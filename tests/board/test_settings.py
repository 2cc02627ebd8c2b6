"""Settings in two copies on flash: the newer good one holds, and power may fail at any byte of a change."""

import faulthandler
import mmap
import multiprocessing
import os
from binascii import crc32
from pathlib import Path

import pytest
from littlefs import LittleFS
from littlefs.context import UserContext

from assemble import load, part
from pumpcore.events import RESET, SETTINGS_LOST, WATCHDOG
from pumpcore.setup import SetupError

KEY = bytes(range(16))


@pytest.fixture
def module(rig):
    return load(rig, "board.settings")


def saved(module, **values):
    settings = module.Settings()
    for name, value in values.items():
        setattr(settings, name, value)
    settings.save()
    return settings


def values(settings):
    return {
        name: getattr(settings, name)
        for name in ("step_pl", "count_pl", "reservoir_ul", "occlusion_pa", "bubble_ul", "compliance_nl_kpa", "key")
    }


BUILT = {
    "step_pl": 173_530,
    "count_pl": 135_434,
    "reservoir_ul": 50_000,
    "occlusion_pa": 40_000,
    "bubble_ul": 100,
    "compliance_nl_kpa": 21_715,
    "key": b"",
}
FIRST = {
    "step_pl": 173_412,
    "count_pl": 135_341,
    "reservoir_ul": 20_000,
    "occlusion_pa": 60_000,
    "bubble_ul": 50,
    "compliance_nl_kpa": 3_100,
    "key": KEY,
}
SECOND = {**FIRST, "step_pl": 171_000, "key": b""}


def test_a_new_pump_is_as_built_and_has_lost_nothing(module):
    settings = module.Settings()
    assert (values(settings), settings.lost, settings.reset) == (BUILT, False, 0)


def test_what_is_saved_is_read_again_and_the_newer_holds(module):
    saved(module, **FIRST, reset=WATCHDOG)
    settings = module.Settings()
    assert (values(settings), settings.reset, settings.lost) == (FIRST, WATCHDOG, False)
    for step_pl in (1_000, 2_000, 3_000):
        saved(module, step_pl=step_pl)
        assert module.Settings().step_pl == step_pl
    assert [int(Path(name).read_bytes().split()[0]) for name in module.FILES] == [2, 3]


@pytest.mark.parametrize("which", [0, 1])
def test_power_that_fails_at_any_byte_of_a_change_leaves_the_one_before(module, which):
    """On a file system that writes byte after byte."""
    for _ in range(1 + which):
        saved(module, **FIRST)
    before = [Path(name).read_bytes() if Path(name).exists() else None for name in module.FILES]
    changed = saved(module, **SECOND)
    whole = Path(module.FILES[changed.holds]).read_bytes()
    other = Path(module.FILES[1 - changed.holds])
    assert other.read_bytes() == before[1 - changed.holds]
    for length in range(len(whole)):
        Path(module.FILES[changed.holds]).write_bytes(whole[:length])
        settings = module.Settings()
        assert (values(settings), settings.lost) == (FIRST, False), length
        settings.save()  # and the next change finds its place
        assert values(module.Settings()) == FIRST
        other.write_bytes(before[1 - changed.holds])


@pytest.mark.parametrize("bit", range(8))
def test_any_flipped_bit_makes_a_copy_bad(module, bit):
    saved(module, **FIRST)
    saved(module, **SECOND)
    newer = Path(module.FILES[1])
    whole = newer.read_bytes()
    for at in range(len(whole)):
        flipped = bytearray(whole)
        flipped[at] ^= 1 << bit
        newer.write_bytes(flipped)
        assert values(module.Settings()) == FIRST, at


def test_with_both_copies_bad_it_is_as_built_says_so_and_nobody_has_its_key(module):
    saved(module, **FIRST)
    saved(module, **FIRST)
    for name in module.FILES:
        Path(name).write_bytes(b"?")
    settings = module.Settings()
    assert settings.lost
    assert {**values(settings), "key": b""} == BUILT
    assert len(settings.key) == 16 and settings.key != KEY
    assert settings.key != module.Settings().key


def test_a_copy_of_a_firmware_that_knew_fewer_settings_holds_with_the_others_as_built(module):
    line = b"7 171000 133460 20000 60000 50 " + KEY.hex().encode() + b" 1"
    Path(module.FILES[0]).write_bytes(line + b" *%08X" % crc32(line))
    settings = module.Settings()
    assert values(settings) == {**FIRST, "step_pl": 171_000, "count_pl": 133_460, "compliance_nl_kpa": 21_715}
    assert (settings.reset, settings.count, settings.lost) == (1, 7, False)
    settings.save()
    assert values(module.Settings()) == values(settings)


@pytest.mark.parametrize("line", [b"7 - 1", b"7 1 2 3 4 5 6 7 - 1"])
def test_one_that_knows_none_or_more_is_bad(module, line):
    Path(module.FILES[0]).write_bytes(line + b" *%08X" % crc32(line))
    assert module.Settings().lost


def test_a_change_from_the_prompt_holds_from_the_next_power_on(module):
    module.change(step_pl=171_000, count_pl=133_460, key=KEY.hex())
    settings = module.Settings()
    assert (settings.step_pl, settings.key, settings.reservoir_ul) == (171_000, KEY, 50_000)
    module.change(key="")
    assert module.Settings().key == b""


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"step_pl": 160_000}, "count_pl is 133460, with step_pl=160000 it must be 124875 or within 1 percent"),
        ({"count_pl": 13_346}, "give both"),
        ({"step_pl": 0}, "step_pl is 0, must be 1 to 235000"),
        ({"occlusion_pa": 200_000}, "occlusion_pa is 200000"),
        ({"compliance_nl_kpa": 99}, "compliance_nl_kpa is 99"),
        ({"step_pl": "173530"}, "no setting step_pl='173530'"),
        ({"stp_pl": 1}, "no setting stp_pl=1"),
        ({"key": "00g0"}, "hexadecimal digits"),
        ({"key": "00" * 65}, "64 bytes at most"),
    ],
)
def test_a_change_that_cannot_be_is_one_line_and_changes_nothing(module, change, says):
    module.change(step_pl=171_000, count_pl=133_460)
    before = [Path(name).read_bytes() for name in module.FILES if Path(name).exists()]
    with pytest.raises((ValueError, SetupError), match=says) as caught:
        module.change(**change)
    assert "\n" not in str(caught.value)
    assert [Path(name).read_bytes() for name in module.FILES if Path(name).exists()] == before


def test_a_pump_that_has_lost_its_settings_wants_to_be_told_its_key(module):
    Path(module.FILES[0]).write_bytes(b"")
    with pytest.raises(ValueError, match="lost"):
        module.change(step_pl=171_000, count_pl=133_460)
    module.change(step_pl=171_000, count_pl=133_460, key="")
    settings = module.Settings()
    assert (settings.step_pl, settings.key, settings.lost) == (171_000, b"", False)


# On the board


@pytest.mark.parametrize(("reset", "cause"), [(1, 0), (3, WATCHDOG), (2, RESET)])
def test_why_the_pump_was_reset_is_noted_and_said(rig, reset, cause):
    rig.cause = reset
    port = load(rig)
    assert port.Board().cause() == cause
    rig.cause = 1
    assert port.Board().cause() == 0
    assert port.Board().settings.reset == cause  # the last, for whoever reads the file


def test_flash_that_cannot_be_written_stops_nothing(rig, monkeypatch):
    rig.cause = 3
    port = load(rig)

    def full(self):
        raise OSError(28)

    monkeypatch.setattr(part("settings").Settings, "save", full)
    assert port.Board().cause() == WATCHDOG


def test_the_setup_and_the_session_are_those_of_the_settings(rig, module):
    module.change(
        step_pl=171_000,
        count_pl=133_460,
        reservoir_ul=20_000,
        occlusion_pa=60_000,
        bubble_ul=50,
        compliance_nl_kpa=3_100,
        key=KEY.hex(),
    )
    board = load(rig).Board()
    setup = board.setup()
    assert (setup.step_pl, setup.reservoir_ul, setup.occlusion_pa, setup.bubble_ul) == (171_000, 20_000, 60_000, 50)
    assert setup.compliance_nl_kpa == 3_100
    assert (setup.steps_per_turn, setup.back_off, setup.air_test, setup.signal_test) == (3_200, 1, 1, 1)
    assert board.session().key == KEY


def test_lost_settings_are_said(rig, module):
    Path(module.FILES[0]).write_bytes(b"half a cop")
    board = load(rig).Board()
    assert board.cause() == SETTINGS_LOST
    assert len(board.session().key) == 16


# On the board's own file system, littlefs


class Flash(UserContext):
    """Loses its power after so many bytes, in the midst of a write or an erase; what comes after does nothing.
    littlefs swallows exceptions of its callbacks, so a lost power is the error EIO, and so is all after it. `image` is
    shared memory: a process that had no power may have been ended."""

    def __init__(self, image, left):
        self.buffer = image
        self.left = left  # bytes

    def prog(self, cfg, block, off, data):
        return self._write(block * cfg.block_size + off, bytes(data))

    def erase(self, cfg, block):
        return self._write(block * cfg.block_size, b"\xff" * cfg.block_size)

    def _write(self, at, data):
        kept = min(len(data), self.left)
        self.buffer[at : at + kept] = data[:kept]
        self.left -= kept
        return 0 if kept == len(data) else -5


def blank():
    image = mmap.mmap(-1, 4096 * 16)
    image[:] = b"\xff" * len(image)
    return image


def mounted(image, left=10**9):
    """As the port's _boot.py does: reads of 32 bytes, writes of 256; a new one is formatted."""
    sizes = {"block_size": 4096, "block_count": 16, "read_size": 32, "prog_size": 256, "cache_size": 1024}
    return LittleFS(context=Flash(image, left), **sizes)


def on(file_system, module):
    """Let the module have this file system."""

    def opened(name, mode):
        try:
            return file_system.open(name, mode)
        except FileNotFoundError as error:
            raise OSError(2) from error

    module.open = opened
    return module


def change_until(image, left, module):
    """In a process of its own, since closing a file without power may end it. 0 if the power was enough."""
    faulthandler.disable()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    file_system = mounted(image, left)
    saved(on(file_system, module), **SECOND)
    os._exit(0 if file_system.context.left else 1)


def test_power_that_fails_at_any_byte_of_littlefs_leaves_the_one_before_or_the_change(module, record_property):
    fork = multiprocessing.get_context("fork")
    first = blank()
    saved(on(mounted(first), module), **FIRST)
    found = []
    for left in range(0, 10_000, 3):  # every third, to be quick
        image = blank()
        image[:] = first[:]
        process = fork.Process(target=change_until, args=(image, left, module))
        process.start()
        process.join()
        settings = on(mounted(image), module).Settings()
        assert not settings.lost
        assert values(settings) in (FIRST, SECOND)
        found.append(values(settings))
        if process.exitcode == 0:
            break
    assert process.exitcode == 0 and found[0] == FIRST and found[-1] == SECOND
    record_property("figure", f"settings on littlefs: power cut {len(found)} times within {left} bytes, nothing lost")
