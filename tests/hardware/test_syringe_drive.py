"""The syringe drive's numbers, without a solid: for every syringe it is for, and against the simulator's."""

from dataclasses import replace

import pytest

import drive_geometry as geometry
from check import Check, refuse
from drive_geometry import LARGEST_ML, SMALLEST_ML, SyringeDrive
from pumpsim.catalogue import syringes
from pumpsim.screw import STEPS_PER_TURN, Screw
from screw_force import ScrewDrive

BD50 = syringes()["BD Plastipak 50"]
FITTING = [name for name, syringe in syringes().items() if SMALLEST_ML <= syringe.nominal_ml <= LARGEST_ML]


@pytest.mark.parametrize("name", FITTING)
def test_every_syringe_of_10_to_60_ml_fits(name):
    assert not [str(check) for check in SyringeDrive(syringes()[name]).checks() if not check.ok]


@pytest.mark.parametrize("name", FITTING)
def test_the_whole_stroke_is_in_reach(name):
    drive = SyringeDrive(syringes()[name])
    assert drive.volume_in_reach_ml >= drive.syringe.nominal_ml * 0.999


@pytest.mark.parametrize("name", FITTING)
def test_the_v_holds_the_barrel_on_the_axis(name):
    """The distance from the axis to either flank of the V, x + z = apex, is the barrel's radius."""
    drive = SyringeDrive(syringes()[name])
    assert (geometry.AXIS_Z_MM - drive.v_apex_z_mm) / 2**0.5 == pytest.approx(drive.syringe.barrel_mm / 2)


def test_a_step_is_the_firmwares():
    """firmware/board: STEP_PL of the nominal rig."""
    assert ScrewDrive().step_pl(BD50.area_mm2) == pytest.approx(173_530, abs=1)
    assert (ScrewDrive().pitch_mm, STEPS_PER_TURN) == (Screw().pitch_mm, 3200)


def test_force_against_120_kpa():
    """By hand: 120 kPa on 555.3 mm2 is 66.6 N; 5 N and 1 N of friction."""
    assert SyringeDrive(BD50).need_n == pytest.approx(66.6 + 6.0, abs=0.1)


def test_force_of_the_screw_by_its_energy():
    """One turn: 2 pi T of work in, eta of it out over 1 mm. Without friction eta is 1."""
    drive = ScrewDrive(friction=0.0)
    assert drive.efficiency == pytest.approx(1.0)
    assert drive.force_n * 1e-3 == pytest.approx(2 * 3.141592653589793 * drive.torque_nm)
    assert 0.15 < ScrewDrive().efficiency < 0.30


def test_a_screw_of_8_mm_a_turn_would_be_turned_back_by_the_fluid():
    assert ScrewDrive().self_locking > 1
    assert ScrewDrive(pitch_mm=8.0, friction=0.1).self_locking < 1


def test_what_does_not_fit_is_refused_by_name():
    too_long = replace(BD50, stroke_mm=150.0)
    with pytest.raises(ValueError, match="stroke: 110"):
        refuse(SyringeDrive(too_long).checks())
    too_wide = replace(BD50, inner_diameter_mm=38.0)
    with pytest.raises(ValueError, match="slot"):
        refuse(SyringeDrive(too_wide).checks())


def test_a_weak_current_is_refused():
    assert not all(check.ok for check in SyringeDrive(BD50).checks(ScrewDrive(rms_a=0.3)))


def test_a_check_says_what_would_be_right():
    assert str(Check("wall", 1.5, 2.0)) == "BAD  wall: 1.50 mm (at least 2.00)"
    assert str(Check("wall", 2.5, 2.0, 3.0)) == "ok   wall: 2.50 mm (at least 2.00, at most 3.00)"
