"""The plant against formulas, and against a fixed-step reference that knows none of them."""

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pumpcore.records import Outputs
from pumpcore.units import TICKS_PER_MS
from pumpsim.catalogue import CANNULAS, Tubing, syringes
from pumpsim.drive import STEPS_PER_TURN, Screw, SyringeDrive
from pumpsim.plant import Plant

BD50 = syringes()["BD Plastipak 50"]
LINE = Tubing(1.5, 1.0)
PATIENT_KPA = 1.3
RESISTANCE = LINE.resistance_kpa_s_ul + CANNULAS["20G"]
SCREW = Screw()
IDEAL_SCREW = Screw(wobble_mm=0.0, gap_mm=0.0)


def plant(screw=SCREW, resistance=RESISTANCE, syringe=BD50):
    return Plant(syringe, screw, LINE.compliance_ul_kpa, resistance, PATIENT_KPA)


def order(pump, interval_ticks, pulses):
    """Queue `pulses` at the plant's present time."""
    outputs = Outputs()
    outputs.segments, outputs.intervals_ticks[0], outputs.counts[0] = 1, interval_ticks, pulses
    pump.motor.obey(outputs, pump.at_ticks)


def interval_ticks(rate_ml_h, drive):
    return round(drive.step_ul / (rate_ml_h / 3.6) * 1000 * TICKS_PER_MS)


@pytest.mark.parametrize(
    ("name", "step_nl"),
    [
        ("BD Plastipak 1", 5.42),
        ("BD Plastipak 10", 51.5),
        ("BD Plastipak 50", 173.5),
        ("Terumo 50", 208),
        ("Monoject 60", 174),
    ],
)
def test_volume_of_a_step_on_a_1_mm_screw_of_3200_steps(name, step_nl):
    """pi/4 d^2 * 1 mm / 3200, worked out by hand for five diameters."""
    assert SyringeDrive(syringes()[name], IDEAL_SCREW).step_ul * 1000 == pytest.approx(step_nl, rel=3e-3)


def test_a_terumo_in_place_of_a_bd_50_delivers_a_fifth_too_much():
    areas = [SyringeDrive(syringes()[name], IDEAL_SCREW).area_mm2 for name in ("Terumo 50", "BD Plastipak 50")]
    assert areas[0] / areas[1] == pytest.approx(1.198, abs=5e-4)


@pytest.mark.parametrize(
    ("length_m", "bore_mm", "resistance"), [(1.5, 1.0, 0.0611), (1.5, 0.5, 0.978), (2.0, 3.0, 0.00101)]
)
def test_resistance_is_poiseuilles(length_m, bore_mm, resistance):
    assert Tubing(length_m, bore_mm).resistance_kpa_s_ul == pytest.approx(resistance, rel=5e-3)


def test_compliance_is_that_of_a_thick_walled_tube():
    """1.5 m of 1.0/2.0 mm and 10 MPa: 0.51 uL/kPa."""
    assert LINE.compliance_ul_kpa == pytest.approx(0.51, rel=5e-3)


def test_nothing_moves_until_the_gap_is_taken_up():
    """0.1 mm on 555.3 mm2 are 55.5 uL: 40.0 s at 5 mL/h."""
    pump = plant(Screw(wobble_mm=0.0))
    order(pump, interval_ticks(5, pump.drive), 10_000)
    pump.advance(39_900 * TICKS_PER_MS)
    assert pump.displaced_ul == 0 and pump.node.pressure_kpa == PATIENT_KPA
    pump.advance(41_000 * TICKS_PER_MS)
    assert pump.displaced_ul > 0 and pump.node.pressure_kpa > PATIENT_KPA


def test_flow_settles_to_the_rate_and_pressure_to_what_it_takes():
    """P = P_patient + R Q, in the mean over a step; after 20 time constants."""
    pump = plant(IDEAL_SCREW)
    ticks = interval_ticks(100, pump.drive)
    order(pump, ticks, 100_000)
    pump.advance(ticks * 5_000)
    delivered, pressures = pump.node.delivered_ul, []
    for part in range(2_000):
        pump.advance(ticks * 5_000 + ticks * (part + 1) // 100)
        pressures.append(pump.node.pressure_kpa)
    flow_ul_s = (pump.node.delivered_ul - delivered) / (20 * ticks / TICKS_PER_MS / 1000)
    assert flow_ul_s == pytest.approx(100 / 3.6, rel=1e-5)
    assert math.fsum(pressures) / 2_000 == pytest.approx(PATIENT_KPA + RESISTANCE * 100 / 3.6, rel=1e-3)


@pytest.mark.parametrize("rate_ml_h", [0.1, 1, 5, 100])
def test_a_blocked_line_fills_as_a_capacitor(rate_ml_h):
    """t = C dP / Q to 40 kPa."""
    pump = plant(IDEAL_SCREW)
    pump.block()
    order(pump, interval_ticks(rate_ml_h, pump.drive), 100_000)
    expected_s = pump.node.compliance * (40 - PATIENT_KPA) / (rate_ml_h / 3.6)
    pump.advance(int(expected_s * 1000 * TICKS_PER_MS))
    assert pump.node.pressure_kpa == pytest.approx(40, abs=pump.drive.step_ul / pump.node.compliance)
    assert pump.node.delivered_ul == 0


def test_an_opened_line_releases_what_it_stored():
    pump = plant(IDEAL_SCREW)
    pump.block()
    order(pump, interval_ticks(100, pump.drive), 1_000)
    pump.advance(60_000 * TICKS_PER_MS)
    stored = pump.node.stored_ul
    assert stored == pytest.approx(1_000 * pump.drive.step_ul)
    pump.unblock()
    pump.advance(60_000 * TICKS_PER_MS + round(pump.node.tau * 1000) * TICKS_PER_MS)
    assert pump.node.delivered_ul == pytest.approx(stored * (1 - math.exp(-1)), rel=1e-3)
    pump.advance(120_000 * TICKS_PER_MS)
    assert pump.node.delivered_ul == pytest.approx(stored, rel=1e-9)


@settings(max_examples=200, deadline=None)
@given(
    first=st.integers(0, 4 * STEPS_PER_TURN),
    steps=st.integers(1, 300),
    decay=st.floats(1e-9, 3),
    wobble_mm=st.floats(0, 0.01),
    gap_mm=st.floats(0, 1),
)
def test_a_train_of_steps_sums_like_its_steps_one_by_one(first, steps, decay, wobble_mm, gap_mm):
    drive = SyringeDrive(BD50, Screw(wobble_mm=wobble_mm, gap_mm=gap_mm))
    one_by_one = 0.0
    for n in range(first, first + steps):
        one_by_one = one_by_one * math.exp(-decay) + drive.volume_ul(n + 1) - drive.volume_ul(n)
    assert drive.decayed_ul(first, steps, decay) == pytest.approx(one_by_one, rel=1e-9, abs=1e-9)


def euler(pump, pulse_s, until_s, per_ms):
    """Pressure and volume out by explicit Euler steps of at most 1 ms / `per_ms`, ending at each pulse.

    Written from C dP/dt = -(P - P_patient) / R and dV/dt = (P - P_patient) / R alone.
    """
    pressure, out_ul, now_s = PATIENT_KPA, 0.0, 0.0
    for n, then_s in enumerate([*pulse_s, until_s]):
        parts = per_ms * math.ceil((then_s - now_s) * 1000 - 1e-6)
        for _ in range(parts):
            flow = (pressure - PATIENT_KPA) / RESISTANCE
            out_ul += flow * (then_s - now_s) / parts
            pressure -= flow * (then_s - now_s) / parts / pump.node.compliance
        now_s = then_s
        if n < len(pulse_s):
            pressure += (pump.drive.volume_ul(n + 1) - pump.drive.volume_ul(n)) / pump.node.compliance
    return pressure, out_ul


@pytest.mark.parametrize("rate_ml_h", [5, 100])
def test_a_fixed_step_reference_converges_to_the_closed_form_at_first_order(rate_ml_h, record_property):
    """1, 0.5 and 0.25 ms: the error halves each time."""
    pump = plant(Screw(gap_mm=0.01))
    ticks = interval_ticks(rate_ml_h, pump.drive)
    until_s = 20.0
    pulses = int(until_s * 1000 * TICKS_PER_MS) // ticks
    order(pump, ticks, 100_000)
    pump.advance(int(until_s * 1000 * TICKS_PER_MS))
    pulse_s = [(k + 1) * ticks / TICKS_PER_MS / 1000 for k in range(pulses)]
    errors = []
    for per_ms in (1, 2, 4):
        pressure, out_ul = euler(pump, pulse_s, until_s, per_ms)
        errors.append((abs(pressure - pump.node.pressure_kpa), abs(out_ul - pump.node.delivered_ul)))
    steps = ", ".join(f"{ms} ms {error[1]:.2e} uL" for ms, error in zip((1, 0.5, 0.25), errors, strict=True))
    record_property("figure", f"Euler against closed form, {rate_ml_h} mL/h, volume out after 20 s: {steps}")
    # Explicit Euler is off by dt / (2 tau) of what decays.
    bound = 1e-3 / (2 * pump.node.tau)
    assert errors[0][0] < bound * (pump.node.pressure_kpa - PATIENT_KPA)
    assert errors[0][1] < bound * pump.node.delivered_ul
    for coarse, fine in pairwise(errors):
        assert fine[0] / coarse[0] == pytest.approx(0.5, abs=0.02)
        assert fine[1] / coarse[1] == pytest.approx(0.5, abs=0.02)


ORDERS = st.lists(st.tuples(st.integers(625, 5_000_000), st.integers(1, 400)), min_size=1, max_size=8)


@settings(max_examples=100, deadline=None)
@given(orders=ORDERS, looks=st.lists(st.integers(1, 30_000), max_size=30), blocks=st.sets(st.integers(0, 29)))
def test_fluid_is_neither_made_nor_lost_however_often_one_looks(orders, looks, blocks):
    """The same orders and blockages, read often and read only where the line changes, end alike."""
    often, seldom = plant(), plant()
    for pump in (often, seldom):
        for interval, pulses in orders:
            order(pump, interval, pulses)
    now_ms = 0
    for i, wait_ms in enumerate(looks):
        now_ms += wait_ms
        often.advance(now_ms * TICKS_PER_MS)
        assert abs(often.balance_ul) < 1e-6
        assert often.air_permille == 0
        if i in blocks:
            seldom.advance(now_ms * TICKS_PER_MS)
            for pump in (often, seldom):
                (pump.unblock if pump.blocks else pump.block)()
    for pump in (often, seldom):
        pump.advance((now_ms + 1) * TICKS_PER_MS)
    assert often.motor.given == seldom.motor.given
    assert often.node.pressure_kpa == pytest.approx(seldom.node.pressure_kpa, abs=1e-9)
    assert often.node.delivered_ul == pytest.approx(seldom.node.delivered_ul, abs=1e-6)


def test_a_leak_in_the_books_would_be_seen():
    pump = plant(IDEAL_SCREW)
    order(pump, interval_ticks(100, pump.drive), 1_000)
    pump.advance(5_000 * TICKS_PER_MS)
    pump.node.delivered_ul -= 0.01
    assert abs(pump.balance_ul) > 1e-3


def test_a_bubble_crosses_the_detector_with_the_flow():
    """A bubble of 50 uL, a window of 10 uL: from 0 to full over the first 10 uL, empty after 60."""
    pump = plant(IDEAL_SCREW)
    pump.inject_air(50)
    order(pump, interval_ticks(100, pump.drive), 1_000)
    seen = []
    for ms in range(0, 6_000, 20):
        pump.advance(ms * TICKS_PER_MS)
        seen.append((pump.node.delivered_ul, pump.air_permille))
    for flowed_ul, permille in seen:
        covered = max(0.0, min(flowed_ul, 10.0) - max(flowed_ul - 50.0, 0.0))
        assert permille == round(1000 * covered / 10)
    assert {permille for _, permille in seen} >= {0, 1000}


def test_a_screw_that_would_run_backwards_is_refused():
    with pytest.raises(ValueError, match="backwards"):
        SyringeDrive(BD50, Screw(wobble_mm=0.2))
