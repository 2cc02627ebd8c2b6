"""`openinfuse serve`: the virtual pump behind a real pseudo terminal and a real TCP port, on both engines.

The server runs in a thread; nothing here waits longer than an answer takes.
"""

import threading
from contextlib import contextmanager

import pytest
import serial
from click.testing import CliRunner
from lacking import micropython_64

from pumphost.cli import OneLine, main
from pumphost.errors import BadInput
from pumphost.line import Refused
from pumphost.pump import Pump
from pumphost.serving.serve import Port, Weighed, serve
from pumphost.serving.wires import Pty, Tcp
from pumpsim import CPYTHON, ENGINES, MICROPYTHON
from pumpsim.bench import Bench
from pumpsim.engine import booting
from pumpsim.errors import FirmwareEnded
from pumpsim.live import Live
from pumpsim.scenario import Line, Scenario, Therapy
from pumpsim.scenario import Pump as Rig

KEY = bytes(range(16))
SHORT = """\
name = "short"
duration_s = 60
[pump]
syringe = "BD Plastipak 50"
[line]
set = "1.5 m x 1.0 mm"
[[therapy]]
rate_ml_h = 1.0
vtbi_ml = 1.0
"""
SPEED = 100.0
WIRES = {"pty": Pty, "tcp": lambda: Tcp("localhost:0")}


def scenario():
    return Scenario(
        name="served",
        duration_s=60,
        pump=Rig(syringe="BD Plastipak 50"),
        line=Line(set="1.5 m x 1.0 mm"),
        therapy=[Therapy(rate_ml_h=1, vtbi_ml=1)],
    )


@contextmanager
def served(wire="pty", engine=CPYTHON, key=b"", balance=False):
    """Where the pump is to be found, and the balance; and the bench behind."""
    if engine == MICROPYTHON:
        micropython_64()
    ended = threading.Event()
    with booting(engine, key) as boot:
        live = Live(Bench(scenario(), boot=boot))
        ports = [Port(WIRES[wire](), live)] + ([Port(Pty(), Weighed(live, 0.0))] if balance else [])
        thread = threading.Thread(target=serve, args=(live, ports, SPEED), kwargs={"going": lambda: not ended.is_set()})
        thread.start()
        try:
            yield live, *[port.wire.where for port in ports]
        finally:
            ended.set()
            thread.join()


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_host_programs_confirms_starts_and_stops(wire, engine):
    with served(wire, engine) as (_, where), Pump(where) as pump:
        reading = pump.program(120, 5, 1)
        assert reading.duration_s == 150
        assert pump.confirm(reading.digest) == "READY"
        assert pump.start() == "INFUSING"
        while pump.status().pumped_ml < 1:  # 30 s, 0.3 s of the clock
            pass
        assert pump.stop() == "IDLE"
        assert [event.code for event in pump.events() if event.kind == "state"] == ["READY", "INFUSING", "IDLE"]


@pytest.mark.parametrize("engine", ENGINES)
def test_with_a_key_a_session_is_opened_and_without_it_nothing_but_stop_is_done(engine):
    with served(engine=engine, key=KEY) as (_, where):
        with Pump(where, KEY) as pump:
            assert pump.info().keyed
            pump.confirm(pump.program(5, 10).digest)
            assert pump.start() == "INFUSING"
        with Pump(where) as pump:
            with pytest.raises(Refused):
                pump.pause()
            assert pump.status().state == "INFUSING"
            assert pump.stop() == "IDLE"


def test_hosts_come_and_go_and_the_infusion_goes_on():
    for wire in WIRES:
        with served(wire) as (_, where):
            with Pump(where) as pump:
                pump.confirm(pump.program(100, 20).digest)
                pump.start()
            for _ in range(3):
                with Pump(where) as pump:
                    assert pump.status().state == "INFUSING"


def test_junk_at_full_speed_starts_nothing_and_the_pump_still_answers():
    with served() as (live, where):
        with serial.Serial(where) as port:
            port.write(b">1 start *00000000\n>\xff\x00" * 500)
        with Pump(where) as pump:
            assert pump.status().state == "IDLE"
            assert pump.counts().bad > 900
        assert live.bench.outputs.pumped_ul == 0


def test_the_balance_weighs_what_the_pump_delivers():
    with served(balance=True) as (_, where, scales), Pump(where) as pump, serial.Serial(scales, timeout=5) as balance:
        pump.confirm(pump.program(600, 2).digest)
        pump.start()
        while pump.status().state != "DONE":
            pass
        balance.write(b"S\r\n")
        grams = float(balance.readline().split()[2])
        assert grams == pytest.approx(2 * 0.998, abs=0.15)  # slack and friction of the start come out of it


def test_an_interpreter_that_dies_is_one_line(tmp_path, monkeypatch):
    """It is killed as soon as the pump is served."""
    micropython_64()
    (tmp_path / "short.toml").write_text(SHORT)

    def killed(live, ports, speed):
        live.bench.pump.process.kill()
        serve(live, ports, speed)

    monkeypatch.setattr("pumphost.serving.serve.serve", killed)
    done = CliRunner().invoke(main, ["serve", str(tmp_path / "short.toml"), "--engine", MICROPYTHON])
    assert done.exit_code == 1
    assert done.stderr == "Error: the firmware has ended under MicroPython: it said nothing, its exit code is -9\n"


def test_of_firmware_that_fails_the_last_words_are_told():
    said = "the firmware has ended under MicroPython: Traceback:\n  File main.py\nZeroDivisionError: divide by zero"
    shown = OneLine(FirmwareEnded(said), 1).format_message()
    assert shown == "the firmware has ended under MicroPython: ZeroDivisionError: divide by zero"


@pytest.mark.parametrize("address", ["nowhere", "localhost:", "localhost:99999", ":x", "256.256.256.256:4001"])
def test_an_address_that_cannot_be_is_bad_input(address):
    with pytest.raises(BadInput, match="--tcp"):
        Tcp(address)


def test_a_port_that_is_taken_is_bad_input_and_names_it(tmp_path):
    taken = Tcp("localhost:0")
    address = taken.where.removeprefix("socket://")
    scenario = tmp_path / "none.toml"
    done = CliRunner().invoke(main, ["serve", str(scenario), "--tcp", address])
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
    with pytest.raises(BadInput, match=address):
        Tcp(address)


@pytest.mark.parametrize("words", [["--pty", "--tcp", "localhost:0"], ["--tcp", "localhost:0", "--pty"]])
def test_two_ports_for_one_pump_are_refused(words):
    done = CliRunner().invoke(main, ["serve", "none.toml", *words])
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
    assert "--pty and --tcp: give one of them" in done.stderr
