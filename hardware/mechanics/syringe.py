"""Makes the syringe drive of drive_geometry.py: solids, STEP, STL and a picture.

python hardware/mechanics/syringe.py [--syringe "BD Plastipak 50"] [--out out/hardware]
"""

import argparse
import sys
from math import sqrt
from pathlib import Path

from build123d import Part, Plane, Polygon, Pos, extrude

import drive_geometry as at
from check import refuse
from drive_geometry import AXIS_Z_MM, FRAME_HIGH_MM, ROD_Y_MM, SCREW_Z_MM, SyringeDrive
from pumpsim.catalogue import nearest, syringes
from solids import CLEAR, METAL, ORANGE, TEAL, Piece, along_x, along_z, box, draw, write

SIDE = (-at.BASE_WIDE_MM / 2, at.BASE_WIDE_MM / 2)
FACE = (-35.0, 35.0)  # of insert, keepers and pusher
FACE_Z = (AXIS_Z_MM - 20, FRAME_HIGH_MM)
CLEAR_M3_MM, CLEAR_M4_MM, HEAD_M4_MM = 3.4, 4.4, 7.5
FOOT_MM = 6.0
SLOTS_Y_MM = (-30.0, 30.0)  # of the profile
DRAWN_SHARE = 0.6  # of the stroke: where the picture has the carriage


def rods_through(x: tuple[float, float], diameter: float) -> Part:
    return along_x(x, -ROD_Y_MM, SCREW_Z_MM, diameter) + along_x(x, ROD_Y_MM, SCREW_Z_MM, diameter)


def face_screws(x: tuple[float, float], diameter: float) -> Part:
    """Holes that insert, keepers, barrel plate and pusher share."""
    holes = [along_x(x, y, z, diameter) for y in (-at.SCREWS_Y_MM, at.SCREWS_Y_MM) for z in at.SCREWS_Z_MM]
    return holes[0] + holes[1:]


def slot_up(x: tuple[float, float], width: float) -> Part:
    """Round the syringe's axis and open above."""
    return along_x(x, 0, AXIS_Z_MM, width) + box(x, (-width / 2, width / 2), (AXIS_Z_MM, FRAME_HIGH_MM + 1))


def barrel_plate() -> Part:
    front, back = at.PLATE_X_MM, -at.INSERT_MM
    plate = box((front, back), SIDE, (0, FRAME_HIGH_MM)) + box((front - 16, front), SIDE, (0, FOOT_MM))
    plate -= slot_up((front - 1, back + 1), at.SLOT_MM)
    plate -= rods_through((front - 1, back + 1), at.ROD_MM + 0.2)
    plate -= along_x((front - 1, back + 1), 0, SCREW_Z_MM, 12)
    plate -= along_x((back - at.BEARING_LONG_MM, back + 1), 0, SCREW_Z_MM, at.BEARING_MM + 0.1)
    half = at.ENCODER_MM / 2 + at.PLAY_MM / 2
    plate -= box((front - 1, front + 3), (-half, half), (SCREW_Z_MM - half, SCREW_Z_MM + half))
    plate -= face_screws((back - 7, back + 1), at.INSERT_HOLE_MM)
    return plate - foot_screws(front - 9)


def foot_screws(x: float) -> Part:
    return along_z(x, SLOTS_Y_MM[0], (-1, FOOT_MM + 1), CLEAR_M4_MM) + along_z(
        x, SLOTS_Y_MM[1], (-1, FOOT_MM + 1), CLEAR_M4_MM
    )


def insert(drive: SyringeDrive) -> Part:
    x = (-at.INSERT_MM, 0.0)
    plate = box(x, FACE, FACE_Z) - slot_up((x[0] - 1, x[1] + 1), drive.barrel_slot_mm)
    return plate - face_screws((x[0] - 1, x[1] + 1), CLEAR_M3_MM)


def keeper(drive: SyringeDrive, x0: float) -> Part:
    """Put on from above over the plunger's stem, it holds a flange against what is behind it."""
    x, slot = (x0, x0 + at.KEEPER_MM), drive.stem_slot_mm
    plate = box(x, FACE, (FACE_Z[0] + 6, FACE_Z[1]))
    plate -= along_x((x[0] - 1, x[1] + 1), 0, AXIS_Z_MM, slot)
    plate -= box((x[0] - 1, x[1] + 1), (-slot / 2, slot / 2), (0, AXIS_Z_MM))
    return plate - face_screws((x[0] - 1, x[1] + 1), CLEAR_M3_MM)


def v_block(drive: SyringeDrive) -> Part:
    x, top, apex = (at.V_X_MM, at.V_X_MM + at.V_LONG_MM), drive.v_top_z_mm, drive.v_apex_z_mm
    rise = top + 1 - apex
    v = Polygon((0, apex), (rise, top + 1), (-rise, top + 1), align=None)
    block = box(x, SIDE, (0, top)) - Pos(x[0] - 1, 0, 0) * extrude(Plane.YZ * v, at.V_LONG_MM + 2)
    for y in SLOTS_Y_MM:
        block -= along_z(x[0] + 14, y, (-1, top + 1), CLEAR_M4_MM)
        block -= along_z(x[0] + 14, y, (FOOT_MM, top + 1), HEAD_M4_MM)
    for y in (-at.STUDS_Y_MM, at.STUDS_Y_MM):
        block -= along_z(x[0] + 5, y, (top - 9, top + 1), at.INSERT_HOLE_MM)
    return block


def clamp(drive: SyringeDrive) -> Part:
    """Over the barrel; its switch looks through a hole whether a barrel is there."""
    x, low, high = (at.V_X_MM, at.V_X_MM + 10), drive.v_top_z_mm + 1.5, AXIS_Z_MM + drive.barrel_r_mm + 9
    bridge = box(x, (-28, 28), (low, high))
    bridge -= along_x((x[0] - 1, x[1] + 1), 0, AXIS_Z_MM, drive.syringe.barrel_mm + 1)
    bridge -= along_z(x[0] + 5, 0, (AXIS_Z_MM, high + 1), 3)
    bridge -= box((x[0] + 1.8, x[1] - 1.8), (-6.6, 6.6), (high - 4, high + 1))
    for y in (-at.STUDS_Y_MM, at.STUDS_Y_MM):
        bridge -= along_z(x[0] + 5, y, (low - 1, high + 1), CLEAR_M3_MM)
    return bridge


def carriage(x0: float) -> Part:
    back, half = x0 + at.CARRIAGE_LONG_MM, at.CARRIAGE_HIGH_MM / 2
    block = box((x0, back), SIDE, (SCREW_Z_MM - half, SCREW_Z_MM + half))
    block += box((x0, x0 + 16), FACE, (SCREW_Z_MM, FRAME_HIGH_MM))
    top = SCREW_Z_MM + half
    for y in (-35.0, 27.0):
        rib = Polygon((x0 + 15, top - 1), (back, top - 1), (x0 + 15, FRAME_HIGH_MM - 4), align=None)
        block += Pos(0, y + 8, 0) * extrude(Plane.XZ * rib, 8)
    for x in ((x0 - 1, x0 + at.BUSH_LONG_MM + 0.5), (back - at.BUSH_LONG_MM - 0.5, back + 1)):
        block -= rods_through(x, at.BUSH_MM + 0.1)
    block -= rods_through((x0 - 1, back + 1), at.ROD_MM + 1.5)
    block -= along_x((x0 - 1, back + 1), 0, SCREW_Z_MM, at.NUT_BODY_MM + 0.2)
    offset = at.NUT_HOLES_MM / 2 / sqrt(2)
    for y in (-offset, offset):
        for z in (SCREW_Z_MM - offset, SCREW_Z_MM + offset):
            block -= along_x((back - 9, back + 1), y, z, 2.5)
    block -= along_x((x0 - 1, x0 + 17), 8, AXIS_Z_MM, 3) + box((x0 + 5, x0 + 17), (1.4, 14.6), (46, 54))
    return block - face_screws((x0 - 1, x0 + 8), at.INSERT_HOLE_MM)


def motor_block() -> Part:
    """Thrust wall and motor's wall on one foot, the coupling between."""
    x0, x1, high = at.THRUST_X_MM, at.MOTOR_X_MM, SCREW_Z_MM + 23
    wall = x0 + at.THRUST_WALL_MM
    block = box((x0, x1), SIDE, (0, FOOT_MM)) + box((x0, wall), SIDE, (0, high))
    block += box((x1 - at.MOTOR_WALL_MM, x1), SIDE, (0, high))
    block -= rods_through((x0 - 1, wall + 1), at.ROD_MM + 0.2)
    block -= along_x((x0 - 1, wall + 1), 0, SCREW_Z_MM, 12)
    block -= along_x((wall - at.BEARING_LONG_MM, wall + 1), 0, SCREW_Z_MM, at.BEARING_MM + 0.1)
    block -= along_x((x1 - 20, x1 + 1), 0, SCREW_Z_MM, at.MOTOR_PILOT_MM + 0.5)
    half = at.MOTOR_HOLES_MM / 2
    for y in (-half, half):
        for z in (SCREW_Z_MM - half, SCREW_Z_MM + half):
            block -= along_x((x1 - 20, x1 + 1), y, z, CLEAR_M3_MM)
    return block - foot_screws(wall + at.COUPLING_ROOM_MM / 2)


def bought(pusher_x: float) -> list[Piece]:
    rods_x = (at.PLATE_X_MM + 1, at.PLATE_X_MM + 1 + at.ROD_LONG_MM)
    screw_x = (at.PLATE_X_MM + 8, at.PLATE_X_MM + 8 + at.SCREW_LONG_MM)
    back, wall = pusher_x + at.CARRIAGE_LONG_MM, at.THRUST_X_MM + at.THRUST_WALL_MM
    half, base_x = at.MOTOR_MM / 2, at.V_X_MM - 10
    solids = {
        "base": box((base_x, base_x + at.BASE_LONG_MM), SIDE, (-at.BASE_HIGH_MM, 0)),
        "rods": rods_through(rods_x, at.ROD_MM),
        "screw": along_x(screw_x, 0, SCREW_Z_MM, at.SCREW_MM),
        "nut": along_x((back, back + 3.5), 0, SCREW_Z_MM, at.NUT_FLANGE_MM),
        "front-stops": rods_through((0.5, 0.5 + at.COLLAR_LONG_MM), at.COLLAR_MM),
        "thrust": along_x((at.THRUST_X_MM - at.BEARING_LONG_MM, at.THRUST_X_MM), 0, SCREW_Z_MM, at.BEARING_MM),
        "thrust-back": along_x((wall, wall + at.BEARING_LONG_MM), 0, SCREW_Z_MM, at.BEARING_MM),
        "coupling": along_x((wall + 7, wall + 7 + at.COUPLING_LONG_MM), 0, SCREW_Z_MM, at.COUPLING_MM),
        "motor": box(
            (at.MOTOR_X_MM, at.MOTOR_X_MM + at.MOTOR_LONG_MM), (-half, half), (SCREW_Z_MM - half, SCREW_Z_MM + half)
        ),
    }
    return [Piece(name, solid, METAL) for name, solid in solids.items()]


def syringe_itself(drive: SyringeDrive, pusher_x: float) -> list[Piece]:
    bore, outer = drive.syringe.inner_diameter_mm, drive.syringe.barrel_mm
    front = -(drive.syringe.stroke_mm + at.BARREL_AHEAD_MM - 15)
    barrel = along_x((front, 0), 0, AXIS_Z_MM, outer) - along_x((front + 2, 1), 0, AXIS_Z_MM, bore)
    barrel += along_x((front - 12, front), 0, AXIS_Z_MM, 5)
    wing = (along_x((0, at.FLANGE_MM), 0, AXIS_Z_MM, 1.7 * outer)) & box(
        (-1, 9), (-outer, outer), (AXIS_Z_MM - outer * 0.55, AXIS_Z_MM + outer * 0.55)
    )
    barrel += wing - along_x((-1, 9), 0, AXIS_Z_MM, bore)
    end, arm = pusher_x - at.FLANGE_MM, at.STEM_SHARE * bore / 2
    stopper = end - at.PROJECTION_MM - drive.syringe.stroke_mm - 5
    stem = box((stopper, end), (-arm, arm), (AXIS_Z_MM - 1, AXIS_Z_MM + 1))
    stem += box((stopper, end), (-1, 1), (AXIS_Z_MM - arm, AXIS_Z_MM + arm))
    stem += along_x((end, pusher_x), 0, AXIS_Z_MM, drive.plunger_flange_mm)
    stem += along_x((stopper - 8, stopper), 0, AXIS_Z_MM, bore - 0.4)
    return [Piece("barrel", barrel, CLEAR, 0.45), Piece("plunger", stem, "#dfe6ea")]


def pieces(drive: SyringeDrive) -> list[Piece]:
    pusher_x = drive.empty_x_mm + DRAWN_SHARE * drive.syringe.stroke_mm
    ahead, left = at.FLANGE_MM + at.PLAY_MM, SIDE[0]
    printed = (
        ("barrel-plate", barrel_plate(), ORANGE, (at.PLATE_X_MM + 2, left, 8)),
        ("insert", insert(drive), TEAL, (-at.INSERT_MM, 30, FRAME_HIGH_MM + 22)),
        ("barrel-keeper", keeper(drive, ahead), TEAL, (ahead, FACE[0], 40)),
        ("v-block", v_block(drive), TEAL, (at.V_X_MM + 2, left, 14)),
        ("clamp", clamp(drive), TEAL, (at.V_X_MM, 10, AXIS_Z_MM + drive.barrel_r_mm + 18)),
        ("carriage", carriage(pusher_x), ORANGE, (pusher_x + 6, left, SCREW_Z_MM)),
        ("plunger-keeper", keeper(drive, pusher_x - ahead - at.KEEPER_MM), TEAL, (pusher_x, 30, FRAME_HIGH_MM + 20)),
        ("motor-block", motor_block(), ORANGE, (at.THRUST_X_MM + 2, left, 10)),
    )
    made = [Piece(name, solid, colour, printed=True, label_at=label) for name, solid, colour, label in printed]
    return made + bought(pusher_x) + syringe_itself(drive, pusher_x)


def main() -> None:
    parser = argparse.ArgumentParser(description="The syringe drive as STEP, STL and a picture.")
    parser.add_argument("--syringe", default="BD Plastipak 50", help="a name of sim/pumpsim/syringes.toml")
    parser.add_argument("--out", type=Path, default=Path("out/hardware"))
    asked = parser.parse_args()
    if asked.syringe not in syringes():
        parser.error(f"no syringe {asked.syringe!r}: {nearest(asked.syringe, syringes()) or 'see syringes.toml'}")
    drive = SyringeDrive(syringes()[asked.syringe])
    try:
        refuse(drive.checks())
    except ValueError as error:
        parser.error(f"{asked.syringe} does not fit: {error}")
    made = pieces(drive)
    files = write(made, asked.out, "syringe")
    draw(made, asked.out / "syringe.png", (-0.8, -1.3, 0.9), (0, 0, 1), 1.7)
    print(*drive.checks(), *files, asked.out / "syringe.png", sep="\n")


if __name__ == "__main__":
    sys.exit(main())
