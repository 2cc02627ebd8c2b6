"""`openinfuse calibrate` as a person calls it: what it says, keeps and refuses. Its ports and its clock are a rig's."""

import csv
import json
import re
import tomllib
from itertools import repeat

import pytest
from click.testing import CliRunner
from weighing import Rig

from board import settings
from pumpcore.setup import MOST_STEP_PL
from pumphost.calibrating import guided
from pumphost.calibrating.gravimetry import guard_count_pl, z_ml_g
from pumphost.cli import main
from pumphost.line import PortError
from pumphost.pump import Pump
from pumphost.remote import reach

OFF = 1.03  # the screw's pitch in mm, where the pump was told 1
WITHIN = 0.002
Z = z_ml_g(20.0)


def state(rig):
    return Pump(rig).status().state


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """A rig where the command looks for ports and a clock, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    rig = Rig(OFF, stopper="ideal")
    monkeypatch.setattr(reach, "Pump", lambda port, key: Pump(rig, key))
    monkeypatch.setattr(guided, "open_port", lambda port, baud, timeout_s: rig.balance_port)
    monkeypatch.setattr(guided, "WallClock", lambda: rig)
    return rig


ALWAYS = ["--port", "pump", "--temperature", "20", "--store", "store.toml"]
SICS_PORT = ["--balance", "sics", "--balance-port", "scale"]
SHORT = ["--dose", "1", "--rate", "300", "--prime", "1", "--settle", "5", "--standing", "60"]


def calibrate(*words, typed="y\n"):
    return CliRunner().invoke(main, ["calibrate", *ALWAYS, *words], input=typed)


def test_the_command_says_what_to_do_and_keeps_what_it_found(bench, tmp_path):
    done = calibrate("--syringe", "BD 50", *SICS_PORT, *SHORT)
    assert done.exit_code == 0, done.output
    (entry,) = tomllib.loads((tmp_path / "store.toml").read_text())["calibration"]
    assert entry["step_pl"] == pytest.approx(bench.step_pl * OFF, rel=WITHIN)
    assert (entry["step_pl_before"], entry["reservoir"]) == (bench.step_pl, "BD 50")
    assert (entry["temperature_c"], entry["density_g_ml"], entry["z_ml_g"]) == (20.0, 0.9982067, 1.0028511)
    assert len(entry["doses_ml"]) == 5 and entry["cv_percent"] < 0.5
    assert entry["date"] == bench.date()
    for words in ("Vessel", "CV", "Systematic error +", f"New step_pl: {entry['step_pl']} (was {bench.step_pl})"):
        assert words in done.output
    with (tmp_path / "out/calibration/weighings.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["what"] for row in rows][-2:] == ["dose 5", "standing"]
    assert calibrate("--syringe", "BD 50", *SICS_PORT, *SHORT).exit_code == 0
    assert len(tomllib.loads((tmp_path / "store.toml").read_text())["calibration"]) == 2


def test_what_is_to_be_entered_is_taken_by_the_board(bench, tmp_path):
    done = calibrate("--syringe", "BD 50", *SICS_PORT, *SHORT)
    (code,) = re.findall(r'^mpremote exec "(import board.settings; .*)"$', done.stdout, re.MULTILINE)
    exec(code, {})  # its files are in this folder, which is the test's own
    (entry,) = tomllib.loads((tmp_path / "store.toml").read_text())["calibration"]
    assert settings.Settings().step_pl == entry["step_pl"]
    assert settings.Settings().count_pl == guard_count_pl(entry["step_pl"])


@pytest.mark.parametrize("step_pl", [1_000, 51_461, 173_530, 178_716, MOST_STEP_PL])
def test_the_guards_count_is_just_what_the_board_works_out(tmp_path, monkeypatch, step_pl):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=f"it must be {guard_count_pl(step_pl)} or within"):
        settings.change(step_pl=step_pl, count_pl=0)


def test_an_alarm_stores_nothing_and_says_where_the_weighings_are(bench, tmp_path):
    bench.plant.circuit.blocks += 1
    bench.plant.renew()
    done = calibrate("--syringe", "BD 50", *SICS_PORT, *SHORT)
    assert done.exit_code == 1
    assert "alarm OCCLUSION_DOWNSTREAM: Line blocked downstream" in done.stderr
    assert "what was weighed is in out/calibration/weighings.csv" in done.stderr
    assert not (tmp_path / "store.toml").exists()


def test_ctrl_c_is_one_line(bench, tmp_path):
    def press():
        raise KeyboardInterrupt

    bench.naps = repeat(press)
    done = calibrate("--syringe", "BD 50", *SICS_PORT, *SHORT)
    assert done.exit_code == 1
    assert "interrupted; the pump was told to stop, nothing is stored" in done.stderr
    assert state(bench) == "IDLE"


def test_who_is_not_ready_moves_nothing(bench, tmp_path):
    done = calibrate("--syringe", "BD 50", *SICS_PORT, *SHORT, typed="n\n")
    assert done.exit_code == 1
    assert bench.outputs.pumped_ul == 0
    assert not list(tmp_path.iterdir())


def test_weights_that_scatter_make_no_constant(bench, tmp_path):
    weights = ["0", "1.0", "2.1", "3.0", "4.1", "5.1"]
    shown = calibrate(
        "--syringe", "BD 50", "--balance", "typed", "--evaporation", "0", *SHORT, typed="\n".join(["y", "0", *weights])
    )
    assert shown.exit_code == 2
    assert "the doses scatter by" in shown.stderr
    assert not (tmp_path / "store.toml").exists()


def test_typed_weights_do_as_well(bench, tmp_path):
    weights = ["oops", "0", "1.025", "2.055", "3.08", "4.11", "5.135"]
    done = calibrate(
        "--syringe", "BD 50", "--balance", "typed", "--evaporation", "0", *SHORT, typed="\n".join(["y", "0", *weights])
    )
    assert done.exit_code == 0, done.output
    assert "'oops' is no weight" in done.output and "Tare the balance now." in done.output
    (entry,) = tomllib.loads((tmp_path / "store.toml").read_text())["calibration"]
    assert entry["step_pl"] == pytest.approx(bench.step_pl * 5.135 * Z / 5, rel=1e-4)


def test_the_flow_check_leaves_a_capture_that_trumpet_reads(bench, tmp_path):
    done = calibrate("--syringe", "BD 50", *SICS_PORT, *SHORT, "--check", "31", "--rate", "30")
    assert done.exit_code == 0, done.output
    left = float(re.search(r"the mean error would be (\S+) %", done.output)[1])
    assert left == pytest.approx(0.0, abs=0.2)
    assert (tmp_path / "out/calibration/trumpet.png").stat().st_size > 10_000
    options = ["--rate", "30", "--from", "0", "--to", "31", "--density", str(1 / Z), "--json"]
    shown = CliRunner().invoke(main, ["trumpet", "out/calibration/flow.csv", *options])
    assert shown.exit_code == 0, shown.output
    assert json.loads(shown.output)["mean_error_percent"] == pytest.approx(3.0, abs=0.2)
    assert state(bench) == "IDLE"


def test_a_tube_is_counted_and_a_worn_one_is_told(bench, tmp_path):
    only_check = ["--doses", "0", "--check", "31", "--rate", "10"]
    assert calibrate("--tube", "T1", *SICS_PORT, *only_check, "--tube-limit", "3").exit_code == 0
    (tube,) = tomllib.loads((tmp_path / "store.toml").read_text())["tube"]
    assert tube["pumped_ml"] == pytest.approx(10 * 31.5 / 60, abs=0.05)
    warned = calibrate("--tube", "T1", *SICS_PORT, *only_check)
    assert "Tube T1: 5 mL since 2026-01-15" in warned.output
    assert "That is more than 3 mL: put in a new one" in warned.output
    renewed = calibrate("--tube", "T1", *SICS_PORT, *only_check, "--new-tube")
    assert "Tube T1: 0 mL since" in renewed.output and "more than" not in renewed.output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "either --syringe or --tube"),
        (["--syringe", "A", "--tube", "B"], "either --syringe or --tube"),
        (["--syringe", " "], "must be 1 to 80 printable characters"),
        (["--syringe", "A", "--new-tube"], "go with --tube"),
        (["--syringe", "A", "--doses", "2"], "found 2; at least 3"),
        (["--syringe", "A", "--doses", "0"], "nothing to do without --check"),
        (["--syringe", "A", "--check", "30"], "found 30 min; at least 31"),
        (["--syringe", "A", "--dose", "1.00001"], "multiple of 0.001 mL"),
        (["--syringe", "A", "--temperature", "95"], "found 95 C, must be 0 to 40"),
        (["--syringe", "A", "--temperature", "nan"], "must be 0 to 40"),
        (["--syringe", "A", "--pressure", "1.013"], "found 1.013 hPa"),
        (["--syringe", "A", "--key", "none"], "none: the key cannot be read"),
        (["--syringe", "A", "--store", "."], "is a directory"),
        (["--syringe", "A", "--rate", "1500"], "this pump gives up to 1200"),
        (["--syringe", "A", "--check", "60"], "needed in all, the pump's reservoir holds 50 mL"),
        (
            ["--syringe", "A", "--store", "/proc/x.toml"],
            "/proc/x.toml: No such file or directory; --store names",
        ),
        (["--syringe", "A", "--store", "/dev/null/x.toml"], "--store names a file"),
        (["--syringe", "A", "--rate", "0.333"], "found 0.333 mL/h, must be a multiple of 0.01 mL/h"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_moved_or_kept(bench, tmp_path, words, message):
    done = calibrate(*SICS_PORT, *words)
    assert done.exit_code == 2, done.output
    assert message in done.stderr
    assert done.stdout == "", "and nobody is asked to prepare anything"
    assert bench.outputs.pumped_ul == 0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("there_is_no", ["pump", "scale"])
def test_ports_are_opened_before_anybody_is_asked(bench, monkeypatch, there_is_no):
    def missing(port, *_):
        raise PortError(f"there is no {port}")

    if there_is_no == "pump":
        monkeypatch.setattr(reach, "Pump", missing)
    else:
        monkeypatch.setattr(guided, "open_port", missing)
    done = calibrate("--syringe", "A", *SICS_PORT)
    assert (done.exit_code, done.stdout) == (3, "")
    assert f"there is no {there_is_no}" in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--balance", "sics"], "--balance-port belongs to"),
        (["--balance", "typed", "--balance-port", "x"], "--balance-port belongs to"),
        (["--balance", "typed", "--check", "31"], "it needs a balance on a port"),
    ],
)
def test_a_balance_must_be_where_it_is_said(bench, words, message):
    done = calibrate("--syringe", "A", *words)
    assert done.exit_code == 2
    assert message in done.stderr


def test_a_silent_balance_stops_it(bench, tmp_path):
    bench.balance_port.dead = True
    done = calibrate("--syringe", "A", *SICS_PORT, *SHORT)
    assert done.exit_code == 1
    assert "the balance does not answer: is it on" in done.stderr
    assert state(bench) == "IDLE"


def test_the_clock_of_the_weighings_begins_with_them(monkeypatch):
    """Whatever the machine's own shows, which counts from when that was switched on."""
    ticks = iter([6_177.387, 6_177.387, 6_180.0])
    monkeypatch.setattr(guided.time, "monotonic", lambda: next(ticks))
    clock = guided.WallClock()
    assert [clock.now_s(), clock.now_s()] == [0.0, pytest.approx(2.613)]
