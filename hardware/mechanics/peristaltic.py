"""Makes the peristaltic head of head_geometry.py: solids, STEP, STL and a picture.

    python hardware/mechanics/peristaltic.py [--tube "silicone 1.6 mm"] [--out out/hardware]

The rotor turns round z before a plate that the motor is screwed to from behind; the door comes from above.
"""

import argparse
import sys
from math import cos, hypot, pi, sin
from pathlib import Path

from build123d import Circle, Cylinder, Line, Part, Plane, Polygon, Pos, Rot, Spline, Transition, extrude, sweep

import head_geometry as at
from check import refuse
from drive_geometry import INSERT_HOLE_MM, MOTOR_HOLES_MM, MOTOR_LONG_MM, MOTOR_MM, MOTOR_PILOT_MM
from head_geometry import Head, head_for
from pumpsim.catalogue import TUBES, nearest
from solids import CLEAR, METAL, ORANGE, SAND, TEAL, Piece, along_z, box, draw, write

DISC_Z = (1.0, 1.0 + at.DISC_MM)
ROLLER_Z = (DISC_Z[1] + at.DISC_PLAY_MM, DISC_Z[1] + at.DISC_PLAY_MM + at.ROLLER_LONG_MM)
CAP_Z = (ROLLER_Z[1] + at.DISC_PLAY_MM, ROLLER_Z[1] + at.DISC_PLAY_MM + at.DISC_MM)
TUBE_Z_MM = sum(ROLLER_Z) / 2
DOOR_Z = (ROLLER_Z[0] - 1.0, ROLLER_Z[1] + 1.0)
EAR_MM, POST_Y = 18.0, (-30.0, -9.0)  # where the door is latched; the post under it
GRIP_Y = (-46.0, -34.0)
M3_MM, HEAD_M3_MM, HEAD_M3_WIDE_MM, M4_MM = 3.4, 3.2, 6.2, 4.4


def around(count: int, radius: float, z: tuple[float, float], diameter: float, first: float = 0.0) -> Part:
    angles = [first + 2 * pi * i / count for i in range(count)]
    holes = [along_z(radius * cos(a), radius * sin(a), z, diameter) for a in angles]
    return holes[0] + holes[1:]


def cap_screws(z: tuple[float, float], diameter: float) -> Part:
    return around(2, 4.9, z, diameter, pi / 2)


def latch_x(head: Head) -> tuple[float, float]:
    x0 = head.bed_r_mm + at.RAMP_MM + 2
    return x0, x0 + EAR_MM


def plate(head: Head) -> Part:
    half, z = at.PLATE_HALF_MM, (-at.PLATE_MM, 0.0)
    solid = box((-half, half), (-half, half), z)
    solid += along_z(*head.hinge, (0, DOOR_Z[0] - 0.4), 2 * at.HINGE_R_MM)
    solid += box(latch_x(head), POST_Y, (0, DOOR_Z[1]))
    solid -= along_z(0, 0, (z[0] - 1, 1), MOTOR_PILOT_MM + 0.5)
    solid -= around(4, MOTOR_HOLES_MM / 2**0.5, (z[0] - 1, 1), M3_MM, pi / 4)
    solid -= around(4, MOTOR_HOLES_MM / 2**0.5, (-HEAD_M3_MM, 1), HEAD_M3_WIDE_MM, pi / 4)  # the rotor runs over them
    solid -= along_z(*head.hinge, (z[0] - 1, DOOR_Z[1]), at.HINGE_MM - 0.1)
    middle = sum(latch_x(head)) / 2
    solid -= Pos(middle, POST_Y[1] - 12, TUBE_Z_MM) * Rot(-90, 0, 0) * Cylinder(2.8, 30)
    for x in (-half + 6, half - 6):
        solid -= along_z(x, half - 6, (z[0] - 1, 1), M4_MM) + along_z(x, GRIP_Y[1] + 10, (z[0] - 1, 1), M4_MM)
    return solid - grip_screws(head, (z[0] - 1, 1), INSERT_HOLE_MM)


def grip_screws(head: Head, z: tuple[float, float], diameter: float) -> Part:
    x, y = head.bed_r_mm + at.RAMP_MM - head.outer_mm / 2, sum(GRIP_Y) / 2
    holes = [along_z(side * x + off, y, z, diameter) for side in (-1, 1) for off in (-8, 8)]
    return holes[0] + holes[1:]


def grip(head: Head, side: int) -> Part:
    """Holds the tube so that the rollers do not pull it along."""
    x = side * (head.bed_r_mm + at.RAMP_MM - head.outer_mm / 2)
    tight = head.outer_mm * 0.45
    block = box((x - 11.5, x + 11.5), GRIP_Y, (0, TUBE_Z_MM + 4))
    block -= Pos(x, sum(GRIP_Y) / 2, TUBE_Z_MM) * Rot(90, 0, 0) * Cylinder(tight, 20)
    block -= box((x - tight + 0.3, x + tight - 0.3), (GRIP_Y[0] - 1, GRIP_Y[1] + 1), (TUBE_Z_MM, TUBE_Z_MM + 5))
    return block - grip_screws(head, (-1, TUBE_Z_MM + 5), M3_MM)


def rotor(head: Head) -> Part:
    solid = along_z(0, 0, DISC_Z, 2 * head.disc_r_mm) + along_z(0, 0, (DISC_Z[0], CAP_Z[0]), 2 * at.HUB_R_MM)
    shaft = along_z(0, 0, (0, CAP_Z[0] + 1), at.SHAFT_MM + 0.15)
    shaft -= box((at.SHAFT_MM / 2 - 0.45, at.SHAFT_MM), (-5, 5), (0, CAP_Z[0] + 1))  # the flat
    solid -= shaft
    solid -= cap_screws((CAP_Z[0] - 10, CAP_Z[0] + 1), 2.5)
    return solid - around(head.tube.rollers, head.axles_r_mm, (0, DISC_Z[1] + 1), at.AXLE_MM, pi / 4)


def cap(head: Head) -> Part:
    solid = along_z(0, 0, CAP_Z, 2 * head.disc_r_mm) - cap_screws((CAP_Z[0] - 1, CAP_Z[1] + 1), M3_MM)
    return solid - around(head.tube.rollers, head.axles_r_mm, (CAP_Z[0] - 1, CAP_Z[1] + 1), at.AXLE_MM, pi / 4)


def door(head: Head) -> Part:
    outer = head.bed_r_mm + at.RAMP_MM + at.SHOE_MM
    half = (at.FULL_ARC_DEG / 2 + at.RAMP_ARC_DEG) * pi / 180
    angles = [half - 2 * half * i / 60 for i in range(61)]
    arch = Polygon(*head.bed_points(), *((-outer * sin(a), outer * cos(a)) for a in angles), align=None)
    high = DOOR_Z[1] - DOOR_Z[0]
    solid = Pos(0, 0, DOOR_Z[0]) * extrude(arch, high, dir=(0, 0, 1))
    hx, hy = head.hinge
    x = latch_x(head)
    solid += along_z(hx, hy, DOOR_Z, 2 * at.HINGE_R_MM) + box((hx - at.HINGE_R_MM, -x[0] + 2), (hy, 4), DOOR_Z)
    solid += box(x, (-6, 6), DOOR_Z)
    solid -= along_z(hx, hy, (0, DOOR_Z[1] + 1), at.HINGE_MM + 0.2)
    middle = sum(x) / 2
    solid -= Pos(middle, 0, TUBE_Z_MM) * Rot(-90, 0, 0) * Cylinder(M4_MM / 2, 40)
    return solid - Pos(x[1] - 3.5, 0, DOOR_Z[0] + 3.5) * Rot(-90, 0, 0) * Cylinder(1.65, 40)  # the stop's set screw


def tube_itself(head: Head) -> Part:
    """As it lies on the bed, not flattened by the rollers."""
    r = head.outer_mm / 2
    x = head.bed_r_mm + at.RAMP_MM - r
    bent = [(px * (1 - r / hypot(px, py)), py * (1 - r / hypot(px, py)), TUBE_Z_MM) for px, py in head.bed_points(19)]
    path = Line((x, -60, TUBE_Z_MM), bent[0]) + Spline(*bent) + Line(bent[-1], (-x, -60, TUBE_Z_MM))
    return sweep(Plane((x, -60, TUBE_Z_MM), z_dir=(0, 1, 0)) * Circle(r), path, transition=Transition.ROUND)


def bought(head: Head) -> list[Piece]:
    rollers = around(head.tube.rollers, head.axles_r_mm, ROLLER_Z, 2 * at.ROLLER_R_MM, pi / 4)
    axles = around(head.tube.rollers, head.axles_r_mm, (DISC_Z[0], CAP_Z[1] + 0.5), at.AXLE_MM, pi / 4)
    half = MOTOR_MM / 2
    motor = box((-half, half), (-half, half), (-at.PLATE_MM - MOTOR_LONG_MM, -at.PLATE_MM))
    pin = along_z(*head.hinge, (-at.PLATE_MM, DOOR_Z[1]), at.HINGE_MM)
    bolt = Pos(sum(latch_x(head)) / 2, -3, TUBE_Z_MM) * Rot(-90, 0, 0) * Cylinder(2, 30)
    metal = {"rollers": rollers, "axles": axles, "motor": motor, "hinge-pin": pin, "bolt": bolt}
    return [Piece(name, solid, METAL) for name, solid in metal.items()] + [Piece("tube", tube_itself(head), CLEAR)]


def pieces(head: Head) -> list[Piece]:
    half, high = at.PLATE_HALF_MM, CAP_Z[1] + 4
    printed = (
        ("plate", plate(head), SAND, 1.0, (half - 12, half - 14, 2.0)),
        ("rotor", rotor(head), ORANGE, 1.0, None),
        ("cap", cap(head), ORANGE, 0.45, (0.0, 0.0, high)),
        ("door", door(head), TEAL, 1.0, (-6.0, head.bed_r_mm + at.RAMP_MM + 6, high)),
        ("grip-in", grip(head, -1), ORANGE, 1.0, (-head.bed_r_mm - 8, GRIP_Y[0] - 4, high)),
        ("grip-out", grip(head, 1), ORANGE, 1.0, (head.bed_r_mm - 8, GRIP_Y[0] - 4, high)),
    )
    made = [Piece(name, solid, colour, clear, True, label) for name, solid, colour, clear, label in printed]
    return made + bought(head)


def main() -> None:
    parser = argparse.ArgumentParser(description="The peristaltic head as STEP, STL and a picture.")
    parser.add_argument("--tube", default="silicone 1.6 mm", help="a name of pumpsim.catalogue.TUBES")
    parser.add_argument("--out", type=Path, default=Path("out/hardware"))
    asked = parser.parse_args()
    if asked.tube not in TUBES:
        parser.error(f"no tube {asked.tube!r}: {nearest(asked.tube, TUBES) or 'one of ' + ', '.join(TUBES)}")
    try:
        head = head_for(TUBES[asked.tube])
        refuse(head.checks())
    except ValueError as error:
        parser.error(str(error))
    made = pieces(head)
    files = write(made, asked.out, "peristaltic")
    draw(made, asked.out / "peristaltic.png", (0.55, 0.45, 1.4), (0, 1, 0), 1.45)
    print(*head.checks(), *files, asked.out / "peristaltic.png", sep="\n")


if __name__ == "__main__":
    sys.exit(main())
