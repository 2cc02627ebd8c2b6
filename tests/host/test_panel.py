"""The panel in the terminal, by textual's own pilot: what it shows, and that its keys reach the pump."""

import asyncio

import pytest
from click.testing import CliRunner
from monitored import Bench

from pumphost.cli import main
from pumphost.errors import BadInput
from pumphost.monitoring import monitor as module
from pumphost.monitoring.monitor import address, changes
from pumphost.remote.reach import Reach

pytest.importorskip("textual_plotext", reason="the extra `monitor` is not installed")

from textual.widgets import Digits, ProgressBar, Static

from pumphost.monitoring.panel import KEYS, Panel


def with_panel(story, size=(100, 30)):
    """Run `story(bench, panel, pilot)` in front of a panel."""

    async def run():
        bench = Bench()
        panel = Panel(bench.watch, "OpenInfuse  /dev/pump")
        async with panel.run_test(size=size) as pilot:
            await pilot.pause()
            await story(bench, panel, pilot)

    asyncio.run(run())


def text(panel, name):
    return str(panel.query_one(f"#{name}", Static).render())


async def press(bench, pilot, key):
    await pilot.press(key)
    bench.look()
    await pilot.pause()


def test_it_shows_what_the_pump_does():
    async def story(bench, panel, pilot):
        bench.wire.inputs.pressure_pa = 30_000
        bench.look(10)
        await pilot.pause()
        assert text(panel, "title") == "OpenInfuse  /dev/pump"
        assert text(panel, "link") == "linked"
        assert text(panel, "alarms").split() == ["LOW", "Line", "partly", "blocked"]
        assert text(panel, "state") == "INFUSING"
        assert panel.query_one("#rate", Digits).value == "36.00"
        assert float(panel.query_one("#pumped", Digits).value) == bench.watch.snapshot.volume_ml > 0
        assert panel.query_one("#bar", ProgressBar).percentage == 0.75
        assert panel.query_one("#bar").has_class("-close")
        assert text(panel, "kpa") == "30.0 of 40 kPa"
        assert text(panel, "power") == "power mains, 8.40 V"

    with_panel(story)


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
def test_the_curve_and_the_figures_fit_the_terminal(size):
    async def story(bench, panel, pilot):
        bench.look(30)
        await pilot.pause()
        shown = panel.export_screenshot()
        for words in ("pumped", "time,", "INFUSING", "pressure", "Acknowledge"):
            assert words in shown
        assert panel.query_one("#course").size.height >= 11
        assert panel.query_one("#outcome").region.bottom < size[1]

    with_panel(story, size)


def test_each_key_does_what_it_says_and_its_outcome_is_shown():
    async def story(bench, panel, pilot):
        for key, outcome in (
            ("p", "pause: the pump is PAUSED"),
            ("p", "pause: not while the pump is PAUSED"),
            ("r", "resume: the pump is INFUSING"),
            ("m", "silence: the pump is INFUSING"),
            ("a", "acknowledge: the pump is INFUSING"),
            ("s", "stop: the pump is IDLE"),
        ):
            await press(bench, pilot, key)
            assert text(panel, "outcome") == outcome
        assert text(panel, "state") == "IDLE"
        assert panel.query_one("#rate", Digits).value == "0.00"

    with_panel(story)


def test_a_key_is_seen_to_have_been_pressed_before_the_pump_answers():
    async def story(bench, panel, pilot):
        await pilot.press("s")
        await pilot.pause()
        assert text(panel, "outcome") == "stop …"
        assert bench.look().outcome.text == "stop: the pump is IDLE"

    with_panel(story)


def test_alarms_have_the_words_of_the_table_and_the_colour_of_their_priority():
    async def story(bench, panel, pilot):
        bench.wire.inputs.pressure_pa = 45_000
        bench.look(3)
        await pilot.pause()
        assert "MEDIUM  Line blocked downstream" in " ".join(text(panel, "alarms").split("   "))
        assert panel.query_one("#state").has_class("-stopped")
        assert "#f5c211" in panel.export_screenshot()
        await press(bench, pilot, "m")
        bench.look(1)
        await pilot.pause()
        assert "(audio silenced)" in text(panel, "alarms")
        bench.wire.inputs.pressure_pa = 0
        await press(bench, pilot, "a")
        assert text(panel, "state") == "PAUSED"

    with_panel(story)


def test_a_link_that_goes_is_told_and_the_panel_goes_on():
    async def story(bench, panel, pilot):
        bench.wire.cut = True
        bench.look(1)
        await pilot.pause()
        assert text(panel, "link") == "NO LINK"
        assert text(panel, "alarms").strip() == "the port has gone: unplugged"
        await press(bench, pilot, "p")
        assert text(panel, "outcome") == "pause: not sent, there is no link: use the keys of the pump"
        bench.wire.cut = False
        bench.look(2)
        await pilot.pause()
        assert (text(panel, "link"), text(panel, "alarms")) == ("linked", "no alarm")

    with_panel(story)


def test_q_ends_the_panel_and_not_the_infusion():
    async def story(bench, panel, pilot):
        await pilot.press("q")
        await pilot.pause()
        assert panel._exit
        assert bench.look().status.state == "INFUSING"

    with_panel(story)


def test_stop_is_one_key_and_asks_nothing():
    assert KEYS["s"] == ("stop", "STOP")


# The command


def run(*words):
    return CliRunner().invoke(main, ["monitor", *map(str, words)])


@pytest.mark.parametrize(
    ("words", "told", "code"),
    [
        (["--port", "/dev/none", "--no-panel"], "--no-panel leaves nothing to do: give --save FILE or --web PORT", 2),
        (["--port", "/dev/none"], "there is no terminal to show the panel in: give --no-panel", 2),
        (["--port", "/dev/none", "--no-panel", "--web", "http"], "--web http: PORT or HOST:PORT is right", 2),
        (["--port", "/dev/none", "--no-panel", "--web", "0"], "there is no /dev/none", 3),
        (["--port", "/dev/none", "--no-panel", "--web", "0", "--key", "none.key"], "none.key: ", 2),
    ],
)
def test_what_cannot_be_is_one_line(words, told, code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run(*words)
    assert done.exit_code == code
    assert len(done.stderr.splitlines()) == 1
    assert told in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_stays_as_it_is_and_the_pump_is_told_goodbye(tmp_path, monkeypatch):
    bench = Bench()
    monkeypatch.setattr(Reach, "open", lambda reach: bench.open())
    path = tmp_path / "a.csv"
    path.write_text("mine")
    done = run("--port", "desk", "--no-panel", "--save", path)
    assert (done.exit_code, path.read_text()) == (2, "mine")
    assert "is there already, and is not written over" in done.stderr
    assert not bench.wire.is_open
    bench.wire.after(30)
    assert bench.wire.outputs.alarms == 0


def test_without_the_extra_the_way_to_get_it_is_told(monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    monkeypatch.setattr(module.sys, "stdin", Terminal())
    monkeypatch.setattr(module.sys, "stdout", Terminal())
    with pytest.raises(BadInput, match="pip install textual textual-plotext"):
        module.monitor(Reach("/dev/none", b""), 0.5, None, None, True)


class Terminal:
    def isatty(self):
        return True


def test_addresses():
    assert address("8000") == ("127.0.0.1", 8000)
    assert address("0.0.0.0:80") == ("0.0.0.0", 80)
    assert address("[::1]:0") == ("::1", 0)
    for text in ("", "x", "host", "65536", "-1", "²"):
        with pytest.raises(BadInput, match="PORT or HOST:PORT"):
            address(text)


def test_without_a_panel_only_what_changes_is_printed(capsys):
    bench = Bench()
    bench.watch.listeners.append(changes())
    bench.look(5)
    bench.do("pause")
    bench.look(5)
    bench.wire.cut = True
    bench.look(3)
    lines = [line.split(" mL  ")[1] for line in capsys.readouterr().out.splitlines()]
    assert lines[:3] == [
        "INFUSING, 36.00 mL/h",
        "PAUSED, 0.00 mL/h",
        "PAUSED, 0.00 mL/h, the port has gone: unplugged",
    ]
    assert len(lines) == 4
