"""The peristaltic pump on its bag, against volumes and pressures worked out by hand and a fixed-step reference.

The tube carries 200 uL a turn with 4 rollers, so 50 uL a passage; 3200 steps a turn. Line and patient: 0.75 uL/kPa at
the pump, 0.25 at the patient's end, 0.06 and 0.03 kPa s/uL. Supply: 7 uL/kPa and 0.001 kPa s/uL.
"""

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pumpsim.catalogue import Tube
from pumpsim.circuit import FAR, SUPPLY, Circuit, Supply, Valve
from pumpsim.peristaltic import PeristalticDrive
from pumpsim.plant import Plant
from rigs import TICKS_PER_S, block, order, run_to

BAG_KPA, PATIENT_KPA = 5.886, 1.3  # 60 cm of water, a vein
LINE_R, OUT_R, BAG_R, OPEN_R = 0.06, 0.03, 0.001, 0.01
LINE_UL, TUBE_UL = 300.0, 500.0
MS = TICKS_PER_S // 1000


def pump_of(
    gear=1.0, turned=0.0, bag_kpa=BAG_KPA, bag_ul=500_000.0, gtt=20, out_r=OUT_R, patient_kpa=PATIENT_KPA, **of
):
    """A tube of which nothing is lost, unless `of` says so."""
    tube = Tube("a tube", 1.6, 200.0, **{"per_kpa": 0.0, "wear": 0.0, **of})
    circuit = Circuit(0.5, 0.5, LINE_R, out_r, 0.0, patient_kpa)
    circuit.supply = Supply(bag_kpa, BAG_R, 7.0, bag_ul, TUBE_UL, gtt)
    circuit.valves.append(Valve(SUPPLY, tube.slip_kpa_s_ul, tube.slip_kpa))
    return Plant(PeristalticDrive(tube, gear, turned), circuit, LINE_UL)


def turn(pump, pulses, interval_ms=10.0, rest_s=0.0):
    """Give `pulses`, and wait."""
    order(pump, round(interval_ms * MS), pulses)
    pump.advance(pump.at_ticks + pulses * round(interval_ms * MS) + round(rest_s * TICKS_PER_S))


def open_door(pump, by=1):
    pump.drive.lifts += by
    pump.circuit.tubes = [OPEN_R] * pump.drive.lifts
    pump.renew()


# What a turn carries


@pytest.mark.parametrize("suck_back", [0.0, 0.12, 0.3])
@pytest.mark.parametrize("gear", [0.1, 1.0, 2.37])
def test_a_turn_carries_its_volume_whatever_is_sucked_back(suck_back, gear):
    """7 whole turns are 1400 uL, out of the bag and into the patient."""
    pump = pump_of(gear, suck_back=suck_back)
    turn(pump, round(7 * 3200 * gear), rest_s=30)
    assert pump.out_ul == pytest.approx(1400, abs=1e-6)
    assert 500_000 - pump.left_ul == pytest.approx(1400, abs=1e-6)


@pytest.mark.parametrize(("gear", "suck_back"), [(0.1, 0.05), (0.1371, 0.12), (0.2618, 0.3)])
def test_a_passage_dips_over_its_first_tenth_and_then_rises(gear, suck_back):
    """Blocked, so that each step's volume stays in 0.75 and 0.25 uL/kPa; passages of a fraction of steps."""
    pump, steps = pump_of(gear, suck_back=suck_back), 3200 * gear / 4
    block(pump)
    held = [0.0]
    for _ in range(round(3 * steps)):
        turn(pump, 1)
        held.append(0.75 * pump.line_kpa + 0.25 * pump.network.kpa(FAR) - PATIENT_KPA)
    moved = [after - before for before, after in pairwise(held)]
    for passage in range(3):
        inside = [n for n in range(len(moved)) if passage <= (n + 0.5) / steps < passage + 1]
        dip = [n for n in inside if moved[n] < 0]
        assert dip == inside[: len(dip)]
        assert abs(len(dip) - 0.1 * steps) <= 1
        assert math.fsum(moved[n] for n in dip) == pytest.approx(-suck_back * 50, abs=1e-6)
        assert math.fsum(moved[n] for n in inside) == pytest.approx(50, abs=1e-6)
        for part in (dip, inside[len(dip) :]):
            assert max(moved[n] for n in part) == pytest.approx(min(moved[n] for n in part), abs=1e-6)


@pytest.mark.parametrize(("bag_kpa", "patient_kpa"), [(20.0, 5.0), (-10.0, 12.0)])
def test_pressure_across_the_rollers_changes_what_they_carry(bag_kpa, patient_kpa):
    """A first passage from rest carries 50 (1 + 0.002 (supply - line)) uL."""
    pump = pump_of(bag_kpa=bag_kpa, patient_kpa=patient_kpa, per_kpa=0.002)
    turn(pump, 800, rest_s=30)
    assert pump.out_ul == pytest.approx(50 * (1 + 0.002 * (bag_kpa - patient_kpa)), abs=1e-6)


def test_a_tube_wears():
    """50 (1 - 0.08 (1 - e^(-n / 20000))) uL after n turns: 50, 47.47 and in the end 46."""
    for turned, carried in ((0, 50.0), (20_000, 50 * (1 - 0.08 * (1 - math.exp(-1)))), (1e7, 46.0)):
        pump = pump_of(turned=turned, wear=0.08, wear_turns=20_000)
        turn(pump, 800, rest_s=30)
        assert pump.out_ul == pytest.approx(carried, abs=1e-6)


def test_a_tube_wears_while_it_runs():
    """Passage k of a tube that wears with n0 = 10 turns begins at k/4 turns."""
    pump = pump_of(gear=0.1, wear=0.2, wear_turns=10)
    turn(pump, 120 * 80, rest_s=30)
    assert pump.out_ul == pytest.approx(sum(50 * (1 - 0.2 * (1 - math.exp(-k / 40))) for k in range(120)), abs=1e-6)


@pytest.mark.parametrize(("kpa", "share"), [(-19, 1), (-20, 1), (-30, 0.75), (-50, 0.25), (-60, 0), (-70, 0)])
def test_a_sucked_tube_collapses_between_20_and_60_kpa(kpa, share):
    pump = pump_of(bag_kpa=kpa)
    turn(pump, 800, rest_s=30)
    assert pump.out_ul == pytest.approx(50 * share, abs=1e-6)


# The bag


def clamped_pump():
    pump = pump_of()
    pump.circuit.supply.clamps = 1
    pump.renew()
    order(pump, 10 * MS, 100_000)
    return pump


def test_a_clamped_bag_is_sucked_to_20_kpa_in_the_time_its_tube_takes():
    """q = 0.0625 uL / 10 ms = 6.25 uL/s: 7 (5.886 + 20) / 6.25 = 28.99 s."""
    pump = clamped_pump()
    for at_s in (5, 10, 20, 28.99):
        run_to(pump, at_s)
        assert pump.supply_kpa == pytest.approx(BAG_KPA - 6.25 * at_s / 7, abs=0.01)
    assert pump.supply_kpa == pytest.approx(-20, abs=0.01)


def test_and_on_to_60_where_the_tube_is_flat():
    """From there a passage draws 50 (P + 60) / 40 of 7 uL/kPa: P + 60 shrinks by 1 - 50 / 280 each time."""
    pump, expected = clamped_pump(), BAG_KPA
    for passage in range(100):
        run_to(pump, 8 * passage)
        assert pump.supply_kpa == pytest.approx(expected, abs=1e-6)
        expected -= 50 / 7 * min(1, (expected + 60) / 40)
    assert pump.supply_kpa == pytest.approx(-60, abs=1e-3) and pump.supply_kpa > -60
    assert pump.out_ul == pytest.approx(7 * (BAG_KPA + 60), abs=0.01)


@pytest.mark.parametrize("gtt", [10, 15, 20, 60])
def test_drops_fall_as_the_chamber_is_made(gtt):
    """10 mL, to a drop: what the tube holds changes by less than 0.05 kPa * 7 uL/kPa."""
    pump = pump_of(gtt=gtt)
    turn(pump, 50 * 3200, interval_ms=1)
    assert pump.drops == pytest.approx(10 * gtt, abs=1)


def test_no_drop_falls_from_an_empty_bag():
    """3 mL are 60 drops, though the pump goes on with 0.6 mL of air."""
    pump = pump_of(bag_ul=3_000.0)
    turn(pump, 18 * 3200, interval_ms=1)
    assert pump.left_ul == 0
    assert pump.drops == 60


def test_no_drop_rises():
    """Fluid that flows back into a bag below the patient leaves the drops that have fallen."""
    pump = pump_of(bag_kpa=-5)
    turn(pump, 3200)
    fallen = pump.drops
    open_door(pump)
    run_to(pump, 300)
    assert pump.out_ul < 0
    assert pump.drops == fallen >= 3


def test_what_has_flowed_back_falls_again():
    """5 turns are 1 mL or 20 drops, whatever went up into the bag before."""
    pump = pump_of(bag_kpa=-5)
    open_door(pump)
    run_to(pump, 300)
    open_door(pump, -1)
    run_to(pump, 310)
    fallen = pump.drops
    turn(pump, 5 * 3200)
    assert pump.drops - fallen == pytest.approx(20, abs=1)


def test_behind_the_bag_comes_air():
    """A bag of 2 mL, 0.5 mL of tube, 0.3 mL of line: air at the detector after 2.5, in the patient after 2.8 mL."""
    pump = pump_of(bag_ul=2_000.0, suck_back=0.0)
    order(pump, 10 * MS, 100_000)
    for at_s in range(0, 600, 3):
        run_to(pump, at_s)
        out_ul = pump.out_ul
        assert pump.left_ul == pytest.approx(max(0, 2000 - 6.25 * at_s), abs=1)
        assert pump.air_permille == round(100 * min(max(pump.outlet_ul - 2500, 0), 10))
        assert pump.air_ul == pytest.approx(max(0, out_ul - 2800), abs=1e-6)
        assert pump.delivered_ul == pytest.approx(min(out_ul, 2800), abs=1e-6)
    assert pump.out_ul > 3_000


# Ways past the rollers


def test_the_rollers_leak_above_their_slip_pressure():
    """Blocked, and 6.25 uL/s, of which the last nine tenths of a passage bring 10/9: P = 150 + P_supply + Q * 0.5, to a
    step's 0.07 uL in 1 uL/kPa. The bag gives no more."""
    pump = pump_of(suck_back=0.0)
    block(pump)
    order(pump, 10 * MS, 100_000)
    run_to(pump, 100)
    left_ul = pump.left_ul
    for at_s in (100, 300, 500):  # the middle of a passage of 8 s
        run_to(pump, at_s)
        assert pump.line_kpa == pytest.approx(150 + BAG_KPA + 6.25 / 0.9 * 0.5, abs=0.1)
    assert pump.left_ul == pytest.approx(left_ul, abs=0.1)


def test_what_leaks_back_also_pays_for_the_dip():
    """1.5625 uL/s with 12 % sucked back: up by 1.12 / 0.9 of that * 0.5 kPa, then 6 uL of 1 uL/kPa down. Of those the
    leak, while still open, adds less than 0.97 * 0.5 kPa s / 0.5."""
    pump = pump_of()
    block(pump)
    order(pump, 40 * MS, 100_000)
    seen = []
    for at_s in range(2000, 3000):
        run_to(pump, at_s / 10)
        seen.append(pump.line_kpa - 150 - BAG_KPA)
    assert max(seen) == pytest.approx(1.5625 * 1.12 / 0.9 * 0.5, abs=0.1)
    assert -0.49 < min(seen) - (max(seen) - 6) < 0


@pytest.mark.parametrize("bag_kpa", [BAG_KPA, -5.0])
@pytest.mark.parametrize("pulses", [0, 10_000])
def test_an_open_door_lets_the_bag_run_by_ohms_law(bag_kpa, pulses):
    """(P_bag - P_patient) / (0.001 + 0.01 + 0.06 + 0.03): 45.4 uL/s, or 62.4 back; the rollers move nothing."""
    pump = pump_of(bag_kpa=bag_kpa)
    open_door(pump)
    order(pump, 2 * MS, pulses or 1)
    run_to(pump, 5)
    before = pump.out_ul
    run_to(pump, 15)
    assert (pump.out_ul - before) / 10 == pytest.approx((bag_kpa - PATIENT_KPA) / 0.101, rel=1e-6)
    assert pump.drive.turns == pytest.approx((pulses or 1) / 3200 if not pulses else 7_500 / 3200)


# The whole


class Rollers:
    """50 uL a passage, 0.4 % more per kPa across and 30 % worn after 20 turns; 20 % sucked back."""

    def __init__(self, gear):
        self.gear, self.ends = gear, [0]

    def close(self, n, near, bag):
        """After n pulses, which are whole passages to the nearest step: the next one begins."""
        passage, steps = len(self.ends) - 1, 800 * self.gear
        self.dip_ends = round((passage + 0.1) * steps)
        self.ends.append(round((passage + 1) * steps))
        ul = 50 * (1 + 0.004 * (bag - near)) * (1 - 0.3 * (1 - math.exp(-n / (3200 * self.gear) / 20)))
        self.drawn = ul / (self.ends[-1] - n)
        self.into = (-0.2 * ul / (self.dip_ends - n), 1.2 * ul / (self.ends[-1] - self.dip_ends))


def euler(gear, pulse_s, until_s, per_ms):
    """Pressures at the pump and the supply and volume out, by explicit Euler steps of 1 ms / `per_ms`, ending at each
    pulse: C dP/dt = in - out at three nodes, and what a pulse moves."""
    near, far, bag, out_ul, now_s = PATIENT_KPA, PATIENT_KPA, BAG_KPA, 0.0, 0.0
    rollers = Rollers(gear)
    rollers.close(0, near, bag)
    for n, then_s in enumerate([*pulse_s, until_s]):
        parts = per_ms * math.ceil((then_s - now_s) * 1000 - 1e-6)
        for _ in range(parts):
            dt = (then_s - now_s) / parts
            line, out, drip = (near - far) / 0.5, (far - PATIENT_KPA) / 0.8, (BAG_KPA - bag) / 0.1
            near, far, bag = near - line * dt / 0.75, far + (line - out) * dt / 0.25, bag + drip * dt / 7
            out_ul += out * dt
        now_s = then_s
        if n < len(pulse_s):
            near += rollers.into[n >= rollers.dip_ends] / 0.75
            bag -= rollers.drawn / 7
            if n + 1 == rollers.ends[-1]:
                rollers.close(n + 1, near, bag)
    return near, bag, out_ul


def test_a_fixed_step_reference_converges_to_the_closed_form_at_first_order(record_property):
    """1, 0.5 and 0.25 ms: the error halves each time."""
    gear, interval = 0.137, 16 * MS
    pump = pump_of(gear, out_r=0.8, suck_back=0.2, per_kpa=0.004, wear=0.3, wear_turns=20)
    pump.circuit.line_resistance, pump.circuit.supply.resistance = 0.5, 0.1
    pump.renew()
    order(pump, interval, 100_000)
    run_to(pump, 20)
    pulse_s = [(k + 1) * 0.016 for k in range(1250)]
    closed = (pump.line_kpa, pump.supply_kpa, pump.out_ul)
    errors = [
        [abs(a - b) for a, b in zip(closed, euler(gear, pulse_s, 20.0, per_ms), strict=True)] for per_ms in (1, 2, 4)
    ]
    for what, (coarse, middle, fine) in zip(("line", "supply", "out"), zip(*errors, strict=True), strict=True):
        record_property("figure", f"Euler, peristaltic, {what}: {coarse:.1e}, {middle:.1e}, {fine:.1e} kPa or uL")
        assert middle / coarse == pytest.approx(0.5, abs=0.03)
        assert fine / middle == pytest.approx(0.5, abs=0.03)
        assert coarse < 0.01 * max(closed)


HAPPENINGS = st.lists(
    st.tuples(st.integers(1, 20_000), st.sampled_from(["look", "block", "clamp", "door", "order"])), max_size=20
)


@settings(max_examples=60, deadline=None)
@given(happenings=HAPPENINGS, interval=st.integers(30, 4_000), gear=st.floats(0.1, 3), dry=st.booleans())
def test_looking_twice_as_often_changes_nothing_and_no_fluid_is_lost(happenings, interval, gear, dry):
    often, seldom = (pump_of(gear, bag_ul=600.0 if dry else 5e5, per_kpa=0.001, slip_kpa=1e4) for _ in range(2))
    now_ms = 0
    for wait_ms, what in happenings:
        often.advance((now_ms + wait_ms // 2) * MS)
        now_ms += wait_ms
        for pump in (often, seldom):
            if what != "look" or pump is often:
                pump.advance(now_ms * MS)
            if what == "block":
                block(pump, -1 if pump.circuit.blocks else 1)
            elif what == "clamp":
                pump.circuit.supply.clamps ^= 1
                pump.renew()
            elif what == "door":
                open_door(pump, -1 if pump.drive.lifts else 1)
            elif what == "order":
                order(pump, interval * MS // 10, 5_000)
        assert abs(often.balance_ul) < 1e-6
    for pump in (often, seldom):
        pump.advance((now_ms + 1) * MS)
    assert often.line_kpa == pytest.approx(seldom.line_kpa, abs=1e-7)
    assert often.supply_kpa == pytest.approx(seldom.supply_kpa, abs=1e-7)
    assert often.out_ul == pytest.approx(seldom.out_ul, abs=1e-6)


def test_looking_often_changes_nothing_where_the_rollers_begin_to_leak():
    """5 uL/s in steps of 0.625 uL against 30 kPa s/uL: the leak opens with a step, and closes before the next."""
    ends = []
    for every_ms in (5, 600_000):
        pump = pump_of(gear=0.1, out_r=30.0)
        order(pump, 100 * MS, 40_000)
        for now_ms in range(every_ms, 600_001, every_ms):
            pump.advance(now_ms * MS)
        ends.append((pump.out_ul, pump.line_kpa))
    assert ends[0] == pytest.approx(ends[1], abs=1e-6)


def test_a_leak_in_the_books_would_be_seen():
    pump = pump_of()
    turn(pump, 3200)
    assert abs(pump.balance_ul) < 1e-9
    pump.drive.pushed_ul += 0.01
    assert abs(pump.balance_ul) > 1e-3
