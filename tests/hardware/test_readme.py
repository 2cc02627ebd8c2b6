"""The figures that hardware/README.md gives by formula are those of the formulas."""

import re
from pathlib import Path

import pytest

import electrics
from drive_geometry import SMALLEST_ML, SyringeDrive
from head_geometry import GAP_MM, heads
from pumpsim.catalogue import syringes
from screw_force import FRICTION_SPAN, ScrewDrive

HARDWARE = Path(__file__).parents[2] / "hardware"
README = " ".join((HARDWARE / "README.md").read_text(encoding="utf-8").split())
DRIVES = {name: SyringeDrive(syringe) for name, syringe in syringes().items() if syringe.nominal_ml >= SMALLEST_ML}
BD50 = DRIVES["BD Plastipak 50"]
SOUND, WORN = electrics.timer_ms(), electrics.timer_ms(resistors=1)
LEAST, MOST = (ScrewDrive(friction=friction).force_n for friction in FRICTION_SPAN[::-1])


@pytest.mark.parametrize(
    "figure",
    [
        f"{ScrewDrive().step_pl(BD50.syringe.area_mm2) / 1000:.2f} nL a step",
        f"{heads()[1].turn_ul / 1000:.2f} mL a turn",
        f"{heads()[1].tube.turn_ul / 3.2:.1f} nL for 1.6 mm tube",
        f"{BD50.need_n:.1f} N with a BD Plastipak 50",
        f"{max(drive.need_n for drive in DRIVES.values()):.1f} N with the worst",
        f"{ScrewDrive().force_n:.0f} N, {LEAST:.0f} to {MOST:.0f}",
        f"{ScrewDrive().efficiency:.2f}; it holds",
        f"{ScrewDrive().heat_w:.1f} W",
        f"{MOST / BD50.syringe.area_mm2 * 1000:.0f} kPa in a 50 mL syringe",
        f"{GAP_MM:.2f} mm for a wall",
        f"after {SOUND.nominal:.1f} ms, {SOUND.least:.0f} to {SOUND.most:.0f} with all tolerances",
        f"{WORN.least:.0f} to {WORN.most:.0f} ms",
        f"| {electrics.tmc2209_vref(0.6):.2f} V | {electrics.drv8825_vref(0.6):.2f} V |",
        f"| {electrics.tmc2209_vref(1.0):.2f} V | {electrics.drv8825_vref(1.0):.2f} V |",
        f"| {electrics.pressure_counts(0)} ± 250 |",
        f"| {electrics.pressure_counts(40):,} ± 700 |",
        f"{electrics.air_counts()[0] / 100:.0f}00, {electrics.air_counts()[1]:,}",
        ", ".join(f"{electrics.battery_counts(volts):,}" for volts in (6.0, 7.4, 8.4)),
    ],
)
def test_a_figure_is_the_formulas(figure):
    assert figure in README


def test_every_file_it_names_is_there():
    """But pinout.csv, which the firmware's table of pins makes."""
    listing = (HARDWARE / "README.md").read_text(encoding="utf-8").split("\n## ")[0]
    names = set(re.findall(r"[a-z_]+\.(?:csv|toml|py|svg)", listing)) - {"pinout.csv", "pins.py"}
    assert {name for name in names if not list(HARDWARE.rglob(name))} == set()


def test_it_says_first_what_it_is():
    assert README.startswith("# Hardware **For the bench: research, teaching, test rigs. Not a medical device")
    assert "Nothing described here has been built yet" in README[:300]
