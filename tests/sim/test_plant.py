"""The whole plant against formulas, against fixed-step references that know none of them, and against itself."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pumpsim.screw import Screw
from rigs import (
    CANNULA,
    LINE,
    PATIENT_KPA,
    RESISTANCE,
    SILICONE,
    TICKS_PER_S,
    VEIN,
    block,
    ideal_plant,
    interval_ticks,
    order,
    peristaltic_plant,
    run_to,
    syringe_plant,
)

STEP_UL = math.pi / 4 * 26.59**2 / 3200
ROLLER_STEP_UL = math.pi / 4 * 1.6**2 * math.pi * 30 / 3200


def test_flow_settles_to_the_rate_and_pressure_to_what_it_takes():
    """P = P_patient + R Q, in the mean over a step; after 20 time constants."""
    pump = ideal_plant()
    ticks = interval_ticks(100, STEP_UL)
    order(pump, ticks, 100_000)
    pump.advance(ticks * 5_000)
    out, pressures = pump.out_ul, []
    for part in range(2_000):
        pump.advance(ticks * 5_000 + ticks * (part + 1) // 100)
        pressures.append(pump.line_kpa)
    assert (pump.out_ul - out) / (20 * ticks / TICKS_PER_S) == pytest.approx(100 / 3.6, rel=1e-5)
    assert math.fsum(pressures) / 2_000 == pytest.approx(PATIENT_KPA + RESISTANCE * 100 / 3.6, rel=1e-3)


def test_an_opened_line_releases_what_it_stored():
    """1000 steps of 0.1735 uL, and a slow mode of tau = (C1 + C2) R, near enough: C2 is a 60th of C1."""
    pump = ideal_plant()
    block(pump)
    order(pump, interval_ticks(100, STEP_UL), 1_000)
    run_to(pump, 60)
    assert pump.out_ul == 0
    assert pump.network.stored_ul == pytest.approx(1_000 * STEP_UL)
    block(pump, -1)
    run_to(pump, 60 + (15 + LINE.compliance_ul_kpa) * RESISTANCE)
    assert pump.out_ul == pytest.approx(173.53 * (1 - math.exp(-1)), rel=0.02)
    run_to(pump, 120)
    assert pump.out_ul == pytest.approx(173.53, rel=1e-5)


# Fixed-step references


def euler(pump, drive, pulse_s, until_s, per_ms):
    """Pressures and volume out by explicit Euler steps of at most 1 ms / `per_ms`, ending at each pulse.

    Written from C dP/dt = flow in - flow out alone, two nodes for a syringe and a third for a supply; `drive.move(n)`
    are the uL that pulse n adds to each node; after n pulses it sees the pressures.
    """
    half = LINE.compliance_ul_kpa / 2
    compliance = [pump.circuit.pump_compliance + half, half]
    kpa, supply = [PATIENT_KPA] * 2, pump.circuit.supply
    if supply:
        compliance.append(supply.compliance)
        kpa.append(supply.kpa)
    out_ul, now_s = 0.0, 0.0
    drive.see(0, kpa)
    for n, then_s in enumerate([*pulse_s, until_s]):
        parts = per_ms * math.ceil((then_s - now_s) * 1000 - 1e-6)
        for _ in range(parts):
            span = (then_s - now_s) / parts
            line = (kpa[0] - kpa[1]) / LINE.resistance_kpa_s_ul
            out = (kpa[1] - PATIENT_KPA) / (CANNULA.resistance_kpa_s_ul + VEIN)
            kpa[0] -= line * span / compliance[0]
            kpa[1] += (line - out) * span / compliance[1]
            if supply:
                kpa[2] += (supply.kpa - kpa[2]) / supply.resistance * span / compliance[2]
            out_ul += out * span
        now_s = then_s
        if n < len(pulse_s):
            for node, ul in enumerate(drive.move(n)):
                kpa[node] += ul / compliance[node]
            drive.see(n + 1, kpa)
    return (*kpa, out_ul)


class ScrewMove:
    """A screw of 1 mm with a wobble of 3 um."""

    def see(self, n, kpa):
        """It does not care for pressures."""

    def move(self, n):
        before, after = (k / 3200 + 0.003 * math.sin(2 * math.pi * k / 3200) for k in (n, n + 1))
        return (STEP_UL * 3200 * (after - before), 0.0)


class RollerMove:
    """4 rollers, 800 steps each: 80 that take 12 % back, 720 that give 112 %; drawn evenly. A passage carries 0.1 %
    more per kPa that the supply is over the line as the one before it ends; the tube is new, and full."""

    def see(self, n, kpa):
        if n % 800 == 0:
            self.each = 800 * ROLLER_STEP_UL * (1 + 0.001 * (kpa[2] - kpa[0]))

    def move(self, n):
        out = -0.12 / 80 if n % 800 < 80 else 1.12 / 720
        return (out * self.each, 0.0, -self.each / 800)


@pytest.mark.parametrize(
    ("name", "rate_ml_h", "until_s"), [("syringe", 5, 10), ("syringe", 100, 10), ("peristaltic", 125, 5)]
)
def test_a_fixed_step_reference_converges_to_the_closed_form_at_first_order(name, rate_ml_h, until_s, record_property):
    """1, 0.5 and 0.25 ms: the error of the pressure at the pump and of the volume out halves each time."""
    if name == "syringe":
        pump, step_ul, make = ideal_plant(Screw(step_error_mm=0.0, gap_mm=0.0)), STEP_UL, ScrewMove
    else:
        pump, step_ul, make = peristaltic_plant(replace(SILICONE, wear=0.0)), ROLLER_STEP_UL, RollerMove
    ticks = interval_ticks(rate_ml_h, step_ul)
    order(pump, ticks, 100_000)
    run_to(pump, until_s)
    pulse_s = [(k + 1) * ticks / TICKS_PER_S for k in range(round(until_s * TICKS_PER_S) // ticks)]
    exact = (pump.line_kpa, pump.out_ul)
    errors = []
    for per_ms in (1, 2, 4):
        reference = euler(pump, make(), pulse_s, until_s, per_ms)
        errors.append([abs(reference[0] - exact[0]), abs(reference[-1] - exact[1])])
    steps = ", ".join(f"{ms} ms {error[-1]:.2e} uL" for ms, error in zip((1, 0.5, 0.25), errors, strict=True))
    record_property("figure", f"Euler against closed form, {name}, {rate_ml_h} mL/h, out after {until_s} s: {steps}")
    for coarse, fine in pairwise(errors):
        for before, after in zip(coarse, fine, strict=True):
            assert after / before == pytest.approx(0.5, abs=0.02)


# Nothing made, nothing lost, whoever looks


PLANTS = {"syringe": syringe_plant, "ideal": ideal_plant, "peristaltic": peristaltic_plant}
WHAT = ["", "", "block", "height", "leak"]
ORDERS = st.lists(st.tuples(st.integers(625, 5_000_000), st.integers(1, 400)), min_size=1, max_size=8)


def disturb(pump, what):
    """Change the circuit as faults and events do."""
    circuit = pump.circuit
    if what == "block":
        circuit.blocks = 1 - circuit.blocks
    elif what == "height":
        circuit.patient_kpa = PATIENT_KPA if circuit.patient_kpa != PATIENT_KPA else PATIENT_KPA - 6.0
    elif what == "leak":
        if not circuit.cracks:
            circuit.cracks.append(0.5)
        else:
            circuit.cracks.clear()
    pump.renew()


@pytest.mark.parametrize("name", PLANTS)
@settings(max_examples=60, deadline=None)
@given(
    orders=ORDERS,
    looks=st.lists(
        st.tuples(st.integers(1, 10_000), st.sampled_from(["", "", "block", "height", "leak"])), max_size=30
    ),
)
def test_fluid_is_neither_made_nor_lost_however_often_one_looks(name, orders, looks):
    """The same orders and disturbances, read often and read only where something is done, end alike."""
    often, seldom = PLANTS[name](), PLANTS[name]()
    for pump in (often, seldom):
        for interval, pulses in orders:
            order(pump, interval, pulses)
    now_ms = 0
    for wait_ms, what in looks:
        for part in range(1, 4):
            often.advance((now_ms + wait_ms * part // 3) * 12_500)
            assert abs(often.balance_ul) < 1e-6
        now_ms += wait_ms
        if what:
            seldom.advance(now_ms * 12_500)
            for pump in (often, seldom):
                disturb(pump, what)
    for pump in (often, seldom):
        pump.advance((now_ms + 1) * 12_500)
        assert abs(pump.balance_ul) < 1e-6
    assert often.motor.given == seldom.motor.given
    assert often.line_kpa == pytest.approx(seldom.line_kpa, abs=1e-6)
    assert often.out_ul == pytest.approx(seldom.out_ul, abs=1e-6)
    assert often.drive.pushed_ul == pytest.approx(seldom.drive.pushed_ul, abs=1e-6)


def test_a_leak_in_the_books_would_be_seen():
    pump = syringe_plant()
    order(pump, interval_ticks(100, STEP_UL), 1_000)
    run_to(pump, 5)
    assert abs(pump.balance_ul) < 1e-9
    pump.network.metered_ul[0] -= 0.01
    assert abs(pump.balance_ul) == pytest.approx(0.01)


def test_a_wrong_resistance_in_the_meter_would_be_seen():
    """The balance holds the integral of flow against what the pressures store: it is not true by definition."""
    pump = ideal_plant()
    modes = pump.network.modes
    wrong = tuple((rate, shape, tuple((m, share * 1.001) for m, share in shares)) for rate, shape, shares in modes.rows)
    pump.network.modes = type(modes)(wrong, modes.level_kpa, modes.steady)
    order(pump, interval_ticks(100, STEP_UL), 1_000)
    run_to(pump, 5)
    assert abs(pump.balance_ul) > 1e-3
