"""The virtual pump with a host at its link: time passes as it is told, bytes wake the loop."""

import pytest

from pumpcore.states import IDLE, INFUSING, PAUSED, READY
from pumpcore.wire import FROM_HOST, Writer
from pumpsim.bench import Bench
from pumpsim.live import Live
from pumpsim.scenario import Event, Fault, Line, Pump, Scenario, Therapy


def live(duration_s=60, **more):
    scenario = Scenario(
        name="a host's pump",
        duration_s=duration_s,
        pump=Pump(syringe="BD Plastipak 50"),
        line=Line(set="1.5 m x 1.0 mm"),
        therapy=[Therapy(rate_ml_h=1, vtbi_ml=1)],
        **more,
    )
    return Live(Bench(scenario))


def ask(pump, number, word, *fields):
    writer = Writer(FROM_HOST)
    writer.begin(number, word)
    for field in fields:
        writer.integer(field) if isinstance(field, int) else writer.text(field)
    assert writer.end()
    pump.hear(bytes(writer.view[: writer.length]))
    return pump.say().split()[1:-1]


def infusing(pump, rate_cml_h=2_000):
    *_, digest = ask(pump, 1, b"program", rate_cml_h, 5_000, 0)
    assert ask(pump, 2, b"confirm", digest) == [b"ok", b"%d" % READY]
    assert ask(pump, 3, b"start") == [b"ok", b"%d" % INFUSING]
    return pump


def test_nothing_is_infused_that_the_host_has_not_asked_for():
    pump = live()
    pump.advance(60_000)
    assert pump.say() == b""
    assert ask(pump, 1, b"status")[:4] == [b"ok", b"%d" % IDLE, b"0", b"0"]
    assert pump.bench.plant.delivered_ul == pytest.approx(0, abs=1)  # the patient's pressure fills the line's walls


def test_nor_does_the_scenario_ask_for_anything_but_its_patient_moves():
    """A user of the story programs, starts and stops; a host is there instead."""
    asked = [Event(at_s=at_s, action=action) for at_s, action in enumerate(("program", "start", "stop", "reload"), 5)]
    pump = live(
        event=[*asked, Event(at_s=20, action="rate", rate_ml_h=5), Event(at_s=30, action="height", height_cm=50)]
    )
    *_, digest = ask(pump, 1, b"program", 2_000, 5_000, 0)
    assert ask(pump, 2, b"confirm", digest) == [b"ok", b"%d" % READY]
    pump.advance(60_000)
    assert ask(pump, 3, b"status")[:3] == [b"ok", b"%d" % READY, b"0"]
    notes = [note for note in pump.bench.record.events if note.t_s > 4]
    assert [(note.source, note.code) for note in notes] == [("patient", "HEIGHT")]


def test_what_the_host_programs_is_infused():
    pump = infusing(live())
    pump.advance(pump.now_ms + 180_000)  # 20 mL/h: 1000 uL
    assert int(ask(pump, 4, b"status")[3]) == pytest.approx(1_000, abs=3)
    assert ask(pump, 4, b"pause") == [b"ok", b"%d" % PAUSED]


def test_a_byte_wakes_the_loop_though_nothing_was_due():
    pump = live()
    pump.advance(10_337)
    steps = pump.bench.record.steps_run
    assert pump.quiet_ms() > 0
    pump.hear(b"x")
    assert pump.bench.record.steps_run > steps
    assert pump.now_ms == 10_338


def test_time_that_has_passed_already_is_no_error():
    pump = live()
    pump.advance(500)
    pump.advance(500)
    pump.advance(100)
    assert pump.now_ms == 500


@pytest.mark.parametrize("start", [lambda pump: pump, infusing])
def test_time_never_runs_ahead_of_the_clock(start):
    """Though nothing is to happen for seconds: a row of the trace every ten."""
    pump = start(live(duration_s=7_200))
    for passed_ms in (0, 1, 499, 2_500, 6_000, 1):
        before_ms = pump.now_ms
        pump.advance(before_ms + passed_ms)
        assert pump.now_ms == before_ms + passed_ms


def test_a_host_that_says_it_is_there_is_not_missed():
    """Every two seconds, for a minute."""
    pump = infusing(live(duration_s=7_200))
    for number in range(4, 34):
        assert ask(pump, number, b"alive") == [b"ok"]
        pump.advance(pump.now_ms + 2_000)
    assert [note.code for note in pump.bench.record.events if note.code == "LINK_LOST"] == []


def test_a_dropped_link_carries_nothing_and_the_infusion_goes_on():
    pump = infusing(live(fault=[Fault(at_s=10, kind="link-drop", until_s=40)]))
    assert ask(pump, 4, b"alive") == [b"ok"]
    pump.advance(20_000)
    assert ask(pump, 5, b"pause") == []
    pump.advance(41_000)
    state, _, pumped_ul = ask(pump, 6, b"status")[1:4]
    assert int(state) == INFUSING and int(pumped_ul) == pytest.approx(228, abs=3)
