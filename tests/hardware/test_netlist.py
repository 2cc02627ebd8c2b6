"""The wiring: every pin is joined to something, every GPIO is there, every part is in the bill as often as drawn."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from netlist import gpios, parts, pins, read_blocks

HARDWARE = Path(__file__).parents[2] / "hardware"
ON_THE_BOARD = {24}  # the Pico's own VBUS_SENSE

BLOCKS = read_blocks()
BILL = {row["id"]: row for row in csv.DictReader((HARDWARE / "bom.csv").read_text(encoding="utf-8").splitlines())}
MECHANICAL = {name for name in BILL if name.startswith("K")} | {"J2"}


def test_every_net_joins_two_blocks():
    blocks_of = {}
    for pin in pins(BLOCKS):
        blocks_of.setdefault(pin.net, set()).add(pin.block)
    assert not [net for net, blocks in blocks_of.items() if len(blocks) < 2]


def test_every_signal_of_the_pico_reaches_a_part_of_the_bill():
    parts_of = {block["id"]: block["parts"] for block in BLOCKS}
    for (gpio, _), net in gpios(BLOCKS).items():
        others = [pin.block for pin in pins(BLOCKS) if pin.net == net and pin.block != "U1"]
        assert any(parts_of[block] for block in others), f"GP{gpio} {net}"


def test_a_gpio_is_used_once():
    names = [pin.name for pin in pins(BLOCKS) if pin.block == "U1"]
    assert len(names) == len(set(names))
    assert max(Counter(gpios(BLOCKS).values()).values()) == 1


def test_the_bill_has_what_is_drawn_and_as_often():
    drawn = parts(BLOCKS)
    assert drawn.keys() - BILL.keys() == set()
    assert {name: count for name, count in drawn.items() if int(BILL[name]["quantity"]) != count} == {}
    assert BILL.keys() - drawn.keys() <= MECHANICAL


def test_the_pins_are_those_of_the_firmware():
    pinout = HARDWARE / "pinout.csv"
    if not pinout.exists():
        pytest.skip("no hardware/pinout.csv yet")
    rows = csv.DictReader(pinout.read_text(encoding="utf-8").splitlines())
    theirs = {(int(row["gpio"]), int(row["pin"])): row["name"] for row in rows if int(row["gpio"]) not in ON_THE_BOARD}
    assert gpios(BLOCKS) == theirs


def test_blocks_and_pins_fit_their_boxes():
    """What stands left and right in one row of a box leaves room between: 9 points are 5 a letter, a box has 187."""
    for block in BLOCKS:
        assert len(block["title"]) <= 33
        for left, right in zip(block["left"], block["right"], strict=False):
            assert len(left) + len(right) <= 33, block["id"]
        assert all(re.fullmatch(r"[\w+]{1,14}", net) for net in (*block["left"].values(), *block["right"].values()))
