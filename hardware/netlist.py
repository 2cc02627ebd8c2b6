"""Reads netlist.toml: blocks, their pins and the nets these lie on."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
SUPPLIES = ("PACK", "VHUB", "VBAT", "VSYS", "VBUS", "5V", "3V3", "GND")


class Pin(NamedTuple):
    block: str
    name: str
    net: str


def read_blocks(path: Path = HERE / "netlist.toml") -> list[dict[str, Any]]:
    return list(tomllib.loads(path.read_text(encoding="utf-8"))["block"])


def pins(blocks: list[dict[str, Any]]) -> Iterator[Pin]:
    for block in blocks:
        for side in ("left", "right"):
            for name, net in block[side].items():
                yield Pin(block["id"], name, net)


def parts(blocks: list[dict[str, Any]]) -> Counter[str]:
    """How many of each line of the bill are drawn."""
    counted: Counter[str] = Counter()
    for block in blocks:
        counted.update(block["parts"])
    return counted


def gpios(blocks: list[dict[str, Any]]) -> dict[tuple[int, int], str]:
    """The Pico's: number of GPIO and of pin, to net."""
    found = {}
    for pin in pins(blocks):
        match = re.fullmatch(r"GP(\d+) \((?:pin )?(\d+)\)", pin.name)
        if pin.block == "U1" and match:
            found[int(match[1]), int(match[2])] = pin.net
    return found
