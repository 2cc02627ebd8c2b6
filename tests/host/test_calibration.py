"""The guided calibration, on a virtual pump whose screw is not the one it was told, over a virtual balance."""

from itertools import repeat

import pytest
from weighing import Rig

from pumphost.calibrating.balance import SBI, SICS, Balance, BalanceError, Weight
from pumphost.calibrating.calibration import CalibrationError, Run
from pumphost.calibrating.gravimetry import step_constant, z_ml_g
from pumphost.calibrating.plan import Plan
from pumphost.errors import BadInput
from pumphost.pump import Pump
from pumpsim.balance import Scales

OFF = 1.03  # the screw's pitch in mm, where the pump was told 1
WITHIN = 0.002
DRYING = Scales(evaporation_mg_min=30.0)
QUICK = Plan(doses=5, dose_ml=2.0, rate_ml_h=300.0, prime_ml=1.0, settle_s=5.0, standing_s=60.0)
UNCORRECTED = Plan(doses=5, dose_ml=2.0, rate_ml_h=300.0, prime_ml=1.0, settle_s=5.0, standing_s=0.0)
Z = z_ml_g(20.0)


def run_of(rig, protocol=SICS, **told):
    return Run(Pump(rig), Balance(rig.balance_port, protocol), rig, **told)


def constant_of(rig, plan=QUICK, protocol=SICS, given_g_s=0.0):
    """The constant found over the right one."""
    weighed = run_of(rig, protocol).calibrate(plan)
    lost_g_s = weighed.evaporation_g_s()
    found_pl = step_constant(rig.step_pl, weighed.repeats(Z, given_g_s if lost_g_s is None else lost_g_s))
    return found_pl / (rig.step_pl * OFF)


# What it finds


@pytest.mark.parametrize(
    ("protocol", "identified", "stopper"), [(SICS, False, "real"), (SBI, False, "real"), (SBI, True, "ideal")]
)
def test_a_screw_off_by_three_percent_is_found(protocol, identified, stopper, record_property):
    rig = Rig(OFF, Scales(identified=identified), stopper=stopper)
    found = constant_of(rig, protocol=protocol)
    record_property("figure", f"calibration, screw 3 % off, {protocol.name}, {stopper}: {100 * found - 100:+.3f} % off")
    assert found == pytest.approx(1.0, abs=WITHIN)


def test_a_screw_that_is_as_told_stays_as_it_is():
    rig = Rig(1.0)
    weighed = run_of(rig).calibrate(QUICK)
    assert step_constant(rig.step_pl, weighed.repeats(Z, 0.0)) == pytest.approx(rig.step_pl, rel=WITHIN)


def test_evaporation_spoils_it_unless_it_is_measured_or_given(record_property):
    off = constant_of(Rig(OFF, DRYING, stopper="ideal"), UNCORRECTED)
    record_property("figure", f"calibration, 30 mg/min evaporate, not corrected: {100 * off - 100:+.2f} % off")
    assert off < 1.0 - WITHIN
    assert constant_of(Rig(OFF, DRYING, stopper="ideal"), QUICK) == pytest.approx(1.0, abs=WITHIN)
    assert constant_of(Rig(OFF, DRYING, stopper="ideal"), UNCORRECTED, given_g_s=0.030 / 60) == pytest.approx(
        1.0, abs=WITHIN
    )


def test_a_balance_that_drifts_is_corrected_with_it():
    drifting = Scales(drift_mg_h=2_000.0)
    assert constant_of(Rig(OFF, drifting, stopper="ideal"), UNCORRECTED) > 1.0 + WITHIN
    assert constant_of(Rig(OFF, drifting, stopper="ideal"), QUICK) == pytest.approx(1.0, abs=WITHIN)


def test_what_is_done_in_which_order():
    told, weighed = [], []
    rig = Rig(OFF, stopper="ideal")
    run_of(rig, progress=lambda what, share: told.append((what, share)), weighed=weighed.append).calibrate(QUICK)
    phases = [what for what in dict.fromkeys(what for what, _ in told) if what != "waiting for a stable weight"]
    standing = "standing, to measure evaporation"
    doses = [f"dose {number} of 5" for number in range(1, 6)]
    assert phases[:4] == ["priming", "settling", standing, doses[0]]
    assert [phase for phase in phases if phase in doses] == doses
    assert [w.what for w in weighed] == ["start", "standing", *(f"dose {n}" for n in range(1, 6)), "standing"]
    assert all(0.0 <= share <= 1.0 for _, share in told)
    assert weighed[0].mass_g == pytest.approx(0.0, abs=0.0005)  # it was tared
    assert weighed[-1].pumped_ml == pytest.approx(11.0, abs=0.001)


# What ends it


def state(rig):
    return Pump(rig).status().state


def test_an_alarm_ends_it_with_its_text_and_keeps_what_was_weighed():
    rig, weighed = Rig(OFF, stopper="ideal"), []

    def kink():
        if len(weighed) == 3 and not rig.plant.circuit.blocks:
            rig.plant.circuit.blocks += 1
            rig.plant.renew()

    rig.naps = repeat(kink)
    with pytest.raises(CalibrationError, match="alarm OCCLUSION_DOWNSTREAM: Line blocked downstream"):
        run_of(rig, weighed=weighed.append).calibrate(QUICK)
    assert [w.what for w in weighed] == ["start", "standing", "dose 1"]
    assert state(rig) == "IDLE"


def test_ctrl_c_stops_the_pump():
    rig = Rig(OFF, stopper="ideal")

    def press():
        if rig.outputs.pumped_ul > 500:
            raise KeyboardInterrupt

    rig.naps = repeat(press)
    with pytest.raises(KeyboardInterrupt):
        run_of(rig).calibrate(QUICK)
    assert state(rig) == "IDLE"
    assert rig.outputs.pumped_ul < 700


def test_somebody_who_stops_the_pump_ends_it():
    rig = Rig(OFF, stopper="ideal")
    rig.naps = (Pump(rig).pause if number == 2 else (lambda: None) for number in range(1_000))
    with pytest.raises(CalibrationError, match="priming: the pump is PAUSED; somebody has stopped it"):
        run_of(rig).calibrate(QUICK)


class Restless:
    """A balance that always answers the same."""

    def __init__(self, answer):
        self.answer = answer

    def read(self):
        return self.answer

    def tare(self):
        pass


@pytest.mark.parametrize("answer", [Weight(1.0, False), None])
def test_a_balance_that_never_comes_to_rest_ends_it(answer):
    rig = Rig()
    with pytest.raises(BalanceError, match="no stable weight within 60 s: draughts, vibration, drips"):
        Run(Pump(rig), Restless(answer), rig).calibrate(QUICK)


def test_a_balance_that_stays_busy_ends_the_flow_check_and_stops_the_pump():
    rig = Rig()
    with pytest.raises(BalanceError, match="the balance is busy"):
        Run(Pump(rig), Restless(None), rig).check_flow(10.0, 31, 0.0, lambda *sample: None)
    assert state(rig) == "IDLE"


def test_a_plan_that_does_not_suit_the_pump_moves_nothing():
    rig = Rig()
    for plan, words in (
        (Plan(doses=20, dose_ml=5.0), "102 mL are needed in all, the pump's reservoir holds 50 mL"),
        (Plan(rate_ml_h=5_000.0), "5000 mL/h, this pump gives up to 1200"),
    ):
        with pytest.raises(BadInput, match=words):
            run_of(rig).calibrate(plan)
    assert rig.outputs.pumped_ul == 0


def test_a_pump_at_work_is_left_alone():
    rig = Rig()
    pump = Pump(rig)
    pump.confirm(pump.program(5.0, 1.0).digest)
    pump.start()
    with pytest.raises(BadInput, match="the pump is INFUSING: end what it does first"):
        run_of(rig).calibrate(QUICK)
    assert state(rig) == "INFUSING"


@pytest.mark.parametrize(
    ("make", "words"),
    [(lambda: Plan(doses=2), "at least 3 are needed"), (lambda: Plan(dose_ml=1.00005), "a multiple of 0.001 mL")],
)
def test_a_plan_that_cannot_be_is_refused(make, words):
    with pytest.raises(BadInput, match=words):
        make()
