"""Battery and warmth against closed forms. 2 Ah; 6.4 V empty to 8.4 V full at rest; 0.15 ohm inside; cut off at 6.0 V.

The housing follows its surroundings with a time constant of 600 s, and starts at 23 C.
"""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pumpsim.bench import Bench
from pumpsim.scenario import Scenario
from pumpsim.surroundings import Battery, Warmth

FULL_MAS = 2_000 * 3600


def loaded(load_ma, now_s=0.0):
    battery = Battery()
    battery.draw(now_s, load_ma)
    return battery


def by_hand(load_ma, charge=1.0):
    """Seconds until 6.4 + 2 c - 0.15 I is 6.0 V, or c is 0."""
    least = max(0.0, (6.0 + 0.15 * load_ma / 1000 - 6.4) / 2)
    return max(0.0, charge - least) * FULL_MAS / load_ma


def test_volts_fall_straight_with_charge_and_by_the_inner_resistance():
    """1 A: 0.15 V at once, and half of 2 V in an hour."""
    battery = Battery()
    assert battery.volts(0) == battery.volts(1e6) == 8.4  # on the mains
    battery.draw(100, 1_000)
    for share in (0, 0.25, 0.5, 1, 1.9):
        assert battery.volts(100 + 3600 * share) == pytest.approx(8.4 - 0.15 - share, rel=1e-12)
    assert battery.volts(1e5) == pytest.approx(6.4 - 0.15)  # never less than empty


@pytest.mark.parametrize(
    ("load_ma", "seconds"),
    [
        (4_000, 1_620),  # (6.0 + 0.6 - 6.4) / 2 = a tenth is left: 0.9 * 2 Ah / 4 A = 0.45 h
        (10_000, 324),  # 6.0 + 1.5 - 6.4 = 1.1 V over 2 V: 0.45 * 2 Ah / 10 A
        (1_000, 7_200),  # 6.25 V when it is empty: all of it
        (10, 720_000),
        (16_000, 0),  # 8.4 - 2.4 V: at once
        (20_000, 0),
    ],
)
def test_time_to_the_cut_off(load_ma, seconds):
    battery = loaded(load_ma, 50)
    assert battery.dies_in_s() == pytest.approx(seconds, abs=1e-6)
    if 2_667 < load_ma < 16_000:
        assert battery.volts(50 + seconds) == pytest.approx(6.0)
        assert battery.volts(50 + seconds - 1) > 6.0 > battery.volts(50 + seconds + 1)
    elif load_ma < 16_000:
        assert battery.volts(50 + seconds) == pytest.approx(6.4 - 0.15 * load_ma / 1000)
        assert battery.volts(50 + seconds - 100) > battery.volts(50 + seconds) > 6.0


def test_a_change_of_load_goes_on_from_the_charge_that_is_left():
    """1 h at 0.5 A leaves three quarters; 4 A then last 0.65 * 2 / 4 h; on the mains nothing is lost."""
    battery = loaded(500)
    assert battery.dies_in_s() == pytest.approx(4 * 3600)
    battery.draw(3600, 4_000)
    assert battery.dies_in_s() == pytest.approx(0.65 / 2 * 3600)
    assert battery.volts(3600) == pytest.approx(6.4 + 1.5 - 0.6)
    battery.draw(3600 + 585, 0)  # half of that
    assert battery.volts(1e6) == pytest.approx(6.4 + 2 * 0.425)
    battery.draw(1e6, 4_000)
    assert battery.dies_in_s() == pytest.approx(585)


def test_without_a_load_it_never_dies():
    assert Battery().dies_in_s() == math.inf


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 2_000), st.floats(10, 20_000)), min_size=1, max_size=8))
def test_the_charge_is_the_integral_of_the_draw(loads):
    battery, now_s, charge, load_ma = Battery(), 0.0, 1.0, 0.0
    for wait_s, then_ma in loads:
        now_s += wait_s
        charge = max(0.0, charge - load_ma * wait_s / FULL_MAS)
        load_ma = then_ma
        battery.draw(now_s, load_ma)
        assert battery.volts(now_s) == pytest.approx(6.4 + 2 * charge - 0.15 * load_ma / 1000, abs=1e-9)
        assert battery.dies_in_s() == pytest.approx(by_hand(load_ma, charge), abs=1e-6)


def drained(*faults, duration_s=2_000):
    """When the pump's power goes, in a run with those drains of 4 A: (from, until) in s."""
    rows = [{"at_s": at, "until_s": until, "kind": "battery-drain", "severity": 4_000} for at, until in faults]
    told = {
        "name": "drained",
        "duration_s": duration_s,
        "pump": {"syringe": "BD Plastipak 50"},
        "line": {"set": "1.5 m x 1.0 mm", "cannula": "20G"},
        "therapy": [{"rate_ml_h": 1.0, "vtbi_ml": 40.0}],
        "fault": [{key: value for key, value in row.items() if value is not None} for row in rows],
        "expect": {},
    }
    bench, died_s = Bench(Scenario.model_validate(told)), []
    lose_power = bench.lose_power

    def dying():
        died_s.append(bench.env.now / 1000)
        lose_power()

    bench.lose_power = dying
    bench.run()
    return died_s


@pytest.mark.parametrize(
    ("faults", "seconds"),
    [
        ([(100, None)], 100 + 1_620),
        # 100 s at 4 A, 200 at 8 A, then 4 A: 6480 - 2000 As are left of it.
        ([(100, 400), (200, None)], 400 + 1_120),
        # 8 A are cut off at 6.0 + 1.2 - 6.4 = 0.8 V over 2 V: 0.6 * 7200 - 400 As at 8 A.
        ([(100, None), (200, None)], 200 + 490),
    ],
)
def test_the_pump_loses_power_when_its_battery_is_flat_and_once(faults, seconds):
    """However many drains overlap."""
    assert drained(*faults) == pytest.approx([seconds], abs=0.01)


# Warmth


def test_the_housing_follows_its_surroundings_with_600_s():
    warmth = Warmth()
    assert warmth.celsius(0) == warmth.celsius(1e6) == 23
    warmth.surround(1_000, 70)
    for taus in (0, 0.01, 0.5, 1, 3):
        assert warmth.celsius(1_000 + 600 * taus) == pytest.approx(70 - 47 * math.exp(-taus), rel=1e-12)
    assert 1_000 + 600 * math.log(47 / 15) == pytest.approx(1_685.2, abs=0.1)
    assert warmth.celsius(1_685.2) == pytest.approx(55, abs=0.01)  # where Open PCA R6.4 wants an alarm


def test_it_goes_on_from_where_it_is_when_the_surroundings_change():
    """One time constant up to 52.7 C, one down again; to name the same surroundings anew changes nothing."""
    warmth = Warmth()
    warmth.surround(0, 70)
    warmth.surround(150, 70)
    there = 70 - 47 / math.e
    warmth.surround(600, 23)
    assert warmth.celsius(600) == pytest.approx(there, rel=1e-12)
    assert warmth.celsius(1_200) == pytest.approx(23 + (there - 23) / math.e, rel=1e-12)
    assert warmth.celsius(1e6) == pytest.approx(23)
