"""From what a scenario says to a pump: the controller's setup and the plant behind it."""

from dataclasses import replace

from pumpcore.setup import Setup
from pumpcore.units import PL_PER_UL
from pumpsim.air import WINDOW_UL
from pumpsim.catalogue import CANNULAS, FLUIDS, ROUTES, TUBES, Tube, Tubing, syringes, tubing
from pumpsim.circuit import FAR, SUPPLY, Circuit, Supply, Valve
from pumpsim.drive import Drive
from pumpsim.peristaltic import PeristalticDrive
from pumpsim.plant import KPA_PER_CM, Plant
from pumpsim.scenario import Line, Mechanics, Patient, Scenario
from pumpsim.screw import STEPS_PER_TURN, Screw
from pumpsim.sensors import CODE_SUM
from pumpsim.syringe import IdealSyringeDrive, SyringeDrive

LOW_UL, LOW_SHARE = 1_000, 0.10  # Open PCA R6.8 for a large reservoir; shares of a small one assumed
EMPTY_UL, EMPTY_SHARE = 500, 0.02
COMPLIANCE_SPREAD = 1.4  # syringes of a kind differ by 40 % (syringes.toml): the controller is told the most
OPENING_KPA = 3.0  # above a valve's own: the patient behind it; assumed
UPSTREAM_PA = 16_000  # below the air around: Infusomat Space, 120 to 200 mbar
ROLLER_COMPLIANCE = 0.5  # uL/kPa of the silicone tube behind the rollers; assumed


def setup_of(scenario: Scenario) -> Setup:
    """What the controller is told: its step, how full the reservoir is, and the alarm limits."""
    pump = scenario.pump
    fill_ul = round(fill_of(scenario))
    tube = TUBES[pump.tube] if pump.tube else None
    return Setup(
        step_pl=round(step_ul(scenario) * PL_PER_UL),
        reservoir_ul=fill_ul,
        occlusion_pa=round(pump.occlusion_kpa * 1_000),
        bubble_ul=pump.bubble_ul,
        near_end_s=round(pump.near_end_min * 60),
        low_ul=min(LOW_UL, round(fill_ul * LOW_SHARE)),
        empty_ul=min(EMPTY_UL, round(fill_ul * EMPTY_SHARE)),
        steps_per_turn=round(STEPS_PER_TURN * scenario.mechanics.gear),
        compliance_nl_kpa=round(compliance_ul_kpa(scenario) * COMPLIANCE_SPREAD * 1_000),
        opening_pa=round((scenario.line.anti_siphon_kpa + OPENING_KPA) * 1_000) if scenario.line.anti_siphon_kpa else 0,
        upstream_pa=UPSTREAM_PA if pump.tube else 0,
        drops_per_ml=scenario.supply.drops_per_ml if pump.tube else 0,
        back_off=int(pump.back_off and pump.tube is None and scenario.mechanics.stopper == "real"),
        restarts=pump.restarts,
        air_test=1,
        flow_sensor=int(pump.flow_sensor),
        second_clock=1,
        code_sum=CODE_SUM,
        signal_test=1,
        air_window_ul=round(WINDOW_UL),
        rollers=tube.rollers if tube else 0,
        suck_back_permille=round(tube.suck_back * 1_000) if tube else 0,
        suck_arc_permille=round(tube.suck_back_arc * 1_000) if tube else 100,
        barrel_um=round(syringes()[pump.syringe].barrel_mm * 1_000) if pump.syringe else 0,
    )


def compliance_ul_kpa(scenario: Scenario) -> float:
    """Of syringe, or rollers, and line: what a blocked line fills."""
    pump, line = scenario.pump, scenario.line.tubing.compliance_ul_kpa
    return line + (syringes()[pump.syringe].compliance_ul_kpa if pump.syringe else ROLLER_COMPLIANCE)


def fill_of(scenario: Scenario) -> float:
    """uL in the reservoir."""
    pump = scenario.pump
    if pump.drive == "peristaltic":
        return scenario.supply.bag_ml * 1_000
    assert pump.syringe is not None
    return 1_000 * (syringes()[pump.syringe].nominal_ml if pump.fill_ml is None else pump.fill_ml)


def step_ul(scenario: Scenario) -> float:
    """What a step of the motor moves by its geometry."""
    pump, mechanics = scenario.pump, scenario.mechanics
    if pump.tube is not None:
        return TUBES[pump.tube].turn_ul / (STEPS_PER_TURN * mechanics.gear)
    assert pump.syringe is not None
    return syringes()[pump.syringe].area_mm2 * screw_of(mechanics).step_mm


def screw_of(mechanics: Mechanics) -> Screw:
    return Screw(
        pitch_mm=mechanics.pitch_mm,
        gear=mechanics.gear,
        wobble_mm=mechanics.wobble_mm,
        step_error_mm=mechanics.step_error_mm,
        backlash_mm=mechanics.backlash_mm,
        gap_mm=mechanics.gap_mm,
    )


def plant_of(scenario: Scenario) -> Plant:
    drive, compliance = drive_of(scenario)
    line, cannula = scenario.line.tubing, CANNULAS[scenario.line.cannula]
    thickness = FLUIDS[scenario.line.fluid]
    circuit = Circuit(
        pump_compliance=compliance,
        line_compliance=line.compliance_ul_kpa,
        line_resistance=line.resistance_kpa_s_ul * thickness,
        cannula_resistance=cannula.resistance_kpa_s_ul * thickness,
        vessel_resistance=ROUTES[scenario.patient.route].resistance_kpa_s_ul,
        patient_kpa=patient_kpa(scenario.patient, scenario.patient.height_cm),
    )
    _add_siphon_valve(circuit, scenario.line)
    if scenario.pump.tube is not None:
        tube = TUBES[scenario.pump.tube]
        circuit.supply = supply_of(scenario, thickness)
        circuit.valves.append(Valve(SUPPLY, tube.slip_kpa_s_ul, tube.slip_kpa))
    return Plant(drive, circuit, line.volume_ul + cannula.volume_ul)


def drive_of(scenario: Scenario) -> tuple[Drive, float]:
    """The drive, and the compliance in uL/kPa of its outlet."""
    pump, mechanics = scenario.pump, scenario.mechanics
    if pump.tube is not None:
        return PeristalticDrive(TUBES[pump.tube], mechanics.gear, mechanics.worn_turns), ROLLER_COMPLIANCE
    assert pump.syringe is not None
    syringe, screw, fill_ul = syringes()[pump.syringe], screw_of(mechanics), fill_of(scenario)
    if mechanics.compliance_ul_kpa is not None:
        syringe = replace(syringe, compliance_ul_kpa=mechanics.compliance_ul_kpa)
    if mechanics.stopper == "ideal":
        return IdealSyringeDrive(syringe, screw, fill_ul), syringe.compliance_ul_kpa
    return SyringeDrive(syringe, screw, fill_ul, mechanics.stall_n), syringe.barrel_compliance_ul_kpa


def supply_of(scenario: Scenario, thickness: float) -> Supply:
    supply = scenario.supply
    tube: Tubing = tubing(supply.set)
    return Supply(
        kpa=supply.height_cm * KPA_PER_CM,
        resistance=tube.resistance_kpa_s_ul * thickness,
        compliance=max(tube.compliance_ul_kpa, _collapsing(TUBES[scenario.pump.tube or ""])),
        bag_ul=supply.bag_ml * 1_000,
        tube_ul=tube.volume_ul,
        drops_per_ml=supply.drops_per_ml,
    )


def _collapsing(tube: Tube) -> float:
    """Compliance in uL/kPa of the pump tube itself, which goes flat rather than below `flat_kpa`: a roller passage's
    volume between the pressure at which it begins to collapse and that at which it is flat."""
    return tube.turn_ul / tube.rollers / (tube.collapse_kpa - tube.flat_kpa)


def patient_kpa(patient: Patient, height_cm: float) -> float:
    """At the cannula's tip, as felt at the pump's height."""
    route_kpa = ROUTES[patient.route].pressure_kpa
    return (route_kpa if patient.pressure_kpa is None else patient.pressure_kpa) + height_cm * KPA_PER_CM


def _add_siphon_valve(circuit: Circuit, line: Line) -> None:
    if line.anti_siphon_kpa is not None:
        circuit.siphon_valve = True
        circuit.valves.append(Valve(FAR, circuit.line_resistance, line.anti_siphon_kpa))
