"""The pressure sensor's noise against the moments its models are defined by."""

import statistics

import pytest

from pumpsim.sensors import BLOCK_MS, MODELS, PressureSensor

HOURS = 400
BLOCKS = HOURS * 720


def errors_kpa(model, seed=1, blocks=BLOCKS):
    sensor = PressureSensor(model, seed)
    return [sensor.read_pa(block * BLOCK_MS, 10.0) / 1000 - 10 for block in range(blocks)]


def test_none_is_the_truth_to_a_pascal():
    sensor = PressureSensor("none", 1)
    assert [sensor.read_pa(ms, 1.2344) for ms in range(0, 60_000, 777)] == [1234] * 78


def test_bench_is_white_with_its_standard_deviation():
    errors = errors_kpa("bench")
    assert statistics.stdev(errors) == pytest.approx(0.015, rel=0.01)
    assert statistics.correlation(errors[:-1], errors[1:]) == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("model", ["bedside", "harsh"])
def test_what_changes_within_a_minute_has_the_variance_of_its_parts(model):
    """Of two blocks a lag apart: 2 white^2 + 2 touch^2 (1 - e^(-lag/tau)) + walk^2 lag + 2 level^2 (1 - e^(-lag f))."""
    noise, errors, blocks = MODELS[model], errors_kpa(model), 12
    lag_s = blocks * BLOCK_MS / 1000
    differences = [later - sooner for sooner, later in zip(errors, errors[blocks:], strict=False)]
    kept = (1 - noise.levels_per_h * 5 / 3600) ** blocks
    expected = (
        2 * noise.white**2
        + 2 * noise.touch**2 * (1 - 2.718281828459045 ** (-lag_s / noise.touch_tau_s))
        + noise.walk**2 * lag_s
        + 2 * noise.level**2 * (1 - kept)
    )
    assert statistics.pvariance(differences) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize(("model", "per_h"), [("bedside", 4), ("harsh", 10)])
def test_the_level_is_redrawn_so_many_times_an_hour(model, per_h):
    sensor = PressureSensor(model, 3)
    levels = set()
    for block in range(BLOCKS):
        sensor.read_pa(block * BLOCK_MS, 0.0)
        levels.add(sensor.level_kpa)
    assert (len(levels) - 1) / HOURS == pytest.approx(per_h, rel=0.06)
    assert statistics.stdev(levels) == pytest.approx(MODELS[model].level, rel=0.06)


def test_reading_more_often_does_not_change_what_is_read():
    often, seldom = PressureSensor("harsh", 5), PressureSensor("harsh", 5)
    for ms in range(0, 3_600_000, 20):
        reading = often.read_pa(ms, 7.0)
        if ms % 61_000 == 0:
            assert reading == seldom.read_pa(ms, 7.0)


def test_a_seed_is_a_course_and_another_seed_another():
    assert errors_kpa("bedside", 1, 100) == errors_kpa("bedside", 1, 100)
    assert errors_kpa("bedside", 1, 100) != errors_kpa("bedside", 2, 100)
