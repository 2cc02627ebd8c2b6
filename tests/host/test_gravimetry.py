"""Weights into volumes and constants: tabled values first, then what is refused."""

import pytest

from pumphost.calibrating.gravimetry import (
    Dose,
    Repeats,
    Weighing,
    air_g_ml,
    dose_between,
    evaporation_g_s,
    step_constant,
    water_g_ml,
    z_ml_g,
)
from pumphost.errors import BadInput

OLD_PL = 173_530


def repeats(*measured_ml, counted_ml=5.0):
    return Repeats(tuple(Dose(counted_ml, measured) for measured in measured_ml))


@pytest.mark.parametrize(
    ("celsius", "tabled"),
    [(0, 0.999843), (4, 0.999975), (10, 0.999703), (15, 0.999103), (20, 0.998207), (25, 0.997048), (30, 0.995650)],
)
def test_waters_density_is_that_of_the_table(celsius, tabled):
    """CRC Handbook of Chemistry and Physics, as remembered: within 1.5e-6 of Tanaka's formula."""
    assert water_g_ml(celsius) == pytest.approx(tabled, abs=1.5e-6)


@pytest.mark.parametrize(("celsius", "tabled"), [(20, 0.998203), (25, 0.997047)])
def test_waters_density_is_that_of_older_tables_but_for_the_air_in_it(celsius, tabled):
    assert water_g_ml(celsius) == pytest.approx(tabled, abs=5e-6)


def test_airs_density_at_20_degrees_half_moist():
    """1.199 kg/m3 at 1013.25 hPa and 50 %: CIPM-2007 gives 1.1992."""
    assert air_g_ml(20, 1013.25, 50) == pytest.approx(0.0011992, abs=5e-7)


@pytest.mark.parametrize(
    ("celsius", "hpa", "tabled"),
    [(15, 1013, 1.0020), (20, 1013, 1.0029), (20, 800, 1.0026), (25, 1013, 1.0040), (30, 1013, 1.0054)],
)
def test_z_is_that_of_iso_8655_6(celsius, hpa, tabled):
    """In uL/mg, to the fourth decimal that the standard's annex gives."""
    assert z_ml_g(celsius, hpa) == pytest.approx(tabled, abs=0.6e-4)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: water_g_ml(41), "found 41 C, must be 0 to 40"),
        (lambda: water_g_ml(float("nan")), "must be 0 to 40"),
        (lambda: z_ml_g(20, 1.013), "found 1.013 hPa"),
        (lambda: z_ml_g(20, 1013, 101), "found 101 %"),
    ],
)
def test_conditions_that_no_room_has_are_refused(make, words):
    with pytest.raises(BadInput, match=words):
        make()


def test_evaporation_is_what_is_lost_while_the_pump_stands():
    spans = [
        (Weighing("a", 0, 0.0, 1.0), Weighing("b", 300, -0.010, 1.0)),
        (Weighing("c", 1000, 5.0, 6.0), Weighing("d", 1100, 4.998, 6.0)),
    ]
    assert evaporation_g_s(spans) == pytest.approx(0.012 / 400)


def test_a_dose_is_the_mass_that_came_and_the_mass_that_went():
    before, after = Weighing("start", 100, 1.0, 2.0), Weighing("dose 1", 400, 5.9, 7.0)
    dose = dose_between(before, after, 1.0029, 0.0001)
    assert dose.counted_ml == 5.0
    assert dose.measured_ml == pytest.approx(1.0029 * (4.9 + 0.03))


def test_a_dose_that_the_pump_did_not_count_is_refused():
    with pytest.raises(BadInput, match="dose 1: the pump has counted no volume"):
        dose_between(Weighing("start", 0, 0.0, 7.0), Weighing("dose 1", 9, 1.0, 2.0), 1.0, 0.0)


def test_mean_scatter_and_error_are_the_textbooks():
    """5.1, 5.2, 5.3: mean 5.2, standard deviation 0.1, CV 1.923 %, error +4 % of 5."""
    found = repeats(5.1, 5.2, 5.3)
    assert found.mean_ml == pytest.approx(5.2)
    assert found.sd_ml == pytest.approx(0.1)
    assert found.cv_percent == pytest.approx(1.923, abs=1e-3)
    assert found.error_percent == pytest.approx(4.0)


def test_doses_counted_to_another_microlitre_do_not_scatter_for_that():
    found = Repeats((Dose(5.0, 5.15), Dose(4.999, 4.999 * 1.03), Dose(5.001, 5.001 * 1.03)))
    assert found.cv_percent == pytest.approx(0.0, abs=1e-9)


def test_the_constant_is_the_old_one_times_measured_over_counted():
    assert step_constant(OLD_PL, repeats(5.15, 5.15, 5.15)) == round(OLD_PL * 1.03)
    assert step_constant(OLD_PL, repeats(4.9, 4.9, 4.9)) == round(OLD_PL * 0.98)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (repeats(5.0, 5.0), "2 doses were weighed, at least 3"),
        (repeats(5.0, 5.1, 5.2), r"scatter by 1.96 % \(CV\), at most 1 %"),
        (repeats(6.1, 6.1, 6.1), r"\+22.0 % .* wrong syringe or tube is likelier"),
        (repeats(3.9, 3.9, 3.9), r"-22.0 % .* wrong syringe or tube is likelier"),
        (repeats(0.0, 0.0, 0.0), "wrong syringe or tube is likelier"),
    ],
)
def test_what_makes_no_constant_is_refused(found, words):
    with pytest.raises(BadInput, match=words):
        step_constant(OLD_PL, found)


def test_a_wider_limit_lets_more_scatter_pass():
    assert step_constant(OLD_PL, repeats(5.0, 5.1, 5.2), most_cv_percent=2.0) == round(OLD_PL * 1.02)


def test_a_step_larger_than_a_pump_can_be_set_to_is_refused():
    with pytest.raises(BadInput, match="a step of 258500 pL is none"):
        step_constant(235_000, repeats(5.5, 5.5, 5.5))
