"""One table of pins a port, and hardware/pinout.csv, which is the Pico's."""

import csv
from pathlib import Path

import pytest

from assemble import Rig, load
from pinout import COLUMNS, HEADER, lines

PINOUT = Path(__file__).parents[2] / "hardware/pinout.csv"


def test_the_pinout_of_the_hardware_is_that_of_the_drivers():
    assert PINOUT.read_text(encoding="utf-8").splitlines() == lines(), (
        "python tests/board/pinout.py hardware/pinout.csv"
    )


def test_the_pinout_has_every_pin_once_and_its_place_on_the_header():
    rows = list(csv.DictReader(PINOUT.open(encoding="utf-8")))
    assert set(rows[0]) == set(COLUMNS)
    assert len({row["gpio"] for row in rows}) == len({row["name"] for row in rows}) == len(rows) == 23
    assert {row["pin"] for row in rows if row["gpio"] == "24"} == {""}
    assert (HEADER[0], HEADER[15], HEADER[16], HEADER[22], HEADER[26], HEADER[28]) == (1, 20, 21, 29, 31, 34)


@pytest.mark.parametrize(("platform", "table"), [("rp2", "PICO"), ("esp32", "ESP32")])
def test_each_port_has_the_same_names_with_a_pin_of_its_own(platform, table):
    pins = load(Rig(), "board.pins", platform)
    rows = getattr(pins, table)
    assert pins.TABLE is rows
    assert [name for _, name, _, _ in rows] == [name for _, name, _, _ in pins.PICO]
    assert len({gpio for gpio, _, _, _ in rows}) == len(rows)
    for gpio, name, direction, what in rows:
        assert getattr(pins, name) == gpio
        assert direction and what
    with pytest.raises(ValueError, match="GREEN_LED"):
        pins.gpio("GREEN_LED")


def test_the_esp32_uses_no_pin_that_it_cannot():
    pins = load(Rig(), "board.pins", "esp32")
    only_in = {34, 35, 36, 39}
    for gpio, name, direction, _ in pins.ESP32:
        assert gpio not in {1, 3, *range(6, 13)}, name
        assert gpio not in only_in or direction == "in" or direction.startswith("ADC1"), name
