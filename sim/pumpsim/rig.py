"""From what a scenario says to a pump: the controller's setup and the plant behind it."""

from pumpcore.setup import Setup
from pumpcore.units import PL_PER_UL
from pumpsim.catalogue import CANNULAS, syringes
from pumpsim.drive import Screw, SyringeDrive
from pumpsim.plant import KPA_PER_CM, Plant
from pumpsim.scenario import Pump, Scenario

SCREW = Screw()

LOW_UL, LOW_SHARE = 1_000, 0.10  # Open PCA R6.8 for a large reservoir; shares of a small one assumed
EMPTY_UL, EMPTY_SHARE = 500, 0.02


def setup_of(pump: Pump) -> Setup:
    """What the controller is told: its syringe, how full it is, and the alarm limits."""
    syringe = syringes()[pump.syringe]
    fill_ul = round(1_000 * (syringe.nominal_ml if pump.fill_ml is None else pump.fill_ml))
    return Setup(
        step_pl=round(SyringeDrive(syringe, SCREW).step_ul * PL_PER_UL),
        reservoir_ul=fill_ul,
        occlusion_pa=round(pump.occlusion_kpa * 1_000),
        bubble_ul=pump.bubble_ul,
        near_end_s=round(pump.near_end_min * 60),
        low_ul=min(LOW_UL, round(fill_ul * LOW_SHARE)),
        empty_ul=min(EMPTY_UL, round(fill_ul * EMPTY_SHARE)),
    )


def plant_of(scenario: Scenario) -> Plant:
    line = scenario.line.tubing
    return Plant(
        syringe=syringes()[scenario.pump.syringe],
        screw=SCREW,
        line_compliance=line.compliance_ul_kpa,
        resistance=line.resistance_kpa_s_ul + CANNULAS[scenario.line.cannula],
        patient_kpa=scenario.patient.pressure_kpa + scenario.patient.height_cm * KPA_PER_CM,
    )
