"""The solids themselves: whole, valid, and not in each other's way. Only where build123d is installed, in test-long."""

from itertools import combinations

import pytest

pytest.importorskip("build123d", reason="the extra `hardware` is not installed")
pytest.importorskip("pyvista", reason="the extra `hardware` is not installed")

import peristaltic
import syringe
from drive_geometry import SyringeDrive
from head_geometry import heads
from pumpsim.catalogue import syringes

pytestmark = pytest.mark.long

# One goes into the other, as it is drawn: threads, collars, axles, press fits, and a tube that gives way.
INSIDE = {
    ("rods", "front-stops"),
    ("screw", "nut"),
    ("screw", "thrust"),
    ("screw", "thrust-back"),
    ("screw", "coupling"),
    ("rollers", "axles"),
    ("plate", "hinge-pin"),
}
LEAST_MM3 = 0.5


def overlap_mm3(one, other):
    a, b = one.solid.bounding_box(), other.solid.bounding_box()
    if any(getattr(a.max, k) <= getattr(b.min, k) or getattr(b.max, k) <= getattr(a.min, k) for k in "XYZ"):
        return 0.0
    common = one.solid & other.solid
    return common.volume if hasattr(common, "volume") else sum(solid.volume for solid in common or ())


def in_the_way(pieces):
    solid = [piece for piece in pieces if piece.name != "tube"]
    pairs = combinations(solid, 2)
    return {(a.name, b.name) for a, b in pairs if overlap_mm3(a, b) > LEAST_MM3} - INSIDE


def assemblies():
    for name in ("BD Plastipak 10", "BD Plastipak 50", "Terumo 60"):
        yield name, syringe.pieces(SyringeDrive(syringes()[name]))
    for head in heads():
        yield head.tube.name, peristaltic.pieces(head)


@pytest.mark.parametrize(("name", "pieces"), list(assemblies()), ids=lambda value: value if type(value) is str else "")
def test_parts_are_whole_and_keep_apart(name, pieces):
    for piece in pieces:
        if piece.printed:
            assert piece.solid.is_valid
            assert len(piece.solid.solids()) == 1, piece.name
    assert in_the_way(pieces) == set()
