"""Which pulses turn the motor, counted by hand, however they are cut into runs; and what stops it altogether."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumpsim.run import measure
from pumpsim.scenario import Event
from pumpsim.shaft import Shaft
from rigs import PURE, TICKS_PER_S, ideal_plant, order, peristaltic_plant, run_to
from stories import DRIVES, RATE, STEP_UL, alarms, carried_on, fault, looked, ml_h, ran, unwatched

BLOCK = 640  # a fifth of a turn of 3200

runs = st.lists(st.integers(1, 3_000), min_size=1, max_size=30)


def turned(shaft, run):
    """Of `run` pulses, those that turn the motor, told apart as the plant does."""
    turns, left = 0, run
    while left:
        count, turning = shaft.stretch(left)
        assert 0 < count <= left
        turns += count * turning
        shaft.pulses += count
        left -= count
    return turns


def test_a_sound_shaft_turns_with_every_pulse():
    shaft = Shaft()
    assert shaft.sound
    assert turned(shaft, 12_345) == 12_345


@given(runs=runs, losing=st.integers(0, BLOCK))
def test_a_stalled_shaft_loses_every_pulse(runs, losing):
    """A weak one that stalls too."""
    shaft = Shaft()
    shaft.stalls, shaft.weak = 1, [0, losing]
    assert not shaft.sound
    assert [turned(shaft, run) for run in runs] == [0] * len(runs)


@given(runs=runs, losing=st.integers(1, BLOCK - 1), before=st.integers(0, 2_000))
def test_a_weak_shaft_loses_the_first_pulses_of_each_block(runs, losing, before):
    """Pulse n, from power-on, is lost if n mod 640 < losing; counted one by one."""
    shaft = Shaft()
    turned(shaft, before)
    shaft.weak.append(losing)
    assert not shaft.sound
    at = before
    for run in runs:
        assert turned(shaft, run) == sum(n % BLOCK >= losing for n in range(at, at + run))
        at += run


@given(losing=st.integers(1, BLOCK - 1), blocks=st.integers(1, 500), cuts=st.lists(st.integers(1, 99_999), max_size=20))
def test_of_whole_blocks_it_loses_its_share_exactly(losing, blocks, cuts):
    shaft, end = Shaft(), blocks * BLOCK
    shaft.weak.append(losing)
    borders = [0, *sorted(cut for cut in set(cuts) if cut < end), end]
    given = sum(turned(shaft, later - sooner) for sooner, later in pairwise(borders))
    assert end - given == losing * blocks


def test_of_two_weaknesses_the_worse_counts_and_each_ends_alone():
    shaft, lost = Shaft(), []
    for weak in ([0], [0, 64], [0, 64, 320], [0, 320, 64], [0, 64], [0]):
        shaft.weak = weak
        lost.append(BLOCK - turned(shaft, BLOCK))
    assert lost == [0, 64, 320, 320, 64, 0]


def test_a_stall_does_not_shift_the_blocks():
    """1000 pulses stalled are 360 into the second block, where 100 of 640 are lost."""
    shaft = Shaft()
    shaft.weak, shaft.stalls = [100], 1
    turned(shaft, 1_000)
    shaft.stalls = 0
    assert turned(shaft, 280) == 280
    assert turned(shaft, 100) == 0
    assert turned(shaft, 540) == 540


# In the plant


@pytest.mark.parametrize("make", [ideal_plant, peristaltic_plant])
@pytest.mark.parametrize("every_s", [0.013, 0.7, 500.0])
def test_what_is_lost_does_not_move_fluid(make, every_s):
    """6400 pulses of which 3000 are sound, 1400 stalled, 2000 (from 120 of the 8th block) weak by 64 of 640: those of
    the blocks that begin at 4480, 5120, 5760, so 3 * 64."""
    pump, at_s = make(), 0.0
    order(pump, TICKS_PER_S // 100, 6_400)
    for until_s, stalls, weak in ((30, 0, 0), (44, 1, 0), (64, 0, 64)):
        pump.shaft.stalls, pump.shaft.weak = stalls, [0, weak]
        pump.renew()
        while at_s < until_s:
            at_s = min(at_s + every_s, until_s)
            run_to(pump, at_s)
    assert pump.motor.given == 6_400
    assert pump.shaft.lost == 1_400 + 3 * 64
    assert pump.drive.position == 6_400 - 1_400 - 3 * 64
    run_to(pump, 600)
    per_turn = math.pi / 4 * (26.59**2 if make is ideal_plant else 1.6**2 * math.pi * 30)
    if make is ideal_plant:
        assert pump.out_ul == pytest.approx(per_turn * 4_808 / 3200 * PURE.pitch_mm, rel=1e-6)
    else:  # 6 passages of 800 steps and 8 into a dip of 12 % over 80; 0.46 % more for 4.6 kPa across
        assert pump.out_ul == pytest.approx(per_turn / 4 * (6 - 0.012) * 1.0046, rel=1e-3)


def test_the_motor_stalls_at_the_force_of_the_scenarios_rig():
    """Of 10 N the sliding stopper takes 5: 5 N on pi/4 26.59^2 mm2 are 9.0 kPa. Blocked, the motor gets no further; the
    alarm at 40 kPa does not come. It last slips between 6 and 5 N of friction, at (10 - 6) N or 7.2 kPa or more. The
    pressure has climbed so far at 5.56 / 15.5 kPa/s after 16 to 21 s; 8.7 uL behind, 1.6 s later and a look of 1 s,
    the motor is stopped, before the climb alone shows that it is the line that is blocked."""
    bench = carried_on("syringe", fault("occlusion-downstream"), duration_s=400.0, rig={"stall_n": 10.0})
    assert measure(bench)["lost_steps"] > 1_000
    assert 7.0 < max(row.pressure_kpa for row in bench.record.rows) < 9.01
    found = ran("syringe", fault("occlusion-downstream"), duration_s=400.0, rig={"stall_n": 10.0})
    assert alarms(found) == [(pytest.approx(80.7, abs=3.1), "MOTOR_STALL")]


# By a fault


@pytest.mark.parametrize("drive", DRIVES)
def test_a_motor_stalled_or_weak_loses_its_steps(drive):
    """60 s of RATE / step; in blocks of 640, of which 10 % are 64."""
    steps = 60 * RATE / STEP_UL[drive]
    stalled, weak = fault("motor-stall", 60, 120), fault("lost-steps", 60, 120, 10.0)
    assert measure(carried_on(drive, stalled))["lost_steps"] == pytest.approx(steps, abs=2)
    assert measure(carried_on(drive, weak))["lost_steps"] == pytest.approx(steps / 10, abs=64)


@pytest.mark.parametrize("percent", [1.0, 10.0, 33.0, 50.0, 99.0])
def test_a_weak_motor_loses_the_share_that_is_asked_for(percent):
    """Of 240 s at 20 mL/h, 90,000 steps, to one in two hundred."""
    lost = measure(carried_on("peristaltic", fault("lost-steps", 0, None, percent)))["lost_steps"]
    assert lost == pytest.approx(percent / 100 * 240 * RATE / STEP_UL["peristaltic"], rel=0.005)


@pytest.mark.parametrize("drive", DRIVES)
def test_a_stalled_loop_stops_the_motor_by_itself(drive, record_property):
    """Within 10 uL and two steps; and when the loop comes round again, so does the motor, its count right. With a
    guard it does not: that trips 2.2 s after the last good frame, and looks every 3.6 s."""
    bench = unwatched(drive, fault("loop-stall", 60, 120))
    steps = [looked(bench, at_s).motor.given for at_s in (60, 70, 119.9, 240)]
    over_ul = (steps[1] - steps[0]) * STEP_UL[drive]
    record_property("figure", f"loop stalled at 20 mL/h, {drive}: the motor stops by itself after {over_ul:.1f} uL")
    assert 0 < over_ul <= 10 + 2 * STEP_UL[drive]
    assert steps[2] == steps[1]
    assert (steps[3] - steps[2]) * STEP_UL[drive] == pytest.approx(120 * RATE, rel=0.01)
    assert bench.outputs.pumped_ul == pytest.approx(steps[3] * STEP_UL[drive], abs=10)
    guarded = ran(drive, fault("loop-stall", 60, 120))
    assert alarms(guarded) == [(pytest.approx(63, abs=3), "LATE_LOOP"), (120, "GUARD_STOPPED")]
    assert guarded.record.rows[-1].state == "ALARM"
    assert guarded.plant.drive.position * STEP_UL[drive] <= 60 * RATE + over_ul + 2 * STEP_UL[drive]


@pytest.mark.parametrize("drive", DRIVES)
def test_power_that_comes_back_finds_the_controller_idle(drive):
    bench = ran(drive, fault("power-cut", 60, 120), event=[Event(at_s=90.0, action="pause")])
    states = {row.t_s: row.state for row in bench.record.rows}
    assert [states[at] for at in (59, 60, 61, 119, 121, 240)] == ["INFUSING", "OFF", "OFF", "OFF", "IDLE", "IDLE"]
    assert bench.plant.motor.given == 0
    assert ml_h(bench, 75, 240) == pytest.approx(0, abs=0.2)
    assert [n[2:] for n in bench.record.events if n.t_s == 90] == [("PAUSE", "LOST")]


def test_a_power_cut_within_a_power_cut_does_not_bring_power_back():
    bench = ran("syringe", fault("power-cut", 60, 120), fault("power-cut", 80, 100))
    assert {row.state for row in bench.record.rows if 60 < row.t_s < 120} == {"OFF"}
    assert bench.record.rows[-1].state == "IDLE"


def test_a_pump_without_power_drives_at_no_rate():
    assert {row.set_rate_ml_h for row in ran("syringe", fault("power-cut")).record.rows if row.state == "OFF"} == {0.0}


@pytest.mark.parametrize(
    ("drains", "off_s"),
    [
        ([(60, None, 4_000.0)], 1680),  # cut-off 6.0 + 0.6 V is at 0.1 of 2 Ah: 1.8 Ah / 4 A = 1620 s
        ([(60, None, 10_000.0)], 384),  # 6.0 + 1.5 V, at 0.55: 0.9 Ah / 10 A = 324 s
        ([(60, None, 20_000.0)], 60),  # 6.0 + 3.0 V is more than it has when full
        ([(60, None, 4_000.0), (100, 200, 4_000.0)], 1580),  # 100 s at twice the load are 100 s less
        ([(60, 160, 4_000.0), (100, None, 4_000.0)], 1620),  # 40 s at 4, 60 s at 8, and then 1460 s at 4 A
    ],
)
def test_a_battery_dies_when_its_charge_says(drains, off_s):
    bench = ran("syringe", *(fault("battery-drain", *drain) for drain in drains), duration_s=1800.0, rate_ml_h=5.0)
    assert min((row.t_s for row in bench.record.rows if row.state == "OFF"), default=None) == off_s


def test_the_mains_bring_a_dead_pump_back_to_idle():
    bench = ran("syringe", fault("battery-drain", 60, 100, 20_000.0))
    assert [bench.record.rows[at].state for at in (59, 61, 99, 240)] == ["INFUSING", "OFF", "OFF", "IDLE"]
