"""Every fault that raises an alarm: the right one, as soon as worked out by hand; what follows; and what stops a
controller that does not care."""

import pytest

from pumpcore.alarms import ACTION_NAMES, TABLE
from pumpsim.bench import Bench
from pumpsim.kinds import KINDS
from pumpsim.scenario import Event, Patient
from stories import DRIVES, RATE_ML_H, STEP_UL, alarms, blind, codes, fault, looked, ml_h, ran, story, unwatched

ACTIONS = {alarm.name: ACTION_NAMES[alarm.action] for alarm in TABLE}
LOOK_S = 1.1  # the loop comes round once a second, and some ms; a switch wakes it at once
S, P = DRIVES

# Seconds from the fault, at 60 s, to the alarm: at least and at most. 20 mL/h are 5.56 uL/s.
FOUND = [
    # C is 15.5 uL/kPa, told as 21.7: 1.79 kPa in a block of 5 s, told 1.28. 4 * 1.28 are summed from 1.79 - 0.38 in
    # four blocks, five with the one that is cut; noise of 0.3 kPa takes one more.
    ("occlusion-downstream", S, {}, {}, "OCCLUSION_DOWNSTREAM", 15, 31),
    # C is 1.01 uL/kPa: 38.2 kPa in 7.0 s.
    ("occlusion-downstream", P, {}, {}, "OCCLUSION_DOWNSTREAM", 6, 7 + LOOK_S),
    # 28 of 1.8 + 26 kPa: past 20, half of the limit, after 4.7 uL/(kPa/s) * 1.2 = 5.6 s, and then for a whole block,
    # and for another in which it climbs by less than 0.3 of what it would if blocked.
    ("occlusion-partial", P, {"severity": 1.3}, {}, "OCCLUSION_PARTIAL", 10, 5.6 + 15 + LOOK_S),
    # 5.9 + 16 kPa of the inlet's 11.5 uL/kPa are 45 s; the tube collapses on the way and fills less, a third at worst.
    ("occlusion-upstream", P, {}, {}, "OCCLUSION_UPSTREAM", 40, 68),
    # At 27.8 uL/s 7.25 (1 + V / 0.3 mL) kPa over 3.1: 20 kPa with V = 0.4 mL, 14.4 s; tissue grows in steps of 5 %, so
    # 0.435 mL or 15.7 s, and 17 uL or 0.6 s stay in the line; and then for a whole block. It climbs by 9 kPa a block,
    # of 139 / 1.4 if blocked.
    ("infiltration", P, {"severity": 0.3}, {"rate_ml_h": 100.0}, "OCCLUSION_PARTIAL", 14, 16.3 + 10 + LOOK_S),
    # 23.9 uL/s past the rollers: 50 uL more than are pumped, and 13 % of these, by the flow sensor.
    ("free-flow", P, {}, {}, "FREE_FLOW", 1, 50 / (23.9 - 0.13 * 5.56) + LOOK_S),
    # 48.7 uL/s of air at the crack, once its 1.3 kPa are gone: 30 uL more than the pump gives and 5 % of that.
    ("free-flow", S, {"severity": 0.02}, {"patient": Patient(height_cm=-40)}, "FREE_FLOW", 0.5, 1.5 + LOOK_S),
    # 100 uL, 18 s; a slip of 6.8 uL of the stopper, 5.7 uL of the rollers' dip either way. Of a syringe that gives way
    # by 15.5 uL/kPa, told as 21.7, at 5 whole uL/s 2.3 uL count beforehand.
    ("air-bubble", S, {"severity": 200.0}, {}, "AIR_BUBBLE", 16.4, 18.9 + LOOK_S),
    ("air-bubble", P, {"severity": 200.0}, {}, "AIR_BUBBLE", 16.9, 18.9 + LOOK_S),
    # 25 bubbles of 40 uL, each 240: 6 mL at 16.7 uL/s; two more, for the detector sees neither end of any.
    ("air-train", P, {"severity": 40.0}, {"rate_ml_h": 60.0}, "AIR_ACCUMULATED", 345, 390),
    # 0.2 mL until the plunger is at the bottom, 36 s, a slip of 1.2 s either way; then nothing flows: 300 uL, 54 s, and
    # four times what still drains from the line, 5.56 * 1.4 uL: 5.6 s.
    ("reservoir-empty", S, {"severity": 0.2}, {}, "RESERVOIR_EMPTY", 35 + 54, 37.2 + 54 + 5.6 + LOOK_S),
    # 0.2 mL, of which the last drop falls with 150 to 200 uL, and four that do not fall.
    ("reservoir-empty", P, {"severity": 0.2}, {}, "RESERVOIR_EMPTY", 350 / 5.56, 400 / 5.55 + LOOK_S),
    # 64 counts of 4096: 8.7 uL with a syringe, 0.74 with the rollers; a look more if the last digit does not flicker.
    ("motor-stall", S, {}, {}, "MOTOR_STALL", 1, 1.6 + 3 * LOOK_S),
    ("motor-stall", P, {}, {}, "MOTOR_STALL", 0, 0.2 + 3 * LOOK_S),
    # A tenth of that, in blocks of 640 steps, 20 s.
    ("lost-steps", S, {"severity": 10.0}, {}, "MOTOR_STALL", 1, 16 + 20 + LOOK_S),
    ("winding-open", S, {}, {}, "SELF_TEST_FAILED", 0, LOOK_S),
    ("winding-open", P, {}, {}, "SELF_TEST_FAILED", 0, LOOK_S),
    ("door-open", P, {}, {}, "DOOR_OPEN", 0, 0.01),
    ("syringe-unseated", S, {}, {}, "SYRINGE_UNSEATED", 0, 0.01),
    ("wrong-syringe", S, {}, {}, "SYRINGE_WRONG", 0, 0.01),
    # As stalled, but with twelve readings that are the same.
    ("encoder-stuck", S, {}, {}, "SENSOR_FAULT", 1.5, 13 * LOOK_S),
    ("encoder-stuck", P, {}, {}, "SENSOR_FAULT", 0, 13 * LOOK_S),
    ("pressure-stuck", S, {}, {}, "SENSOR_FAULT", 59, 60 + 2 * LOOK_S),  # and 250 uL, 45 s
    ("pressure-stuck", P, {}, {}, "SENSOR_FAULT", 59, 60 + 2 * LOOK_S),
    ("pressure-offset", S, {"severity": -27.5}, {}, "SENSOR_FAULT", 0, LOOK_S),  # a patient 2.5 m down is at -24.5
    ("pressure-offset", S, {"severity": -20.0}, {}, "SENSOR_FAULT", 0, LOOK_S),  # a fall by 15 kPa to below -15
    ("pressure-offset", S, {"severity": 23.0}, {}, "SENSOR_FAULT", 0, LOOK_S),  # a rise by 20
    ("pressure-offset", S, {"severity": 45.0}, {}, "SENSOR_FAULT", 0, LOOK_S),  # over 40, but no line does so at once
    # Four moves in a row at the least. A block of 5 s, and a second that the loop takes, moves against that two before
    # in two of three at most, and in half of these the other way than the last: 6 in three less 1 a block, 20 after 20
    # or so. Of 1000 drawn half were there after 18, 99 of 100 after 71.
    ("pressure-noise", P, {"severity": 5.0}, {}, "SENSOR_FAULT", 20, 71 * 6),
    ("pressure-noise", S, {"severity": 5.0}, {}, "SENSOR_FAULT", 20, 71 * 6),
    ("flow-sensor-stuck", S, {}, {}, "SENSOR_FAULT", 59, 60 + 2 * LOOK_S),  # and 50 uL, 9 s
    ("flow-sensor-stuck", P, {}, {}, "SENSOR_FAULT", 59, 60 + 2 * LOOK_S),
    ("air-sensor-stuck", S, {}, {}, "SENSOR_FAULT", 0, 60 + 2 * LOOK_S),  # its sender is switched off once a minute
    ("air-sensor-stuck", P, {"severity": 1000.0}, {}, "AIR_BUBBLE", 16, 18.2 + LOOK_S),  # 95 uL, 5.7 of a dip
    ("battery-drain", S, {}, {}, "ON_BATTERY", 0, 0.01),
    ("overheat", P, {"severity": 120.0}, {}, "OVERHEAT", 239, 241 + LOOK_S),  # 120 - 97 e^(-t/600) = 55 C: 240.2 s
    ("clock-jump", S, {}, {}, "CLOCK_FAULT", 0, LOOK_S),
    ("loop-stall", S, {}, {}, "LATE_LOOP", 1, 2.2 + 3.6),  # after the last frame; and the guard looks every 20 uL
    ("loop-stall", P, {}, {}, "LATE_LOOP", 1, 2.2 + 3.6),
    ("memory-flip", S, {}, {}, "MEMORY_FAULT", 0, LOOK_S),
    # Read through in 300 s, the first time from power-on: comes by at 150 s, whole at 300, looked at each 5 s. What is
    # read before 60 s of the first round is read again at 350, and known at 600.
    ("code-flip", S, {}, {}, "SELF_TEST_FAILED", 240, 245 + LOOK_S),
    ("code-flip", P, {"severity": 15.0}, {}, "SELF_TEST_FAILED", 540, 545 + LOOK_S),
    ("key-stuck", P, {}, {}, "SELF_TEST_FAILED", 10, 10 + LOOK_S),
    ("link-drop", P, {}, {}, "LINK_LOST", 0, LOOK_S),
]
SILENT = {"power-cut", "key-bounce"}  # nothing is left to raise one; and nothing is wrong


def test_every_kind_that_raises_an_alarm_is_here():
    assert {kind for kind, *_ in FOUND} | SILENT == set(KINDS)


@pytest.mark.parametrize(
    ("kind", "drive", "how", "of", "code", "least_s", "most_s"),
    FOUND,
    ids=[f"{kind}-{drive}-{how.get('severity', '')}-{code}" for kind, drive, how, _, code, _, _ in FOUND],
)
def test_a_fault_is_found_by_its_name_and_in_time(kind, drive, how, of, code, least_s, most_s):
    """And the motor stands afterwards, once it has backed off, or goes on, as the table says."""
    bench = Bench(story(drive, fault(kind, **how), noise={"model": "bedside"}, duration_s=60.0 + most_s + 20, **of))
    looked(bench, 60 + most_s + 0.001)
    (at_s, first), *_ = alarms(bench)
    assert first == code
    assert 60 + least_s <= at_s <= 60 + most_s
    at = [looked(bench, 60 + most_s + later_s).drive.position for later_s in (10, 19)]
    if ACTIONS.get(code, "stop") == "stop":
        assert at[0] == at[1]
    else:
        rate_ml_h = of.get("rate_ml_h", RATE_ML_H)
        assert (at[1] - at[0]) * STEP_UL[drive] == pytest.approx(9 * rate_ml_h / 3.6, rel=0.05)


def test_a_battery_warns_before_it_is_empty():
    """10 A from 8.4 V at 0.15 ohm: 6.9 V at once, 6.8 with 0.05 of 2 Ah gone, 36 s, 6.3 with 0.3, 216 s."""
    bench = ran("syringe", fault("battery-drain", severity=10_000.0), noise={"model": "bedside"}, duration_s=300.0)
    assert alarms(bench) == [
        (60, "ON_BATTERY"),
        (pytest.approx(96.5, abs=LOOK_S), "BATTERY_LOW"),
        (pytest.approx(276.5, abs=LOOK_S), "BATTERY_EMPTY"),
    ]
    assert {row.t_s: row.state for row in bench.record.rows}[270] == "INFUSING"
    assert bench.record.rows[-1].state == "ALARM"


@pytest.mark.parametrize("kind", sorted(SILENT))
def test_what_raises_no_alarm(kind):
    assert alarms(ran("syringe", fault(kind), noise={"model": "bedside"})) == []


# The guard


@pytest.mark.parametrize("lying", [False, True], ids=["as-told", "and-says-it-does-not"])
@pytest.mark.parametrize(("drive", "rate_ml_h"), [(S, 5.0), (S, 100.0), (P, 5.0), (P, 300.0)])
def test_a_controller_that_ignores_its_alarms_and_doubles_the_rate_is_stopped(drive, rate_ml_h, lying):
    """50 uL over what was confirmed, 0.1 mL with a look and the motor's stop."""
    bench = Bench(story(drive, duration_s=130.0, rate_ml_h=rate_ml_h))
    controller = bench.controller
    sound = controller.step

    def step(now_ms, inputs, outputs):
        controller.dose.rate_cml_h = round(rate_ml_h * (200 if now_ms >= 60_000 else 100))
        then_ms = sound(now_ms, inputs, outputs)
        if lying:
            outputs.rate_cml_h = min(outputs.rate_cml_h, round(rate_ml_h * 100))
        return then_ms

    controller.step = step
    blind(controller)
    bench.run()
    ((at_s, reason),) = alarms(bench)
    assert reason == "DOSE"
    over_ul = bench.plant.drive.position * STEP_UL[drive] - at_s * rate_ml_h / 3.6
    assert 40 < over_ul < 100
    assert bench.record.rows[-1].state == "INFUSING"  # as the controller has it


def test_doubled_for_good_without_a_guard_it_would_give_twice_as_much():
    """What the guard is there for: the same controller, and nobody who looks."""
    bench = unwatched("syringe")
    looked(bench, 60)
    bench.controller.dose.rate_cml_h *= 2
    bench.run()
    assert ml_h(bench, 120, 240) == pytest.approx(2 * RATE_ML_H, rel=0.02)


# Backing off, and the way back


def test_after_an_occlusion_the_motor_turns_back_and_what_was_pumped_stays_counted():
    """At 5 mL/h the line climbs by 0.09 kPa/s from 1.4; backing off takes away four tenths of that or more, and goes
    through the dead band first, 0.25 mL of a stopper's friction and a rod's spring, half a turn and so 1850 counts."""
    bench = Bench(story("syringe", fault("occlusion-downstream", 300), duration_s=500.0, rate_ml_h=5.0))
    looked(bench, 300)
    before_kpa = bench.plant.line_kpa
    bench.run()
    ((at_s, code),) = alarms(bench)
    assert code == "OCCLUSION_DOWNSTREAM" and "RELIEF" in codes(bench, "state")
    rows = {row.t_s: row for row in bench.record.rows}
    last = bench.record.rows[-1]
    climb_kpa = rows[at_s].pressure_kpa - before_kpa
    assert climb_kpa > 1.95 and last.state == "ALARM"
    assert before_kpa <= last.pressure_kpa <= rows[at_s].pressure_kpa - 0.4 * climb_kpa + 0.3
    pumped_counts = last.pumped_ml * 1000 / STEP_UL["syringe"] / 3200 * 4096
    assert 1_000 < pumped_counts - bench.ports.encoder.counts < 3_000
    assert last.pumped_ml == pytest.approx(rows[at_s].pumped_ml, abs=0.001)
    assert last.pumped_ml == pytest.approx(at_s * 5 / 3600, abs=0.002)


def test_freed_and_resumed_it_flows_again_within_two_minutes():
    """The way back through the dead band, 0.25 mL, is taken up at 120 mL/h in 8 s; at 1 mL/h it would be 15 minutes. A
    stopper that slips gives 6.8 uL each 24 s, so the flow is seen over 10 minutes."""
    events = [Event(at_s=2400.0, action="acknowledge"), Event(at_s=2410.0, action="resume")]
    blocked = fault("occlusion-downstream", 1200, 2300)
    bench = ran("syringe", blocked, duration_s=3200.0, rate_ml_h=1.0, event=events, patient=Patient())
    assert [code for _, code in alarms(bench)] == ["OCCLUSION_DOWNSTREAM"]
    rows = {row.t_s: row for row in bench.record.rows}
    assert rows[2405].state == "PAUSED" and rows[3200].state == "INFUSING"
    assert ml_h(bench, 2410 + 120, 2410 + 720) == pytest.approx(1.0, rel=0.1)
    assert rows[2410 + 120].delivered_ml - rows[2410].delivered_ml < 0.06  # and no bolus: 33 uL were asked for
