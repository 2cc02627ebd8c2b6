"""The same pumpcore on three interpreters: equal outputs to the byte, and no allocation in the loop.

CPython, 64-bit MicroPython, 32-bit MicroPython. One that cannot be had is skipped and named; with
REQUIRE_INTERPRETERS set, as .ci/run does, that is a failure.
"""

import ast
import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from lacking import lacking, micropython_64

import pumpcore
import pumpsim
from pumpcore.alarms import AIR_BUBBLE, INFUSION_COMPLETE, INFUSION_NEAR_END, OCCLUSION_DOWNSTREAM
from pumpcore.commands import TABLE
from pumpcore.records import REFUSED_HERE
from pumpcore.setup import Setup
from pumpcore.states import ALARM, INFUSING, KVO, PAUSED, PUMPING, RELIEF, REQUESTS, STATE_NAMES
from pumpsim.loading import load
from pumpsim.rig import setup_of
from record import FIELDS, STORY, TRACE, record
from traffic import TRAFFIC, talk

HERE = Path(__file__).parent
FIRMWARE = Path(pumpcore.__file__).parents[1]
HASHING = FIRMWARE / "board/hashing.py"
FOLDERS = f"{FIRMWARE}:{HASHING.parent}"  # modules are found there
BOOK = sorted((Path(pumpsim.__file__).parents[1] / "scenarios").glob("*.toml"))
NODE_FOLDER = Path(sys.prefix) / "node"  # where `make` puts the npm package
WASM = NODE_FOLDER / "node_modules/@micropython/micropython-webassembly-pyscript/micropython.mjs"


def output_of(command, folder, **environment):
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
    return done.stdout


def on_cpython(script):
    return output_of([sys.executable, script], HERE, PYTHONPATH=FOLDERS)


def on_micropython_64(script):
    return output_of([str(micropython_64()), script], HERE, MICROPYPATH=FOLDERS)


def on_micropython_32(script):
    if not shutil.which("node"):
        lacking("no 32-bit MicroPython: it needs Node.js")
    if not WASM.exists():
        lacking("no 32-bit MicroPython: make .venv/.node-ready installs it with npm")
    command = ["node", str(HERE / "run32.mjs"), str(FIRMWARE), *map(str, (HERE / script, TRACE, TRAFFIC, HASHING))]
    return output_of(command, NODE_FOLDER)


@pytest.fixture(scope="module")
def reference():
    return on_cpython("replay.py")


@pytest.mark.parametrize("run", [on_micropython_64, on_micropython_32], ids=["64-bit", "32-bit"])
def test_outputs_are_equal_byte_for_byte(run, reference, record_property):
    output = run("replay.py")
    assert output == reference
    steps = reference.count("\n")
    record_property("figure", f"{run.__name__}: {steps} steps, {len(output)} bytes, equal to those on_cpython")


@pytest.fixture(scope="module")
def said():
    return on_cpython("answer.py")


@pytest.mark.parametrize("run", [on_micropython_64, on_micropython_32], ids=["64-bit", "32-bit"])
def test_a_host_is_answered_alike_byte_for_byte(run, said, record_property):
    output = run("answer.py")
    assert output == said
    lines = [line for line in said.splitlines() if "<" in line]
    record_property("figure", f"{run.__name__}: {len(lines)} replies to a recorded host, equal to those on_cpython")


def test_the_traffic_is_what_the_host_says_today(said):
    """If not: PYTHONPATH=tests python tests/portable/traffic.py. Also, the board's own HMAC, which answers here, is
    Python's, which the host was recorded with."""
    lines, replies = talk()
    assert TRAFFIC.read_text(encoding="ascii") == "".join(lines)
    assert [line.split("<")[1] for line in said.splitlines() if "<" in line] == replies


def test_the_traffic_has_what_it_should(said):
    """Every command done and refused, sessions, a key of the pump in between, junk, and a clock that wraps."""
    lines = TRAFFIC.read_text(encoding="ascii").splitlines()
    heard = b"".join(bytes.fromhex(line.split()[2]) for line in lines if len(line.split()) > 2)
    for command in TABLE:
        assert b" " + command.word + b" " in heard
    for why in ("unknown", "fields", "session", "stale", "digest", "lapsed", "event", "state"):
        assert f" no {why} " in said
    clocks = [int(line.split()[0]) for line in lines]
    assert sum(after < before for before, after in pairwise(clocks)) == 1
    assert any(line.split()[1] != "0" for line in lines)
    assert heard.count(b" open ") >= 3 and b"\xff" in heard


def test_the_trace_is_what_the_story_gives_today():
    """A change of the controller or the plant that alters its inputs must be recorded anew."""
    assert TRACE.read_text(encoding="ascii") == "".join(record())


def test_the_replay_uses_the_setup_of_the_story():
    """The numbers that replay.py has to write out, as it cannot import the simulator."""
    written = ast.parse((HERE / "replay.py").read_text(encoding="utf-8"))
    given = next(ast.literal_eval(node.value) for node in written.body if isinstance(node, ast.Assign))
    assert vars(Setup(173_531, 50_000, **given)) == vars(setup_of(load(STORY)))


def test_the_trace_holds_what_it_should(reference):
    """A start, rates, a refusal, a pause, air, an occlusion, the end, KVO, a stop and a clock that wraps."""
    outputs = [line.split() for line in reference.splitlines()]
    assert {int(line[1]) for line in outputs} >= {INFUSING, KVO, PAUSED, ALARM, RELIEF}
    alarms = 0
    for line in outputs:
        alarms |= int(line[8])
    for code in (OCCLUSION_DOWNSTREAM, AIR_BUBBLE, INFUSION_NEAR_END, INFUSION_COMPLETE):
        assert alarms & 1 << code
    assert any(int(line[2]) == REFUSED_HERE for line in outputs)
    assert len({line[3] for line in outputs}) >= 5  # rates
    header, *lines = TRACE.read_text(encoding="ascii").splitlines()
    assert header.split()[1:] == list(FIELDS)
    clocks = [int(line.split()[0]) for line in lines]
    assert sum(after < before for before, after in pairwise(clocks)) == 1
    requests = {int(line.split()[1 + FIELDS.index("request")]) for line in lines}
    assert requests == set(range(REQUESTS + 1))
    assert {line[-8] for line in outputs} == {"1"}  # the guard lets it run


@pytest.fixture(scope="module")
def allocation():
    return [line.split() for line in on_micropython_32("allocation.py").splitlines()]


def test_a_steady_step_allocates_nothing_on_32_bits(allocation, record_property):
    cases = [line for line in allocation if line[0] not in ("CONTROL", "REQUEST")]
    assert {line[0] for line in cases} == {name for name, moves in zip(STATE_NAMES, PUMPING, strict=True) if moves}
    assert len(cases) == 51
    assert [line for line in cases if line[4] != "0"] == []
    steps = sum(int(line[3]) for line in cases)
    record_property("figure", f"allocation on 32 bits: 0 bytes in {steps} steps, {len(cases)} cases")


def test_a_frame_and_its_reply_allocate_little(allocation, record_property):
    """The checks, and what they are taken of; not the frame, nor its numbers."""
    used = {line[1]: int(line[4]) for line in allocation if line[0] == "REQUEST"}
    assert set(used) == {"status", "senses", "program", "alive"}
    assert all(0 < count <= 320 for count in used.values())
    told = ", ".join(f"{word} {count}" for word, count in used.items())
    record_property("figure", f"allocation on 32 bits, bytes a frame with its reply: {told}")


def test_settings_are_kept_the_same_under_micropython(tmp_path):
    """What it writes CPython reads, and what cannot be is refused in the same words."""
    here, there = tmp_path / "here", tmp_path / "there"
    said = []
    for folder, command in ((here, [sys.executable]), (there, [str(micropython_64())])):
        folder.mkdir()
        paths = {"PYTHONPATH": str(FIRMWARE), "MICROPYPATH": str(FIRMWARE)}
        said.append(output_of([*command, str(HERE / "settings.py")], folder, **paths))
    assert said[0] == said[1]
    assert "count_pl is 133460" in said[0] and "True 16" in said[0]
    names = ["settings.0", "settings.1"]
    assert [(here / name).read_bytes() for name in names] == [(there / name).read_bytes() for name in names]


def test_the_drivers_of_a_board_allocate_nothing_either_on_32_bits(record_property):
    """With the interpreter's own framebuf, and stand-ins for the chip."""
    *parts, control = [line.split() for line in on_micropython_32("board_allocation.py").splitlines()]
    assert [part for part in parts if part[2] != "0"] == []
    assert [name for name, _, _ in parts] == ["read", "obey", "draw", "tell", "enter"]
    assert control[0] == "CONTROL" and int(control[2]) >= 16 * int(control[1])
    record_property("figure", f"allocation of the drivers on 32 bits: 0 bytes in {parts[0][1]} turns of each")


def test_the_measure_sees_an_allocation(allocation):
    name, _, _, steps, used = allocation[-1][:5]
    assert name == "CONTROL"
    assert int(used) >= 16 * int(steps)
