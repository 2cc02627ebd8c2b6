"""Plants put together by hand, and orders given to them past any controller."""

from pumpcore.records import Outputs
from pumpcore.units import TICKS_PER_MS
from pumpsim.catalogue import CANNULAS, TUBES, Tubing, syringes
from pumpsim.circuit import SUPPLY, Circuit, Supply, Valve
from pumpsim.peristaltic import PeristalticDrive
from pumpsim.plant import Plant
from pumpsim.screw import Screw
from pumpsim.syringe import IdealSyringeDrive, SyringeDrive

BD50 = syringes()["BD Plastipak 50"]
SILICONE = TUBES["silicone 1.6 mm"]
LINE = Tubing(1.5, 1.0)
CANNULA = CANNULAS["20G"]
VEIN = 0.0266
PATIENT_KPA = 1.3
RESISTANCE = LINE.resistance_kpa_s_ul + CANNULA.resistance_kpa_s_ul + VEIN
PURE = Screw(wobble_mm=0.0, step_error_mm=0.0, backlash_mm=0.0, gap_mm=0.0)
TICKS_PER_S = TICKS_PER_MS * 1000


def circuit(pump_compliance):
    return Circuit(
        pump_compliance=pump_compliance,
        line_compliance=LINE.compliance_ul_kpa,
        line_resistance=LINE.resistance_kpa_s_ul,
        cannula_resistance=CANNULA.resistance_kpa_s_ul,
        vessel_resistance=VEIN,
        patient_kpa=PATIENT_KPA,
    )


def syringe_plant(screw=None, syringe=BD50, make=SyringeDrive, **settings):
    drive = make(syringe, screw or Screw(), syringe.nominal_ml * 1000, **settings)
    return Plant(drive, circuit(drive.compliance_ul_kpa), LINE.volume_ul + CANNULA.volume_ul)


def ideal_plant(screw=PURE, syringe=BD50):
    return syringe_plant(screw, syringe, IdealSyringeDrive)


def peristaltic_plant(tube=SILICONE, bag_ul=500_000.0, height_cm=60.0):
    inlet = Tubing(2.0, 3.0)
    joined = circuit(0.5)
    joined.supply = Supply(
        0.0981 * height_cm, inlet.resistance_kpa_s_ul, inlet.compliance_ul_kpa, bag_ul, inlet.volume_ul, 20
    )
    joined.valves.append(Valve(SUPPLY, tube.slip_kpa_s_ul, tube.slip_kpa))
    return Plant(PeristalticDrive(tube), joined, LINE.volume_ul + CANNULA.volume_ul)


def order(pump, interval_ticks, pulses):
    """Queue `pulses` at the plant's present time."""
    outputs = Outputs()
    outputs.segments, outputs.intervals_ticks[0], outputs.counts[0] = 1, interval_ticks, pulses
    pump.motor.obey(outputs, pump.at_ticks)


def interval_ticks(rate_ml_h, step_ul):
    return round(step_ul / (rate_ml_h / 3.6) * TICKS_PER_S)


def run_to(pump, seconds):
    pump.advance(round(seconds * TICKS_PER_S))


def block(pump, by=1):
    pump.circuit.blocks += by
    pump.renew()
