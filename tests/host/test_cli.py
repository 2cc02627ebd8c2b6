"""The commands as a user calls them: what they write, what they print, and how they refuse."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from pumphost.cli import main
from pumphost.simulate import FIRST
from pumphost.studies.registry import STUDIES

SCENARIO = """\
name = "short"
duration_s = 60
[pump]
syringe = "BD Plastipak 10"
[line]
set = "1.5 m x 1.0 mm"
[[therapy]]
rate_ml_h = 50.0
vtbi_ml = 5.0
[expect]
final_state = "INFUSING"
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def snapshot(folder):
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def test_the_demo_shows_a_summary_and_names_its_picture(here):
    done = run("demo")
    assert done.exit_code == 0, done.output
    assert {path.name for path in (here / "out/demo").iterdir()} == {
        "summary.json",
        "trace.csv",
        "events.csv",
        "delivery.png",
    }
    for words in ("programmed", "10.000 mL", "delivered", "OCCLUSION_DOWNSTREAM", "ALARM", "out/demo/delivery.png"):
        assert words in done.stdout
    summary = json.loads((here / "out/demo/summary.json").read_text())
    assert summary["mass_balance_error_ml"] < 1e-6
    assert all(verdict["ok"] for verdict in summary["expect"])


def test_simulate_writes_beside_the_name_of_the_scenario_unless_told_otherwise(here):
    (here / "short.toml").write_text(SCENARIO)
    assert run("simulate", "short.toml").exit_code == 0
    assert (here / "out/short/delivery.png").exists()
    assert run("simulate", "short.toml", "--out", "elsewhere", "--seed", "9").exit_code == 0
    assert json.loads((here / "elsewhere/summary.json").read_text())["seed"] == 9


def test_a_study_that_is_none_is_one_line(here):
    done = run("study", "nonsense")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "nonsense: no such study; there are occlusion, false-alarms, " in done.stderr


def test_a_study_prints_what_it_found_beside_what_is_asked(here):
    """Two runs of a case are too few to tell whether the figure is reached: exit 1 says that one is not."""
    done = run("study", "occlusion", "--runs", "2")
    assert done.exit_code == (0 if done.stdout.count("│ ok │") == 8 else 1), done.output
    told = " ".join(done.stdout.split())
    for words in ("bedside", "harsh", "p95", "2 runs"):
        assert words in told, done.stdout
    assert not list(here.iterdir())


def test_a_failed_expectation_is_exit_1_and_keeps_the_run(here):
    (here / "short.toml").write_text(SCENARIO.replace("INFUSING", "KVO"))
    done = run("simulate", "short.toml")
    assert done.exit_code == 1
    assert "NOT AS EXPECTED" in done.stdout
    assert (here / "out/short/trace.csv").exists()


def test_many_scenarios_run_at_once_and_end_in_a_table(here):
    for name, state in (("one", "INFUSING"), ("two", "INFUSING"), ("three", "KVO")):
        (here / f"{name}.toml").write_text(SCENARIO.replace("short", name).replace("INFUSING", state))
    done = run("simulate", "one.toml", "two.toml", "--out", "book")
    assert done.exit_code == 0, done.output
    assert (here / "book/one/delivery.png").exists() and (here / "book/two/summary.json").exists()
    done = run("simulate", "one.toml", "three.toml")
    assert done.exit_code == 1
    assert "NOT final state KVO" in " ".join(done.stdout.replace("│", " ").split())
    one = (here / "book/one/trace.csv").read_bytes()
    assert one == (here / "out/one/trace.csv").read_bytes()


def test_a_long_name_breaks_after_its_hyphens(here):
    name = "pressure-sensor-reads-low-and-line-blocked"
    event = '[[event]]\nat_s = 5\naction = "start"\n'
    for stem, more in ((name, event), ("short", ""), ("a[b]c", "")):
        (here / f"{stem}.toml").write_text(SCENARIO + more)
    done = run("simulate", f"{name}.toml", "short.toml", "a[b]c.toml")
    assert done.exit_code == 0, done.output
    table = done.stdout.partition(f"* {name}: ")[0].splitlines()
    assert all(len(line) <= 80 for line in table) and " a[b]c " in done.stdout
    first = next(k for k, line in enumerate(table) if line.startswith(" pressure-"))
    last = next(k for k, line in enumerate(table) if "*" in line)
    width = table[first].index("0:01:00")
    parts = [line[:width].strip() for line in table[first : last + 1]]
    assert len(parts) > 1 and all(part.endswith("-") for part in parts[:-1])
    assert "".join(parts) == name + " *"


@pytest.mark.parametrize(("second", "says"), [("bad.toml", "line 8"), ("sub/one.toml", "same file name")])
def test_one_bad_scenario_of_many_runs_none(here, second, says):
    (here / "sub").mkdir()
    (here / "sub/one.toml").write_text(SCENARIO)
    (here / "one.toml").write_text(SCENARIO)
    (here / "bad.toml").write_text(SCENARIO.replace("50.0", "-50.0"))
    check_refused(run("simulate", "one.toml", second), second, says)
    assert not (here / "out").exists()


BAD_SCENARIOS = {
    "an unknown key": (SCENARIO.replace("rate_ml_h", "rate_mlh"), "line 8: therapy.rate_mlh unknown key"),
    "a negative rate": (SCENARIO.replace("50.0", "-50.0"), "line 8: therapy.rate_ml_h is -50.0, must be"),
    "too fast for the syringe": (
        SCENARIO.replace("Plastipak 10", "Plastipak 1").replace("50.0", "400.0"),
        "a BD Plastipak 1 allows 390.38 mL/h at most",
    ),
    "no TOML": ("name: short", "not TOML"),
}


@pytest.mark.parametrize(("text", "says"), BAD_SCENARIOS.values(), ids=BAD_SCENARIOS)
def test_a_bad_scenario_is_one_line_exit_2_and_touches_nothing(here, text, says):
    (here / "bad.toml").write_text(text)
    (here / "out/bad").mkdir(parents=True)
    (here / "out/bad/trace.csv").write_text("from before")
    before = snapshot(here)
    done = run("simulate", "bad.toml")
    check_refused(done, "bad.toml", says)
    assert snapshot(here) == before


def check_refused(done, *says):
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    for words in says:
        assert words in done.stderr


@pytest.mark.parametrize("command", ["simulate", "plot", "trumpet"])
def test_a_missing_file_is_one_line_exit_2(here, command):
    rate = ["--rate", "5"] if command == "trumpet" else []
    check_refused(run(command, "nothing.here", *rate), "nothing.here", "no such file")
    assert list(here.iterdir()) == []


BAD_CAPTURES = {
    "a gap": ("t_s,volume_ml\n0,0\n30,1\n200,2\n", "line 4, column t_s: a gap from 30 to 200 s"),
    "a blank": ("t_s,volume_ml\n0,0\n30,\n60,2\n", "line 3, column volume_ml: the cell is blank"),
    "text": ("t_s,volume_ml\n0,0\n30,one\n", "line 3, column volume_ml: found 'one'; a number such as 12.5 is needed"),
    "time backwards": ("t_s,volume_ml\n0,0\n30,1\n20,2\n", "line 4, column t_s: found 20 after 30; each time must be"),
    "a comment on top": ("# mine\nt_s,volume_ml\n0,0\n30,1\n", "line 1: is a comment; the first line must be a header"),
    "no volume": ("t_s,flow\n0,0\n30,1\n", "no column volume_ml, delivered_ml or mass_g"),
}


@pytest.mark.parametrize(("text", "says"), BAD_CAPTURES.values(), ids=BAD_CAPTURES)
@pytest.mark.parametrize("words", [["trumpet", "--rate", "5", "--plot", "new.png"], ["plot", "--out", "new.png"]])
def test_a_bad_capture_is_one_line_exit_2_and_draws_nothing(here, words, text, says):
    (here / "capture.csv").write_text(text)
    before = snapshot(here)
    check_refused(run(words[0], "capture.csv", *words[1:]), "capture.csv", says)
    assert snapshot(here) == before


def test_trumpet_prints_the_promised_json_and_draws(here):
    rows = "\n".join(f"{30 * i},{30 * i * 5.1 / 3600:.12f}" for i in range(241))
    (here / "capture.csv").write_text("t_s,volume_ml\n" + rows)
    done = run("trumpet", "capture.csv", "--rate", "5", "--json", "--plot", "curve.png")
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout)
    assert list(figures) == ["windows_min", "ep_max", "ep_min", "mean_error_percent"]
    assert figures["windows_min"] == [2, 5, 11, 19, 31]
    assert figures["mean_error_percent"] == pytest.approx(2, abs=1e-6)
    assert (here / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert "Mean error +2.000 %" in run("trumpet", "capture.csv", "--rate", "5").stdout


def test_trumpet_takes_a_simulated_and_a_weighed_capture_alike(here):
    rows = [(30 * i, 30 * i * 5 / 3600) for i in range(241)]
    (here / "weighed.csv").write_text("t_s,mass_g\n" + "\n".join(f"{t},{v * 0.998:.12f}" for t, v in rows))
    figures = json.loads(run("trumpet", "weighed.csv", "--rate", "5", "--json").stdout)
    assert figures["mean_error_percent"] == pytest.approx(0, abs=1e-6)


def test_plot_draws_a_run_again_and_a_capture(here):
    (here / "short.toml").write_text(SCENARIO)
    run("simulate", "short.toml")
    first = (here / "out/short/delivery.png").read_bytes()
    assert run("plot", "out/short").exit_code == 0
    assert (here / "out/short/delivery.png").read_bytes() == first
    done = run("plot", "out/short/trace.csv", "--out", "capture.png")
    assert done.exit_code == 0 and "capture.png" in done.stdout
    assert (here / "capture.png").exists()


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("trace.csv", None, "no such file"),
        ("events.csv", None, "no such file"),
        ("trace.csv", "t_s,state\n0,IDLE\n1,IDLE\n", "no column set_rate_ml_h"),
        ("events.csv", "t_s,source,code,value\nnow,user,START,\n", "line 2, column t_s: found 'now'"),
        ("summary.json", "{", "not JSON"),
        ("summary.json", "[]", "not a JSON object"),
        ("summary.json", '{"occlusion_kpa": "high"}', "occlusion_kpa is 'high', must be a number"),
        ("summary.json", '{"occlusion_kpa": Infinity}', "occlusion_kpa is 'inf', must be a number"),
        ("summary.json", '{"programmed_ml": 1' + "0" * 400 + "}", "programmed_ml is '1000"),
        ("summary.json", "[" * 100_000, "not JSON"),
    ],
)
def test_a_spoilt_run_is_refused_by_file(here, file, text, says):
    (here / "short.toml").write_text(SCENARIO)
    run("simulate", "short.toml", "--out", "spoilt")
    (here / "spoilt" / file).unlink()
    if text is not None:
        (here / "spoilt" / file).write_text(text)
    check_refused(run("plot", "spoilt"), f"spoilt/{file}", says)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["simulat"], "No such command 'simulat'"),
        (["trumpet", "x.csv"], "--rate"),
        (["trumpet", "x.csv", "--rate", "five"], "'five' is not a valid float"),
        (["trumpet", "x.csv", "--rate", "1e-310"], "--rate"),
        (["trumpet", "x.csv", "--rate", "5", "--density", "0"], "--density"),
        (["simulate", "x.toml", "--seed", "-1"], "--seed"),
        (["bench", "--pairs", "0"], "--pairs"),
    ],
)
def test_a_wrong_word_is_explained(here, words, says):
    done = run(*words)
    check_refused(done, says, "; see ", " --help")


def test_a_wrong_option_before_any_command_is_one_line_too():
    check_refused(run("--nonsense"), "No such option", "--help")


def test_no_word_at_all_shows_the_help():
    assert "Commands:" in run().output


def test_input_that_ends_at_a_question_does_not_end_on_its_line(here, monkeypatch):
    monkeypatch.setattr("pumphost.accepting.command.open_port", lambda port: io.StringIO())
    monkeypatch.setattr("pumphost.flashing.flash.refuse_while_moving", lambda port: None)
    done = run("selftest", "--port", "board")
    assert done.exit_code == 1
    assert done.stdout.startswith("Serial number of the board") and done.stderr == "\nAborted!\n"


def test_the_command_is_installed_and_quick_to_help():
    command = Path(sys.executable).with_name("openinfuse")
    done = subprocess.run([command, "--help"], capture_output=True, text=True, check=True)
    assert "Not a medical device" in done.stdout
    assert "simulate" in done.stdout


@pytest.mark.parametrize("name", ["[/foo]", "[red]loud", "100 % \\ [", "ünï"])
def test_a_name_is_shown_as_it_is_written(here, name):
    (here / "short.toml").write_text(SCENARIO.replace('"short"', f"'{name}'"), encoding="utf-8")
    done = run("simulate", "short.toml", "--out", "[/x]")
    assert done.exit_code == 0, done.output
    assert name in done.stdout and "[/x]" in done.stdout


@pytest.mark.parametrize("out", ["file/sub", "full"])
def test_a_folder_that_cannot_be_written_is_one_line(here, out):
    (here / "short.toml").write_text(SCENARIO)
    (here / "file").write_text("")
    (here / "full/trace.csv").mkdir(parents=True)
    check_refused(run("simulate", "short.toml", "--out", out), out, "--out names a folder to write to")


def test_plot_does_not_write_over_what_it_reads(here):
    (here / "v.png").write_text("t_s,volume_ml\n0,0\n30,1\n")
    check_refused(run("plot", "v.png"), "v.png", "is the capture itself")
    assert (here / "v.png").read_text().startswith("t_s")


def test_plot_of_a_scenario_says_what_to_do(here):
    (here / "short.toml").write_text(SCENARIO)
    check_refused(run("plot", "short.toml"), "short.toml", "is a scenario; simulate runs it")


def test_trumpet_of_a_scenario_says_what_to_do(here):
    (here / "short.toml").write_text(SCENARIO)
    done = run("trumpet", "short.toml", "--rate", "50")
    check_refused(done, "short.toml: is a scenario; simulate runs it and leaves a trace.csv")


def test_plot_of_a_folder_of_runs_names_the_runs(here):
    (here / "out").mkdir()
    check_refused(run("plot", "out"), "out: is no run, there is no trace.csv in it; simulate leaves one")
    for name in ("b", "a", "no-run"):
        (here / "out" / name).mkdir()
    for name in ("b", "a"):
        (here / "out" / name / "trace.csv").touch()
    check_refused(run("plot", "out"), "out: is no run, there", "; the runs in it are out/a, out/b\n")
    for name in ("c", "d", "e"):
        (here / "out" / name).mkdir()
        (here / "out" / name / "trace.csv").touch()
    check_refused(run("plot", "out"), "; the runs in it are out/a, out/b, out/c and 2 more\n")


def test_plot_takes_the_density_of_what_was_weighed(here):
    (here / "oil.csv").write_text("t_s,mass_g\n0,0\n30,0.9\n")
    for density in ("0.9", "0.998"):
        assert run("plot", "oil.csv", "--density", density, "--out", f"{density}.png").exit_code == 0
    assert (here / "0.9.png").read_bytes() != (here / "0.998.png").read_bytes()


def test_a_refused_request_is_shown(here):
    (here / "short.toml").write_text(SCENARIO + '[[event]]\nat_s = 5\naction = "resume"\n')
    assert "RESUME" in run("simulate", "short.toml").stdout


def test_a_remark_is_shown_and_kept(here):
    (here / "short.toml").write_text(SCENARIO + '[[event]]\nat_s = 5\naction = "start"\n')
    assert "nothing is infused before" in " ".join(run("simulate", "short.toml").stdout.split())
    summary = json.loads((here / "out/short/summary.json").read_text())
    assert summary["remarks"] == ["start: at 5 s, as the scenario says; nothing is infused before"]


def test_remarks_of_many_runs_stand_below_the_table_and_their_scenarios_are_marked(here):
    (here / "late.toml").write_text(SCENARIO + '[[event]]\nat_s = 5\naction = "start"\n')
    for name in ("usual", "other"):
        (here / f"{name}.toml").write_text(SCENARIO)
    told = run("simulate", "late.toml", "usual.toml").stdout
    table, below = told.split("* late: ")
    assert "late *" in table and "usual *" not in table
    assert below.splitlines()[0] == "start: at 5 s, as the scenario says; nothing is infused before"
    assert "* " not in run("simulate", "usual.toml", "other.toml").stdout


def test_help_loads_no_plotting_library():
    code = "import sys, pumphost.cli; print('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_the_first_scenario_is_found_where_it_is_installed():
    assert FIRST.is_file()


def test_bench_prints_a_ratio(here, monkeypatch):
    monkeypatch.setattr("pumphost.performance.DAY_S", 600)
    monkeypatch.setattr("pumphost.performance.PROFILED_S", 60)
    monkeypatch.setattr("pumphost.serving.traffic.ROUNDS", 20)
    monkeypatch.setattr("pumphost.serving.traffic.FLOOD_S", 0.3)
    done = run("bench", "--pairs", "1")
    assert done.exit_code == 0
    assert "ratio" in done.stdout and "1.5x" in done.stdout and "12x" in done.stdout
    assert "controller" in done.stdout and "plant" in done.stdout
    assert "answers in" in done.stdout and "20 ms" in done.stdout


def test_names_of_studies_are_completed_each_once():
    def completed(words, at):
        env = {"_OPENINFUSE_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(at)}
        return CliRunner().invoke(main, [], env=env, prog_name="openinfuse").stdout.split()

    assert completed("openinfuse study ", 2) == [f"plain,{name}" for name in STUDIES]
    assert completed("openinfuse study false", 2) == ["plain,false-alarms"]
    assert completed("openinfuse study air a", 3) == []
