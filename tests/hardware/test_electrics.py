"""Driver current, ADC counts and the guard's timer: against tables of data sheets, and the firmware's own numbers."""

import re
from pathlib import Path

import pytest

import electrics
from electrics import FAILURES, LATENT, LEAST_MS, MOST_MS, driver_on, timer_ms

FIRMWARE = Path(__file__).parents[2] / "firmware" / "board"


def firmware_number(name):
    for file in sorted(FIRMWARE.glob("*.py")):
        match = re.search(rf"^{name} = const\(([\d_]+)\)", file.read_text(encoding="utf-8"), re.MULTILINE)
        if match:
            return int(match[1])
    raise AssertionError(f"no {name} in firmware/board")


@pytest.mark.parametrize(("sense_ohm", "rms_a"), [(0.10, 1.92), (0.12, 1.64), (0.15, 1.35), (0.22, 0.96), (1.0, 0.23)])
def test_the_tmc2209_by_its_data_sheet(monkeypatch, sense_ohm, rms_a):
    """Rev. 1.03, chapter 8: current at 2.5 V, to the two decimals of its table."""
    monkeypatch.setattr(electrics, "TMC2209_SENSE_OHM", sense_ohm)
    assert electrics.tmc2209_vref(rms_a) == pytest.approx(2.5, rel=0.025)


def test_currents_that_are_set():
    assert electrics.tmc2209_vref(0.6) == pytest.approx(0.85, abs=0.005)
    assert electrics.tmc2209_vref(1.0) == pytest.approx(1.41, abs=0.005)
    assert electrics.drv8825_vref(0.6) == pytest.approx(0.42, abs=0.005)


@pytest.mark.parametrize("kpa", [0, 40, 100])
def test_pressure_reads_as_the_firmware_has_it(kpa):
    zero, ratio = firmware_number("PRESSURE_ZERO"), firmware_number("PA_IN_8192")
    assert (electrics.pressure_counts(kpa) - zero) * ratio / 8192 == pytest.approx(kpa * 1000, abs=10)


def test_air_reads_a_tenth_of_the_scale_without_and_nine_tenths_with_air():
    """So that a wire that is off, which reads one end or the other, is neither."""
    assert [counts / 65_535 for counts in electrics.air_counts()] == pytest.approx([0.1, 0.9], abs=0.015)


def test_the_battery_is_a_third():
    """Full scale is 9900 mV."""
    assert electrics.battery_counts(7.4) * 9_900 / 65_535 == pytest.approx(7_400, abs=1)


def test_the_timer_holds_what_it_must_with_all_tolerances():
    sound = timer_ms()
    assert LEAST_MS <= sound.least < sound.nominal < sound.most <= MOST_MS
    for worn in (timer_ms(resistors=1), timer_ms(capacitors=1)):
        assert worn.nominal == pytest.approx(2 * sound.nominal)
        assert worn.most <= MOST_MS


def test_the_motor_runs_only_while_both_want_it():
    assert [driver_on(enable, runs) for enable in (0, 1) for runs in (False, True)] == [False, True, False, False]


def test_which_single_failures_leave_the_motor_on():
    """Two do, and both are looked for when the pump is built and at each inspection."""
    assert LATENT == ("U2's output stuck on", "DRIVER_EN stuck low")
    for failure in FAILURES:
        assert failure.then.startswith("ON") == (failure.what in LATENT)
