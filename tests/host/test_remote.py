"""The commands for a pump, as a user calls them, with a pump on the desk at the end of the line."""

import json
import subprocess
import sys
from functools import partial
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from host.desk import Desk

from pumphost.cli import main
from pumphost.line import COMMANDS, PortError, open_port
from pumphost.pump import Pump
from pumphost.remote.reach import BOARDS

KEY = bytes(range(16))


@pytest.fixture
def desk(monkeypatch):
    """The pump that any port leads to."""
    return at_the_port(monkeypatch, Desk())


def at_the_port(monkeypatch, desk):
    monkeypatch.setattr("pumphost.remote.reach.Pump", partial(Pump, patience_s=0))
    monkeypatch.setattr("pumphost.pump.open_port", lambda port: desk)
    monkeypatch.setenv("OPENINFUSE_PORT", "desk")
    monkeypatch.delenv("OPENINFUSE_KEY", raising=False)
    return desk


def run(*words, says=None):
    return CliRunner().invoke(main, [str(word) for word in words], input=says)


def ok(*words, says=None):
    done = run(*words, says=says)
    assert done.exit_code == 0, done.output
    return done.stdout


def check(done, code, *says):
    """One line on stderr, and nothing else."""
    assert done.exit_code == code, done.output
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    for words in says:
        assert words in done.stderr


def programmed(desk):
    dose = desk.controller.dose
    return dose.rate_cml_h, dose.left_ul(), dose.kvo_cml_h


# Two steps


def test_from_program_to_stop(desk):
    digest = json.loads(ok("program", "--rate", 12.5, "--vtbi", 10, "--kvo", 1, "--json"))["digest"]
    assert programmed(desk) == (0, 0, 0)
    assert ok("confirm", digest) == "READY\n"
    assert programmed(desk) == (1_250, 10_000, 100)
    assert ok("start") == "INFUSING\n"
    assert ok("pause") == "PAUSED\n"
    assert ok("rate", 20, "--yes").endswith("PAUSED\n")
    assert ok("resume") == "INFUSING\n"
    assert desk.outputs.rate_cml_h == 2_000
    assert ok("acknowledge") == "INFUSING\n"
    assert ok("silence") == "INFUSING\n"
    assert ok("stop") == "IDLE\n"
    assert ok("stop") == "IDLE\n"
    assert ok("reload") == "IDLE\n"


def test_without_a_terminal_the_digest_is_printed_and_nothing_confirmed(desk):
    told = ok("program", "--vtbi", 10, "--rate", 20)
    for words in ("20 mL/h", "10 mL", "0:30:00 h:min:s", "KVO", "none"):
        assert words in told
    assert "20.0" not in told
    digest = told.split("openinfuse confirm ")[1].strip()
    assert told.count(digest) == 2
    assert programmed(desk) == (0, 0, 0)
    assert ok("confirm", digest) == "READY\n"


@pytest.mark.parametrize(("answer", "confirmed"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_on_a_terminal_it_asks(desk, monkeypatch, answer, confirmed):
    monkeypatch.setattr("pumphost.remote.commands.on_a_terminal", lambda: True)
    done = run("program", "--rate", 20, "--vtbi", 10, says=answer)
    assert "Is this what you mean? [y/N]" in done.stdout
    assert programmed(desk) == ((2_000, 10_000, 0) if confirmed else (0, 0, 0))
    assert done.exit_code == (0 if confirmed else 1)
    assert done.stdout.endswith("READY\n") == confirmed
    assert ("nothing is confirmed; what waits lapses within a minute" in done.stderr) != confirmed


def test_yes_confirms_at_once(desk):
    told = ok("program", "--rate", 20, "--vtbi", 10, "--yes")
    assert told.endswith("READY\n") and "confirm" not in told
    assert programmed(desk) == (2_000, 10_000, 0)
    reading = json.loads(ok("program", "--rate", 20, "--vtbi", 10, "--kvo", 0.5, "--yes", "--json"))
    digest = reading.pop("digest")
    assert reading == {"rate_ml_h": 20.0, "vtbi_ml": 10.0, "kvo_ml_h": 0.5, "duration_s": 1_800, "state": "READY"}
    assert len(digest) == 8


def test_a_pump_that_reads_it_otherwise_is_never_told_yes(desk, monkeypatch):
    """Ten times the rate: the pump's reading is what counts."""
    waiting = desk.pump.link.waiting
    hold = waiting.program
    monkeypatch.setattr(waiting, "program", lambda now, rate, vtbi, kvo: hold(now, rate * 10, vtbi, kvo))
    done = run("program", "--rate", 5, "--vtbi", 10, "--yes")
    assert done.exit_code == 1
    assert "50 mL/h" in done.stdout
    assert done.stderr == "Error: the pump reads it otherwise than it was asked: nothing is confirmed\n"
    done = run("program", "--rate", 5, "--vtbi", 10)
    assert done.exit_code == 0
    assert done.stderr == "the pump reads it otherwise than it was asked\n"
    assert programmed(desk) == (0, 0, 0)


def test_a_time_instead_of_a_rate(desk):
    done = run("program", "--vtbi", 10, "--over", "7min", "--yes")
    assert done.stderr == "10 mL over 7min is 85.71 mL/h, rounded down\n"
    assert programmed(desk) == (8_571, 10_000, 0)


def test_a_digest_that_is_not_the_one_that_waits(desk):
    check(run("confirm", "00000000"), 1, "confirm: nothing waits to be confirmed, or it has lapsed after a minute")
    ok("program", "--rate", 20, "--vtbi", 10)
    check(run("confirm", "00000000"), 1, "confirm: the digest is not that of what waits to be confirmed")
    assert programmed(desk) == (0, 0, 0)


# Reading


def test_info_says_who_may_command(desk, monkeypatch):
    assert "no key: whoever is at the other end of the cable may command it" in ok("info")
    assert json.loads(ok("info", "--json")) == {
        "protocol": 1,
        "keyed": False,
        "step_pl": 173_530,
        "reservoir_ml": 50.0,
        "most_rate_ml_h": 1_200.0,
        "occlusion_kpa": 40.0,
        "bubble_ul": 100,
    }
    at_the_port(monkeypatch, Desk(key=KEY))
    told = ok("info")
    assert "has a key" in told and "no key" not in told


def test_status_is_what_a_person_reads(desk):
    ok("program", "--rate", 20, "--vtbi", 10, "--yes")
    ok("start")
    desk.inputs.pressure_pa, desk.inputs.on_mains = 12_340, 0
    for _ in range(20):
        desk.step(100)
    told = " ".join(ok("status").split())
    for words in ("INFUSING", "20 mL/h", "mL since power-on", "0:2", "h:min:s", "12.34 kPa", "Running on battery"):
        assert words in told
    ok("silence")
    ok("pause")
    ok("rate", 5)
    told = " ".join(ok("status").split())
    assert "0 mL/h" in told and "a prescription waits to be confirmed" in told
    assert "h:min:s" not in told


def test_status_as_json_has_stable_names(desk):
    told = json.loads(ok("status", "--json"))
    assert list(told) == [
        "state",
        "rate_ml_h",
        "pumped_ml",
        "left_ml",
        "alarm",
        "alarm_text",
        "silent",
        "waiting",
        "left_s",
        "alarms",
        "reason",
        "free_ml",
        "clock_s",
        "pressure_kpa",
        "air_permille",
        "battery_v",
        "housing_c",
        "on_mains",
    ]
    assert (told["state"], told["left_s"], told["alarms"], told["battery_v"]) == ("IDLE", None, [], 8.4)


def test_free_flow_and_silence_are_shown(desk, monkeypatch):
    desk.outputs.free_ul = 30
    monkeypatch.setattr(desk.controller, "_report", lambda outputs: setattr(outputs, "silent", 1))
    told = " ".join(ok("status").split())
    assert "free flow 0.03 mL flowed by itself" in told and "audio paused" in told


def test_log_names_what_happened(desk):
    ok("program", "--rate", 20, "--vtbi", 10, "--yes")
    run("resume")
    told = " ".join(ok("log").split())
    assert "0:00:00 request PROGRAM ACCEPTED" in told
    assert "0:00:00 request RESUME REFUSED_HERE" in told
    first, *_ = json.loads(ok("log", "--json"))
    assert first == {"number": 0, "clock_s": 0.0, "kind": "link", "code": "BOOT", "value": ""}


# Which port, which key


def usb(device, vid=None, description="n/a"):
    return SimpleNamespace(device=device, vid=vid, pid=5, description=description)


PICO = usb("/dev/ttyACM7", BOARDS[0], "Board in FS mode")
BRIDGE = usb("/dev/ttyUSB0", 0x10C4, "CP2102")
BUILT_IN = usb("/dev/ttyS0")


@pytest.fixture
def plugged_in(desk, monkeypatch):
    """The ports of this computer; `opened` is which of them was."""
    monkeypatch.delenv("OPENINFUSE_PORT")
    here = SimpleNamespace(ports=[], opened=[])
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: here.ports)
    monkeypatch.setattr("pumphost.pump.open_port", lambda port: here.opened.append(port) or desk)
    return here


@pytest.mark.parametrize(
    ("ports", "opened"),
    [([BUILT_IN, BRIDGE, PICO], "/dev/ttyACM7"), ([BRIDGE, BUILT_IN], "/dev/ttyUSB0"), ([PICO], "/dev/ttyACM7")],
)
def test_the_port_that_must_be_meant_is_used_and_said(plugged_in, ports, opened):
    plugged_in.ports = ports
    done = run("status")
    assert done.exit_code == 0
    assert done.stderr == f"pump at {opened}\n"
    assert plugged_in.opened == [opened]


@pytest.mark.parametrize(
    ("ports", "says"),
    [
        ([], "no serial port is here: plug the pump in; if it is elsewhere, name it with --port or OPENINFUSE_PORT"),
        ([BUILT_IN], "no USB port is here; if the pump is at another (/dev/ttyS0), name it with --port"),
        ([PICO, usb("/dev/ttyACM8", BOARDS[1])], "(/dev/ttyACM7, /dev/ttyACM8): name it with --port"),
        ([BRIDGE, usb("/dev/ttyUSB1", 0x0403)], "(/dev/ttyUSB0, /dev/ttyUSB1): name it with --port"),
    ],
)
def test_no_port_is_guessed(plugged_in, ports, says):
    plugged_in.ports = ports
    check(run("stop"), 3, says)
    assert plugged_in.opened == []


def test_a_port_that_is_named_is_used(plugged_in, monkeypatch):
    plugged_in.ports = [PICO, BRIDGE]
    assert ok("stop", "--port", "COM3") == "IDLE\n"
    monkeypatch.setenv("OPENINFUSE_PORT", "COM4")
    assert ok("stop") == "IDLE\n"
    assert plugged_in.opened == ["COM3", "COM4"]


def test_ports_are_listed_boards_first(plugged_in):
    plugged_in.ports = [BUILT_IN, BRIDGE, PICO]
    told = ok("ports")
    assert told.index("ttyACM7") < told.index("ttyUSB0") < told.index("ttyS0")
    assert "Board in FS mode" in told and "2E8A:0005" in told and "n/a" not in told
    assert json.loads(ok("ports", "--json"))[0] == {
        "port": "/dev/ttyACM7",
        "description": "Board in FS mode",
        "usb": "2E8A:0005",
        "board": True,
    }
    plugged_in.ports = []
    check(run("ports"), 0, "no serial port is here: plug the pump in")
    assert ok("ports", "--json") == "[]\n"


def test_a_pump_with_a_key(monkeypatch, tmp_path):
    at_the_port(monkeypatch, Desk(key=KEY))
    (tmp_path / "key").write_text(KEY.hex() + "\n")
    (tmp_path / "other").write_text(KEY[::-1].hex())
    check(run("program", "--rate", 5, "--vtbi", 10), 1, "program: the pump has a key, and none was given")
    check(run("start", "--key", tmp_path / "other"), 1, "key: the pump does not take it: is it another pump's?")
    assert ok("stop") == "IDLE\n"
    assert "READY" in ok("program", "--rate", 5, "--vtbi", 10, "--yes", "--key", tmp_path / "key")
    monkeypatch.setenv("OPENINFUSE_KEY", str(tmp_path / "key"))
    assert ok("start") == "INFUSING\n"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "the key cannot be read: No such file or directory"),
        ("", "a key has 16 to 64 bytes, this one 0"),
        ("00" * 15, "a key has 16 to 64 bytes, this one 15"),
        ("00" * 65, "a key has 16 to 64 bytes, this one 65"),
        ("secret", "a key is hexadecimal digits"),
        ("0x" + "00" * 16, "a key is hexadecimal digits"),
        ("0" * 33, "a key is hexadecimal digits"),
        ("\xff" * 40, "a key is hexadecimal digits"),
    ],
)
def test_a_key_that_is_none_is_named_and_not_shown(desk, tmp_path, content, says):
    path = tmp_path / "key"
    if content is not None:
        path.write_text(content, encoding="latin-1")
    check(run("start", "--key", path), 2, str(path), says)
    check(run("start", "--key", tmp_path), 2, str(tmp_path), "the key cannot be read: Is a directory")
    assert desk.is_open


# How it ends


BAD = [
    (["program", "--rate", "5"], "give just two of --rate, --vtbi and --over"),
    (["program", "--rate", "0", "--vtbi", "1"], "rate: 0 mL/h, must be 0.01 to 1200 mL/h"),
    (["program", "--rate", "nan", "--vtbi", "1"], "rate: nan mL/h, must be 0.01 to 1200 mL/h"),
    (["program", "--rate", "5", "--vtbi", "0.0001"], "volume to be infused: 0.0001 mL, must be 0.001"),
    (["program", "--rate", "5", "--vtbi", "1", "--kvo", "-1"], "KVO rate: -1 mL/h, must be 0 to 1200 mL/h"),
    (["program", "--rate", "5", "--over", "soon"], "time: 'soon' is none; write 30min, 1h30, 2h or 90s"),
    (["rate", "5.005"], "rate: 5.005 mL/h is finer than the pump's step of 0.01 mL/h"),
    (["confirm", "abc"], "a digest has 8 hexadecimal digits, this is 'abc'"),
]


@pytest.mark.parametrize(("words", "says"), BAD)
def test_bad_input_is_one_line_exit_2_and_opens_no_port(desk, monkeypatch, words, says):
    monkeypatch.setattr("pumphost.pump.open_port", None)
    check(run(*words), 2, says)


def test_no_from_the_pump_is_exit_1(desk):
    check(run("start"), 1, "start: not while the pump is IDLE: program, then start")
    check(run("rate", 5), 1, "rate: not while the pump is IDLE: program")


def test_nobody_there_is_exit_3(desk, monkeypatch):
    desk.damage = lambda line, way: []
    for words in (["status"], ["stop"], ["program", "--rate", 5, "--vtbi", 1]):
        check(run(*words), 3, "desk: the pump does not answer: is it on")


def test_of_a_pump_at_a_tcp_port_it_is_said_that_another_host_may_have_it(desk):
    desk.damage = lambda line, way: []
    check(
        run("status", "--port", "socket://localhost:4001"), 3, "the pump does not answer", "Another host, such as a mon"
    )
    assert "Another host" not in run("status").stderr


def test_another_version_is_exit_3(desk, monkeypatch):
    monkeypatch.setattr("pumpcore.replies.PROTOCOL", 2)
    check(run("status"), 3, "the pump speaks version 2 of the protocol, this is 1: flash it")


@pytest.mark.parametrize("why", ["/dev/x is in use: close the other program that has it open", "there is no /dev/x"])
def test_a_port_that_cannot_be_had_is_exit_3(desk, monkeypatch, why):
    def cannot(port):
        raise PortError(why)

    monkeypatch.setattr("pumphost.pump.open_port", cannot)
    check(run("info"), 3, why)


def test_a_port_that_is_missing_is_exit_3(desk, monkeypatch):
    monkeypatch.setattr("pumphost.pump.open_port", open_port)
    check(run("info", "--port", "/dev/there-is-none"), 3, "there is no /dev/there-is-none")


def test_a_port_of_no_kind_is_exit_2(desk, monkeypatch):
    monkeypatch.setattr("pumphost.pump.open_port", open_port)
    check(run("info", "--port", "gopher://x"), 2, "gopher://x is no port")


def test_an_answer_that_never_came_is_exit_3_and_says_what_is_not_known(desk):
    ok("program", "--rate", 5, "--vtbi", 10, "--yes")
    greeted = []

    def after_hello(line, way):
        if way == "from" and greeted:
            return []
        if way == "from":
            greeted.append(line)
        return [line]

    desk.damage = after_hello
    check(run("start"), 3, "start: no answer; it may have happened or not, look at the pump's status")


# The rest


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_told_how_to_complete(shell):
    script = ok("completion", shell)
    assert "_OPENINFUSE_COMPLETE" in script and "openinfuse" in script


def test_completion_knows_commands_and_ports(plugged_in):
    plugged_in.ports = [PICO, BRIDGE]

    def complete(words, at):
        env = {"_OPENINFUSE_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(at)}
        done = CliRunner().invoke(main, [], env=env, prog_name="openinfuse")
        return [line.split(",")[1] for line in done.stdout.splitlines()]

    assert complete("openinfuse st", 1) == ["start", "status", "stop", "study"]
    assert complete("openinfuse start --port /dev/ttyA", 3) == ["/dev/ttyACM7"]


def test_every_request_of_the_wire_has_a_command():
    """What opens and keeps a session, and what is read, the commands use by themselves."""
    within = {"hello", "alarms", "senses", "counts", "event", "open", "prove", "alive", "bye"}
    assert {word.decode() for word in COMMANDS} - within <= set(main.commands)


def test_status_starts_without_what_it_does_not_need():
    heavy = ("matplotlib", "numpy", "pydantic", "simpy", "pumpsim.scenario")
    code = f"import sys, pumphost.cli, pumphost.remote.show; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
