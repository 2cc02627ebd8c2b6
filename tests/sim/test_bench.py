"""Whole runs: the shipped controller against the virtual pump, told as `[(when, what)]`."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

import pumpsim
from pumpcore.units import CLOCK_MASK, TICKS_PER_MS
from pumpsim.bench import Bench
from pumpsim.expect import judge
from pumpsim.loading import load
from pumpsim.record import Note
from pumpsim.run import simulate
from pumpsim.scenario import (
    Event,
    Expect,
    ExpectedAlarm,
    Fault,
    Line,
    Mechanics,
    Noise,
    Patient,
    Pump,
    Scenario,
    Therapy,
)
from pumpsim.sensors import MODELS

BOOK = Path(pumpsim.__file__).parents[1] / "scenarios"
FIRST = BOOK / "first-infusion.toml"


def story(duration_s=600.0, rate_ml_h=50.0, vtbi_ml=5.0, kvo_ml_h=1.0, pump=None, **tables):
    return Scenario(
        name="a story",
        duration_s=duration_s,
        pump=pump or Pump(syringe="BD Plastipak 50"),
        line=Line(set="1.5 m x 1.0 mm"),
        therapy=[Therapy(rate_ml_h=rate_ml_h, vtbi_ml=vtbi_ml, kvo_ml_h=kvo_ml_h)],
        **tables,
    )


def told(record, *sources):
    """[(when in s, what)], the whole log or some sources of it."""
    return [(t_s, code) for t_s, source, code, value in record.events if source in sources and value != "cleared"]


@pytest.mark.parametrize("path", sorted(BOOK.glob("*.toml")), ids=lambda path: path.stem)
def test_every_scenario_of_the_book_ends_as_it_says_and_balances(path, record_property):
    run = simulate(load(path))
    assert [verdict for verdict in run.summary["expect"] if not verdict["ok"]] == []
    assert run.summary["expect"] != []
    error_ml = run.summary["mass_balance_error_ml"]
    record_property("figure", f"{path.name}: mass balance within {error_ml:.1e} mL at {len(run.record.rows)} rows")
    assert error_ml < 1e-6


def test_the_first_infusion_minute_by_minute():
    """Blocked at 4200 s: the stopper slips at 0.8 kPa each, Q / C = 1.389 / 15.5 kPa/s, so every 9 s; four of them are
    seen with the block of 5 s that ends at 4235. To 40 kPa it would be 431 s. Backing off at 33 uL/s takes 7.5 s for
    the dead band of 0.25 mL, and by 1.6 kPa the barrel gives back 8.7 uL/kPa, in 0.4 s."""
    record = Bench(load(FIRST)).run()
    assert told(record, "user", "state", "fault", "alarm") == [
        (0.0, "ACKNOWLEDGE"),
        (0.0, "PROGRAM"),
        (0.0, "READY"),
        (0.0, "START"),
        (0.0, "INFUSING"),
        (4200.0, "occlusion-downstream"),
        (4235.0, "RELIEF"),
        (4235.0, "OCCLUSION_DOWNSTREAM"),
        (pytest.approx(4243, abs=0.5), "ALARM"),
    ]


def test_a_day_of_a_nurse():
    events = [
        Event(at_s=60.0, action="rate", rate_ml_h=100.0),
        Event(at_s=120.0, action="pause"),
        Event(at_s=130.0, action="start"),  # was started before: not from PAUSED
        Event(at_s=180.0, action="resume"),
        Event(at_s=240.0, action="stop"),
    ]
    scenario = story(event=[Event(at_s=5.0, action="start"), *events])
    record = Bench(scenario).run()
    assert told(record, "state") == [
        (0.0, "READY"),
        (5.0, "INFUSING"),
        (120.0, "PAUSED"),
        (180.0, "INFUSING"),
        (240.0, "IDLE"),
    ]
    answers = [(code, value) for _, source, code, value in record.events if source == "user"]
    assert ("START", "REFUSED_HERE") in answers
    assert ("SET_RATE", "100 mL/h") in answers
    # 55 s at 50 and 120 s at 100 mL/h, less the gap of 55.5 uL and 6.7 N in a spring of 45 N/mm, 83 uL; the line
    # keeps what its pressure stores, 15.5 uL/kPa of up to 2.5 kPa.
    assert record.rows[-1].delivered_ml == pytest.approx(55 * 50 / 3600 + 120 * 100 / 3600 - 0.1385, abs=0.04)


def test_an_event_wakes_the_loop_at_its_own_time():
    record = Bench(story(event=[Event(at_s=10.123, action="pause")])).run()
    assert (10.123, "PAUSED") in told(record, "state")


def test_a_bubble_stops_the_pump_when_its_limit_has_passed():
    """100 uL at 50 mL/h is 7.2 s; the detector calls it air from half its window of 10 uL."""
    record = Bench(story(fault=[Fault(at_s=100.0, kind="air-bubble", severity=300.0)])).run()
    alarms = told(record, "alarm")
    assert [code for _, code in alarms] == ["AIR_BUBBLE"]
    assert alarms[0][0] == pytest.approx(100 + 7.2 + 0.36, abs=0.8)


def test_a_small_bubble_passes():
    record = Bench(story(fault=[Fault(at_s=100.0, kind="air-bubble", severity=80.0)])).run()
    assert told(record, "alarm") == [
        (pytest.approx(180.4, abs=1), "INFUSION_NEAR_END"),
        (pytest.approx(360.4, abs=1), "INFUSION_COMPLETE"),
    ]


def with_plain_limit(scenario):
    """A controller that is not told how much its syringe gives way: no climb is watched, only 40 kPa."""
    bench = Bench(scenario)
    bench.controller.watch.downstream.compliance_nl_kpa = 0
    return bench


def bolus_ml(bench):
    """What flows off after a line blocked from 100 s on is freed at 400 s."""
    rows = bench.run().rows
    assert rows[-1].state == "ALARM"
    return rows[-1].delivered_ml - next(row.delivered_ml for row in rows if row.t_s == 390.0)


def test_an_occlusion_that_clears_gives_back_what_the_line_held():
    """C dP = 15.51 uL/kPa * 38.7 kPa = 0.600 mL, and a little over the threshold, if pressure is only held against its
    limit and the motor does not turn back. With its climb watched it is found at the end of the fifth block of 5 s:
    four times 4.5 kPa less 0.3 of 3.2 are more than four times 3.2. 25 s of 13.9 uL/s are 347 uL, and a slip of the
    stopper, 0.8 kPa or 12 uL. Backing off leaves a climb of 2 kPa, 31 uL, and a slip."""
    fixed = Pump(syringe="BD Plastipak 50", back_off=False)
    blocked = {"fault": [Fault(at_s=100.0, until_s=400.0, kind="occlusion-downstream")]}
    assert bolus_ml(with_plain_limit(story(pump=fixed, **blocked))) == pytest.approx(0.600, abs=0.02)
    assert bolus_ml(Bench(story(pump=fixed, **blocked))) == pytest.approx(0.359, abs=0.02)
    assert 0 <= bolus_ml(Bench(story(**blocked))) < 0.043


def test_height_and_pressure_of_the_patient_are_felt_before_the_first_step():
    scenario = story(patient=Patient(pressure_kpa=2.0, height_cm=100.0))
    assert Bench(scenario).run().rows[0].pressure_kpa == pytest.approx(2.0 + 9.81)


@pytest.mark.parametrize("clock_ms", [CLOCK_MASK - 100_000, CLOCK_MASK // 2 - 100_000])
def test_where_the_clock_starts_makes_no_difference(clock_ms):
    assert Bench(load(FIRST), clock_ms).run().rows == Bench(load(FIRST)).run().rows


@pytest.mark.parametrize("model", MODELS)
def test_the_same_seed_gives_the_same_bytes(tmp_path, model):
    """Another seed reads other pressures."""
    fault = Fault(at_s=60.0, kind="occlusion-downstream")
    for name, seed in (("one", 7), ("two", 7), ("three", 8)):
        simulate(story(rate_ml_h=5.0, seed=seed, noise=Noise(model=model), fault=[fault])).write(tmp_path / name)
    one, two, three = ((tmp_path / name / "trace.csv").read_bytes() for name in ("one", "two", "three"))
    assert one == two
    assert (one != three) == (model != "none")
    assert (tmp_path / "one/events.csv").read_bytes() == (tmp_path / "two/events.csv").read_bytes()


def test_a_run_leaves_the_files_that_are_promised(tmp_path):
    simulate(load(FIRST)).write(tmp_path)
    trace = (tmp_path / "trace.csv").read_text().splitlines()
    assert (
        trace[0]
        == "t_s,state,set_rate_ml_h,flow_ml_h,pumped_ml,delivered_ml,pressure_kpa,alarm,reading_kpa,supply_kpa,air_ml"
    )
    assert len(trace) == 1 + 721 + 2  # every 10 s, one at the alarm, and one when the motor has backed off
    assert (tmp_path / "events.csv").read_text().startswith("t_s,source,code,value\n0.000,user,ACKNOWLEDGE,\n")
    summary = json.loads((tmp_path / "summary.json").read_text())
    keys = "scenario seed simulated_s wall_s steps_run programmed_ml pumped_ml delivered_ml final_state alarms expect"
    assert set(keys.split()) <= set(summary)
    alarm = {"t_s": 4235.0, "code": "OCCLUSION_DOWNSTREAM", "priority": "MEDIUM", "action": "stop"}
    assert summary["alarms"] == [{**alarm, "text": "Line blocked downstream"}]


def test_progress_is_told_and_ends_at_one():
    shares = []
    Bench(story(duration_s=30.0)).run(shares.append)
    assert shares == sorted(shares) and shares[-1] == 1.0


EVENTS = [
    Note(0.0, "user", "START", ""),
    Note(100.0, "fault", "air-bubble", "on"),
    Note(120.0, "user", "SET_RATE", "5 mL/h"),
    Note(130.0, "alarm", "AIR_BUBBLE", "raised"),
]


@pytest.mark.parametrize(
    ("expect", "ok"),
    [
        (Expect(final_state="ALARM"), True),
        (Expect(final_state="KVO"), False),
        (Expect(delivered_ml=[1.0, 2.0]), True),
        (Expect(delivered_ml=[1.6, 2.0]), False),
        (Expect(alarms=[ExpectedAlarm(code="AIR_BUBBLE", within_s=30.0)]), True),
        (Expect(alarms=[ExpectedAlarm(code="AIR_BUBBLE", within_s=29.0)]), False),
        (Expect(alarms=[ExpectedAlarm(code="RESERVOIR_EMPTY", within_s=30.0)]), False),
        (Expect(alarms=[ExpectedAlarm(code="AIR_BUBBLE", within_s=30.0)] * 2), False),
        (Expect(alarms=[]), False),
        (Expect(plant={"air_ml": [0.2, 0.3]}), True),
        (Expect(plant={"air_ml": [0.0, 0.2]}), False),
        (Expect(), True),
    ],
)
def test_expectations_are_judged(expect, ok):
    verdicts = judge(expect, "ALARM", 1.5, EVENTS, {"air_ml": 0.3})
    assert all(verdict["ok"] for verdict in verdicts) == ok


def test_an_alarm_before_the_fault_does_not_stand_for_the_one_it_should_raise():
    early = [Note(50.0, "alarm", "AIR_BUBBLE", "raised"), Note(60.0, "fault", "air-bubble", "on")]
    expect = Expect(alarms=[ExpectedAlarm(code="AIR_BUBBLE", within_s=30.0)])
    assert [verdict["ok"] for verdict in judge(expect, "ALARM", 0.0, early, {})] == [False, False]


def test_without_faults_an_alarm_is_timed_from_what_the_user_did():
    events = [Note(200.0, "user", "SET_RATE", ""), Note(230.0, "alarm", "INFUSION_NEAR_END", "raised")]
    expect = Expect(alarms=[ExpectedAlarm(code="INFUSION_NEAR_END", within_s=30.0)])
    assert all(verdict["ok"] for verdict in judge(expect, "ALARM", 0.0, events, {}))


def test_faults_of_one_kind_end_one_by_one():
    """Two occlusions, 10 to 20 and 15 to 40 s, and two bubbles of which the small one is purged. The 417 uL less 138 of
    the start that 30 s of 50 mL/h store stay below the plain limit, so that the pump runs on to the bubbles."""
    faults = [
        Fault(at_s=10.0, until_s=20.0, kind="occlusion-downstream"),
        Fault(at_s=15.0, until_s=40.0, kind="occlusion-downstream"),
        Fault(at_s=200.0, until_s=260.0, kind="air-bubble", severity=50.0),
        Fault(at_s=210.0, kind="air-bubble", severity=400.0),
    ]
    record = with_plain_limit(story(trace_every_s=1.0, fault=faults)).run()
    delivered = {row.t_s: row.delivered_ml for row in record.rows}
    assert delivered[39.0] == delivered[10.0] < delivered[45.0]
    assert "AIR_BUBBLE" in [code for _, code in told(record, "alarm")]


def test_the_line_fills_up_to_the_very_moment_a_fault_ends():
    """Looked at only when the fault ends, the plant is still brought there under the fault."""
    fault = Fault(at_s=100.0, until_s=100.4999, kind="occlusion-downstream")
    slow = story(
        duration_s=101.0, rate_ml_h=0.1, trace_every_s=30.0, pump=Pump(syringe="BD Plastipak 1"), fault=[fault]
    )
    bench = Bench(slow)
    seen = []
    renew = bench.plant.renew
    bench.plant.renew = lambda: (seen.append((bench.plant.at_ticks, bench.plant.circuit.blocks)), renew())
    bench.run()
    assert seen == [(100_000 * TICKS_PER_MS, 1), (100_500 * TICKS_PER_MS, 0)]


def test_flow_and_counts_of_the_trace_agree_with_its_volumes():
    """Flow is the mean since the row before; at 50 mL/h it settles there; the controller counts what it pumped."""
    record = Bench(story(duration_s=300.0, trace_every_s=10.0)).run()
    for before, row in pairwise(record.rows):
        mean = (row.delivered_ml - before.delivered_ml) / (row.t_s - before.t_s) * 3600
        assert row.flow_ml_h == pytest.approx(mean)
    assert record.rows[20].flow_ml_h == pytest.approx(50, rel=0.02)
    assert record.rows[-1].pumped_ml == pytest.approx(50 * 300 / 3600, abs=0.01)
    assert record.rows[-1].set_rate_ml_h == 50.0


def test_summary_volumes_are_those_of_the_last_row():
    run = simulate(story(duration_s=300.0))
    last = run.record.rows[-1]
    assert run.summary["pumped_ml"] == last.pumped_ml == pytest.approx(4.16, abs=0.01)
    assert run.summary["delivered_ml"] == pytest.approx(last.delivered_ml, abs=1e-6)
    assert run.summary["programmed_ml"] == 5.0


def test_the_rig_is_what_the_scenario_says():
    """1.5 m of 1.0 mm, a 20G cannula and a vein: 0.0611, 0.0032, 0.0266 kPa s/uL; 15 uL/kPa of the syringe, of which
    A^2 / k = 6.85 are its rod's spring, and 0.51 of the line; warn at 1, stop at 0.5 mL."""
    bench = Bench(story())
    circuit = bench.plant.circuit
    assert circuit.line_resistance == pytest.approx(0.0611, abs=1e-4)
    assert circuit.way_out(0.0) == pytest.approx(0.0298, abs=1e-4)
    assert circuit.pump_compliance == pytest.approx(15 - 6.85, abs=0.01)
    assert circuit.line_compliance == pytest.approx(0.51, abs=0.01)
    setup = bench.controller.setup
    assert (setup.low_ul, setup.empty_ul, setup.reservoir_ul) == (1_000, 500, 50_000)
    small = Bench(story(rate_ml_h=5.0, vtbi_ml=0.5, pump=Pump(syringe="BD Plastipak 1"))).controller.setup
    assert (small.low_ul, small.empty_ul, small.reservoir_ul) == (100, 20, 1_000)


def test_the_summary_tells_what_was_refused_and_what_an_end_without_kvo_does():
    events = [Event(at_s=10.0, action="resume")]
    summary = simulate(story(vtbi_ml=1.0, kvo_ml_h=0.0, event=events)).summary
    assert summary["refused"] == [{"t_s": 10.0, "request": "RESUME", "answer": "REFUSED_HERE"}]
    assert [(alarm["code"], alarm["action"]) for alarm in summary["alarms"]] == [
        ("INFUSION_NEAR_END", "go on"),
        ("INFUSION_COMPLETE", "stop"),
    ]
    assert summary["final_state"] == "DONE"


def test_the_trace_tells_what_the_controller_read():
    rows = Bench(story(noise=Noise(model="harsh"))).run().rows
    differences = [row.reading_kpa - row.pressure_kpa for row in rows if row.state == "INFUSING"]
    assert max(map(abs, differences)) > 0.3
    calm = Bench(story(mechanics=Mechanics(stopper="ideal"))).run().rows
    assert all(row.reading_kpa == pytest.approx(row.pressure_kpa, abs=0.05) for row in calm[60:200])


@pytest.mark.parametrize("path", sorted(BOOK.glob("*.toml")), ids=lambda path: path.stem)
def test_a_plant_read_twice_as_often_goes_the_same_way(path):
    """Rows every 2.5 s and every 5 s, faults, slips, air and all: at the times they share, the same."""
    scenario = load(path)
    runs = [Bench(scenario.model_copy(update={"trace_every_s": every_s})).run() for every_s in (2.5, 5.0)]
    often, seldom = ({row.t_s: row for row in run.rows} for run in runs)
    shared = often.keys() & seldom.keys()
    assert len(shared) > scenario.duration_s / 5 - 2
    for t_s in shared:
        assert often[t_s].delivered_ml == pytest.approx(seldom[t_s].delivered_ml, abs=1e-6)
        assert often[t_s].pressure_kpa == pytest.approx(seldom[t_s].pressure_kpa, abs=1e-6)
        assert often[t_s].supply_kpa == pytest.approx(seldom[t_s].supply_kpa, abs=1e-6)
    assert runs[0].events == runs[1].events
